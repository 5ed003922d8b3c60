import { finiteCount, type Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import {
  type Categories,
  type CellCounts,
  categoryCells,
  numericCells,
  valueCells,
} from './cells.ts'
import { chiSquareContingency, chiSquareOneWay, gTest } from './chi-square.ts'
import {
  hellinger,
  jensenShannon,
  kullbackLeibler,
  populationStabilityIndex,
  totalVariation,
} from './divergence.ts'
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts'
import { twoProportionZ } from './proportion.ts'
import type { Comparison, SampleSizes } from './result.ts'
import { wasserstein } from './wasserstein.ts'

/** The two samples of one column. */
export type ColumnPair =
  | { readonly kind: 'numeric'; readonly reference: Numbers; readonly current: Numbers }
  | { readonly kind: 'categorical'; readonly reference: Categories; readonly current: Categories }

/** `p-below`: a small p-value is drift. `at-least`: a large distance is drift. */
export type Direction = 'p-below' | 'at-least'

interface DriftTest {
  readonly kinds: readonly ColumnPair['kind'][]
  readonly threshold: number
  readonly direction: Direction
  readonly compare: (pair: ColumnPair) => Outcome<Comparison>
}

const both = ['numeric', 'categorical'] as const
const numbersOf = (pair: ColumnPair): readonly [Numbers, Numbers] =>
  pair.kind === 'numeric' ? [pair.reference, pair.current] : [[], []]

/** Cells of a column of either kind: intervals or single values of numbers, else categories. */
const cellsOf = (pair: ColumnPair): CellCounts =>
  pair.kind === 'numeric'
    ? numericCells(pair.reference, pair.current)
    : categoryCells(pair.reference, pair.current)

/** Every distinct value its own cell, whatever the kind. */
const singleCellsOf = (pair: ColumnPair): CellCounts =>
  pair.kind === 'numeric' ? valueCells(pair.reference, pair.current) : cellsOf(pair)

const test = (
  kinds: DriftTest['kinds'],
  [direction, threshold]: readonly [Direction, number],
  compare: DriftTest['compare'],
): DriftTest => ({ kinds, direction, threshold, compare })

/** The tests that a monitor can name, each with its customary threshold. */
const TESTS = {
  ks: test(['numeric'], ['p-below', 0.05], (pair) => kolmogorovSmirnov(...numbersOf(pair))),
  wasserstein: test(['numeric'], ['at-least', 0.1], (pair) =>
    wasserstein(...numbersOf(pair), 'reference-std'),
  ),
  psi: test(both, ['at-least', 0.1], (pair) => populationStabilityIndex(cellsOf(pair))),
  'kl-divergence': test(both, ['at-least', 0.1], (pair) => kullbackLeibler(cellsOf(pair))),
  'jensen-shannon': test(both, ['at-least', 0.1], (pair) => jensenShannon(cellsOf(pair))),
  hellinger: test(both, ['at-least', 0.1], (pair) => hellinger(cellsOf(pair))),
  'total-variation': test(both, ['at-least', 0.1], (pair) => totalVariation(cellsOf(pair))),
  'chi-square': test(both, ['p-below', 0.05], (pair) => chiSquareOneWay(singleCellsOf(pair))),
  'chi-square-contingency': test(both, ['p-below', 0.05], (pair) =>
    chiSquareContingency(singleCellsOf(pair)),
  ),
  'g-test': test(both, ['p-below', 0.05], (pair) => gTest(singleCellsOf(pair))),
  'z-test': test(both, ['p-below', 0.05], (pair) => twoProportionZ(singleCellsOf(pair))),
} as const satisfies Record<string, DriftTest>

export type DriftTestName = keyof typeof TESTS

/** Names of the tests that `detectDrift` knows. */
export const DRIFT_TESTS = Object.keys(TESTS) as readonly DriftTestName[]

export interface DriftOptions {
  /** `auto` chooses by type, size and distinct values; the choice is named in the result. */
  readonly test?: DriftTestName | 'auto'
  /** Overrides the test's own threshold. */
  readonly threshold?: number
  /** Fewer present rows than this on either side give no verdict; 30 by default. */
  readonly minimumRows?: number
}

/** A comparison with its verdict. */
export interface DriftVerdict extends Comparison {
  readonly test: DriftTestName
  readonly threshold: number
  readonly direction: Direction
  readonly drifted: boolean
}

/**
 * Whether a column's distribution has changed from the reference to the current sample.
 * Missing values and infinities are left out. Too little data is an outcome of its own, as is a
 * test that does not fit the column.
 */
export const detectDrift = (
  pair: ColumnPair,
  { test = 'auto', threshold, minimumRows = 30 }: DriftOptions = {},
): Outcome<DriftVerdict> => {
  const sizes = presentRows(pair)
  for (const side of ['reference', 'current'] as const) {
    if (sizes[side] >= minimumRows) continue
    return insufficient(test, `${side} rows`, { have: sizes[side], need: minimumRows })
  }
  const name = test === 'auto' ? testFor(pair, sizes.reference) : test
  const definition: DriftTest = TESTS[name]
  if (!definition.kinds.includes(pair.kind)) {
    return insufficient(name, `${definition.kinds.join(' or ')} columns`, { have: 0, need: 1 })
  }
  const comparison = definition.compare(pair)
  if (comparison.status !== 'ok') {
    const isConstant = comparison.what === 'distinct values' && comparison.have === 1
    return isConstant ? verdict(unchanged(name, sizes), name, threshold) : comparison
  }
  return verdict(comparison, name, threshold)
}

const verdict = (
  comparison: Comparison,
  name: DriftTestName,
  threshold: number = TESTS[name].threshold,
): Outcome<DriftVerdict> => {
  const { direction } = TESTS[name]
  const drifted =
    direction === 'p-below'
      ? (comparison.pValue ?? 1) < threshold
      : comparison.statistic >= threshold
  return { ...comparison, status: 'ok', test: name, threshold, direction, drifted }
}

/** A column that has one and the same value throughout has not drifted, whatever the test needs. */
const unchanged = (method: string, sizes: SampleSizes): Comparison => ({
  method,
  parameters: { constant: true },
  statistic: 0,
  pValue: 1,
  effect: { name: 'total-variation', value: 0 },
  sizes,
})

const presentRows = (pair: ColumnPair) => {
  if (pair.kind === 'numeric') {
    return { reference: finiteCount(pair.reference), current: finiteCount(pair.current) }
  }
  const { reference, current } = categoryCells(pair.reference, pair.current)
  const total = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0)
  return { reference: total(reference), current: total(current) }
}

/** Above this many reference rows p-values see every trifle: distances are used instead. */
const SMALL_REFERENCE = 1000
/** Numeric columns with no more distinct values than this are treated as categories. */
const FEW_VALUES = 5

/**
 * The test for a column by its type, the present rows of the reference and the distinct values of
 * both samples: tests of significance up to 1000 rows, distances above.
 */
export const chooseTest = (pair: ColumnPair): DriftTestName =>
  testFor(pair, presentRows(pair).reference)

const testFor = (pair: ColumnPair, rows: number): DriftTestName => {
  const distinct = distinctValues(pair)
  if (pair.kind === 'numeric' && distinct > FEW_VALUES) {
    return rows <= SMALL_REFERENCE ? 'ks' : 'wasserstein'
  }
  if (rows > SMALL_REFERENCE) return 'jensen-shannon'
  return distinct > 2 ? 'chi-square' : 'z-test'
}

const distinctValues = (pair: ColumnPair): number => {
  if (pair.kind === 'categorical')
    return categoryCells(pair.reference, pair.current).reference.length
  const values = new Set<number>()
  for (const sample of [pair.reference, pair.current]) {
    for (let i = 0; i < sample.length && values.size <= FEW_VALUES; i++) {
      if (Number.isFinite(sample[i])) values.add(sample[i]!)
    }
  }
  return values.size
}
