import {
  type CellCounts,
  chiSquareContingency,
  kolmogorovSmirnovOfSorted,
  totalVariation,
} from '@kaizen/ml/drift'
import { insufficient, type Outcome } from '@kaizen/ml/outcome'
import type { PreparedPair } from '../statistics/drift-statistic.ts'

/** Fewer expected rows than this in a cell, and the law of chi-square does not hold (Cochran 1954). */
const leastExpected = 5

export interface Gap {
  /** By how much the probabilities of anything differ at most, 0 to 1. */
  readonly value: number
  readonly pValue: number
}

/**
 * How far apart two samples are in a measure that is the same for numbers and categories, and how likely such a gap is
 * where there is none: Kolmogorov-Smirnov's D and test (Smirnov 1948), or total variation with the chi-square test of
 * homogeneity over cells of at least five expected rows each; rarer categories share one.
 */
export function gapOf(pair: PreparedPair): Outcome<Gap> {
  if (pair.kind === 'numeric') {
    const found = kolmogorovSmirnovOfSorted(pair.reference, pair.current, { method: 'asymptotic' })
    return found.status === 'ok'
      ? { status: 'ok', value: found.statistic, pValue: found.pValue ?? 1 }
      : found
  }
  const cells = pooled(pair.cells)
  if (cells.reference.length < 2)
    return insufficient('gap', 'distinct values', { have: cells.reference.length, need: 2 })
  const [test, distance] = [chiSquareContingency(cells), totalVariation(cells)]
  if (test.status !== 'ok') return test
  if (distance.status !== 'ok') return distance
  return { status: 'ok', value: distance.statistic, pValue: test.pValue ?? 1 }
}

/** The cells with the rare ones made one; that one joins the smallest where it is rare itself. */
function pooled({ binning, reference, current }: CellCounts): CellCounts {
  const [before, after] = [sumOf(reference), sumOf(current)]
  const share = Math.min(before, after) / (before + after)
  const cells = Array.from(reference, (count, cell) => ({ before: count, after: current[cell]! }))
  const isRare = (cell: (typeof cells)[number]): boolean =>
    (cell.before + cell.after) * share < leastExpected
  const joined = (some: typeof cells) => ({
    before: some.reduce((sum, cell) => sum + cell.before, 0),
    after: some.reduce((sum, cell) => sum + cell.after, 0),
  })
  const kept = cells.filter((cell) => !isRare(cell))
  const rest = joined(cells.filter(isRare))
  if (rest.before + rest.after > 0) {
    kept.sort((a, b) => b.before + b.after - a.before - a.after)
    kept.push(isRare(rest) && kept.length > 0 ? joined([kept.pop()!, rest]) : rest)
  }
  return {
    binning,
    reference: Float64Array.from(kept, (cell) => cell.before),
    current: Float64Array.from(kept, (cell) => cell.after),
  }
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)
