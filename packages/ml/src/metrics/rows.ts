import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { type Insufficient, insufficient } from '../outcome.ts'

/**
 * Refuses columns of one table that do not belong together or hold something other than finite numbers.
 * @throws MlError naming the column and row.
 */
export const checkRows = (columns: Readonly<Record<string, Numbers | undefined>>): number => {
  let rows = -1
  for (const [name, column] of Object.entries(columns)) {
    if (!column) continue
    if (rows >= 0 && column.length !== rows) {
      throw new MlError(
        'invalid_input',
        `${name} has ${column.length} rows, the others have ${rows}`,
        'give every column one value a row',
      )
    }
    rows = column.length
    for (let i = 0; i < rows; i++) {
      if (Number.isFinite(column[i])) continue
      throw new MlError(
        'invalid_input',
        `${name} is ${column[i]} in row ${i}`,
        'drop the rows without a finite value first',
      )
    }
  }
  return rows
}

/** Refuses labels other than 0 and 1. */
export const checkBinary = (labels: Numbers): void => {
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 0 || labels[i] === 1) continue
    throw new MlError(
      'invalid_input',
      `label is ${labels[i]} in row ${i}`,
      'give 1 for the positive class and 0 for the other',
    )
  }
}

/** A sum of single-precision shares may end this far above 1. */
const ROUNDING = 1e-6

/** Whether all scores can be probabilities. */
export const areProbabilities = (scores: Numbers): boolean => firstNoProbability(scores) < 0

const firstNoProbability = (scores: Numbers): number => {
  for (let i = 0; i < scores.length; i++) {
    if (!(scores[i]! >= -ROUNDING && scores[i]! <= 1 + ROUNDING)) return i
  }
  return -1
}

/** Refuses scores that are no probabilities. */
export const checkProbabilities = (scores: Numbers): void => {
  const i = firstNoProbability(scores)
  if (i >= 0) {
    throw new MlError(
      'invalid_input',
      `score is ${scores[i]} in row ${i}`,
      'give probabilities, from 0 to 1; a score of another kind can be ranked, but not calibrated',
    )
  }
}

/** The outcome where all weights are 0: there are rows, but none that counts. */
export const weightless = (method: string): Insufficient =>
  insufficient(method, 'rows with a weight', { have: 0, need: 1 })
