import type { Outcome } from '../outcome.ts'
import { chiSquaredSurvival } from '../special/chi-squared.ts'
import { type CellCounts, cellTotals } from './cells.ts'
import { emptySample } from './divergence.ts'
import type { Comparison } from './result.ts'

/** Yates' continuity correction: never, always, or for tables of two rows only. */
export type Yates = 'never' | 'always' | 'two-by-two'

/**
 * Pearson's test of the current counts against the reference's shares, which are taken as exact. A category that the
 * reference lacks makes the statistic infinite and p zero. Pearson 1900.
 */
export const chiSquareOneWay = (cells: CellCounts): Outcome<Comparison> => {
  const short = emptySample('chi-square', cells)
  if (short) return short
  const totals = cellTotals(cells)
  let statistic = 0
  for (let i = 0; i < cells.reference.length; i++) {
    const expected = (cells.reference[i]! * totals.current) / totals.reference
    const difference = cells.current[i]! - expected
    if (expected > 0) statistic += (difference * difference) / expected
    else if (difference !== 0) statistic = Number.POSITIVE_INFINITY
  }
  const df = cells.reference.length - 1
  return tested(cells, { method: 'chi-square', form: 'one-way', statistic, df })
}

/** Pearson's test of independence for the table of both samples' counts: both are random. Pearson 1900. */
export const chiSquareContingency = (
  cells: CellCounts,
  yates: Yates = 'never',
): Outcome<Comparison> => {
  const short = emptySample('chi-square', cells)
  if (short) return short
  const table = occupied(cells)
  const isCorrected = isYates(table, yates)
  const statistic = sumOverTable(table, (observed, expected) => {
    const difference = (isCorrected ? towards(observed, expected) : observed) - expected
    return (difference * difference) / expected
  })
  const df = table.reference.length - 1
  const form = 'contingency'
  return tested(cells, { method: 'chi-square', form, statistic, df, yates: isCorrected })
}

/** The likelihood-ratio (G) test of independence for the table of both samples' counts. Woolf 1957. */
export const gTest = (cells: CellCounts, yates: Yates = 'never'): Outcome<Comparison> => {
  const short = emptySample('g-test', cells)
  if (short) return short
  const table = occupied(cells)
  const isCorrected = isYates(table, yates)
  const statistic = sumOverTable(table, (observed, expected) => {
    const count = isCorrected ? towards(observed, expected) : observed
    return count > 0 ? 2 * count * Math.log(count / expected) : 0
  })
  const df = table.reference.length - 1
  return tested(cells, { method: 'g-test', form: 'contingency', statistic, df, yates: isCorrected })
}

const isYates = (table: CellCounts, yates: Yates): boolean =>
  table.reference.length === 2 && yates !== 'never'

/** Yates' correction: an observed count moved half a count towards what is expected, not past it. */
const towards = (observed: number, expected: number): number => {
  const gap = expected - observed
  return observed + Math.sign(gap) * Math.min(0.5, Math.abs(gap))
}

export interface CramersVOptions {
  /** Bergsma's (2013) correction, which is near 0 for independent samples of any size. */
  readonly biasCorrection?: boolean
}

/** Cramér's V of the table of both samples' counts; between 0 and 1. Cramér 1946. */
export const cramersV = (
  cells: CellCounts,
  { biasCorrection = false }: CramersVOptions = {},
): number => {
  const table = occupied(cells)
  const { reference, current } = cellTotals(table)
  const columns = table.reference.length
  if (columns < 2) return 0
  const total = reference + current
  const chi = sumOverTable(table, (observed, expected) => (observed - expected) ** 2 / expected)
  if (!biasCorrection) return Math.sqrt(chi / total)
  const phi = Math.max(0, chi / total - (columns - 1) / (total - 1))
  const shrunk = (k: number) => k - (k - 1) ** 2 / (total - 1)
  const smaller = Math.min(shrunk(2), shrunk(columns)) - 1
  return smaller > 0 ? Math.sqrt(phi / smaller) : 0
}

/** Without the cells that are empty in both samples. */
const occupied = (cells: CellCounts): CellCounts => {
  const keep = (_: number, i: number) => cells.reference[i]! + cells.current[i]! > 0
  return {
    binning: cells.binning,
    reference: cells.reference.filter(keep),
    current: cells.current.filter(keep),
  }
}

const sumOverTable = (
  table: CellCounts,
  term: (observed: number, expected: number) => number,
): number => {
  const { reference, current } = cellTotals(table)
  const total = reference + current
  let sum = 0
  for (let i = 0; i < table.reference.length; i++) {
    const row = table.reference[i]! + table.current[i]!
    sum += term(table.reference[i]!, (row * reference) / total)
    sum += term(table.current[i]!, (row * current) / total)
  }
  return sum
}

/** A table of a single category is as expected; against exact shares there is nothing to test. */
const pValueOfOneCell = (form: string): number | null => (form === 'contingency' ? 1 : null)

const tested = (
  cells: CellCounts,
  test: {
    readonly method: string
    readonly form: string
    readonly statistic: number
    readonly df: number
    readonly yates?: boolean
  },
): Outcome<Comparison> => ({
  status: 'ok',
  method: test.method,
  parameters: {
    form: test.form,
    binning: cells.binning,
    ...(test.yates === undefined ? {} : { yates: test.yates }),
  },
  statistic: test.statistic,
  pValue: test.df > 0 ? chiSquaredSurvival(test.statistic, test.df) : pValueOfOneCell(test.form),
  degreesOfFreedom: test.df,
  effect: { name: "Cramér's V", value: cramersV(cells) },
  sizes: cellTotals(cells),
})
