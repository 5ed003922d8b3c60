import { checkRows } from '../metrics/rows.ts'
import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { normalQuantile } from '../special/normal.ts'

/** The mean loss to expect on new rows, from labelled rows weighted by how typical of the new ones they are. */
export interface ImportanceWeighted {
  readonly method: 'importance-weighted'
  readonly rows: number
  /** Self-normalised mean of the losses. */
  readonly value: number
  readonly standardError: number
  readonly confidence: number
  readonly lower: number
  readonly upper: number
  /** Rows that carry the estimate (Kish): (sum w)^2 / sum w^2. Few of them make the estimate worthless. */
  readonly effectiveRows: number
}

/** Fewer effective rows than this give no estimate. */
const NEED = 10

/**
 * Density ratios current / reference of reference rows from a classifier's chance that a row is current
 * (Bickel et al. 2007): p / (1 - p) times the ratio of the sample sizes. Chances are kept within 1e-6.
 */
export const densityRatios = (
  chanceOfCurrent: Numbers,
  sizes: { readonly reference: number; readonly current: number },
): Float64Array => {
  checkRows({ chanceOfCurrent })
  return Float64Array.from(chanceOfCurrent, (chance) => {
    const p = Math.min(1 - 1e-6, Math.max(1e-6, chance))
    return ((p / (1 - p)) * sizes.reference) / sizes.current
  })
}

/**
 * The importance-weighted mean of losses with its normal confidence band (self-normalised estimate with the
 * delta method, Owen 2013, chapter 9). Weights are density ratios; `largest` cuts them off, which trades
 * variance for bias. Right under covariate shift only.
 * @throws MlError when lengths differ, a value is not finite or a weight is negative.
 */
export const importanceWeighted = (
  loss: Numbers,
  weight: Numbers,
  {
    confidence = 0.95,
    largest = Number.POSITIVE_INFINITY,
  }: { readonly confidence?: number; readonly largest?: number } = {},
): Outcome<ImportanceWeighted> => {
  const rows = checkRows({ loss, weight })
  const weights = Float64Array.from(weight, (w, i) => {
    if (w < 0) {
      throw new MlError('invalid_input', `weight is ${w} in row ${i}`, 'give weights of 0 or more')
    }
    return Math.min(w, largest)
  })
  const total = weights.reduce((sum, w) => sum + w, 0)
  const squares = weights.reduce((sum, w) => sum + w * w, 0)
  const effectiveRows = squares > 0 ? (total * total) / squares : 0
  if (effectiveRows < NEED) {
    const have = Math.floor(effectiveRows)
    return insufficient('importance-weighted', 'effective rows', { have, need: NEED })
  }
  let value = 0
  for (let i = 0; i < rows; i++) value += (weights[i]! * loss[i]!) / total
  let spread = 0
  for (let i = 0; i < rows; i++) spread += (weights[i]! * (loss[i]! - value)) ** 2
  const standardError = Math.sqrt(spread) / total
  const reach = normalQuantile((1 + confidence) / 2) * standardError
  return {
    status: 'ok',
    method: 'importance-weighted',
    rows,
    value,
    standardError,
    confidence,
    lower: value - reach,
    upper: value + reach,
    effectiveRows,
  }
}
