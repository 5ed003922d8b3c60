import type { Numbers } from '../numeric/numbers.ts'
import { type CellCounts, categoryCells, numericCells, valueCells } from './cells.ts'
import { chiSquareContingency, chiSquareOneWay, gTest } from './chi-square.ts'
import {
  hellinger,
  jensenShannon,
  kullbackLeibler,
  lInfinity,
  populationStabilityIndex,
  totalVariation,
} from './divergence.ts'
import { type ColumnPair, type DriftTest, driftTest, presentRows } from './drift-test.ts'
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts'
import { twoProportionZ } from './proportion.ts'
import { wasserstein } from './wasserstein.ts'

const both = ['numeric', 'categorical'] as const
export const numbersOf = (pair: ColumnPair): readonly [Numbers, Numbers] =>
  pair.kind === 'numeric' ? [pair.reference, pair.current] : [[], []]

/** Cells of a column of either kind: intervals or single values of numbers, else categories. */
export const cellsOf = (pair: ColumnPair): CellCounts =>
  pair.kind === 'numeric'
    ? numericCells(pair.reference, pair.current)
    : categoryCells(pair.reference, pair.current)

/** Every distinct value its own cell, whatever the kind. */
export const singleCellsOf = (pair: ColumnPair): CellCounts =>
  pair.kind === 'numeric' ? valueCells(pair.reference, pair.current) : cellsOf(pair)

/** Tests of one column that cost one pass or one sorting, each with its customary threshold. */
export const COLUMN_TESTS = {
  ks: driftTest<ColumnPair>(['numeric'], ['p-below', 0.05], (pair) =>
    kolmogorovSmirnov(...numbersOf(pair)),
  ),
  wasserstein: driftTest<ColumnPair>(['numeric'], ['at-least', 0.1], (pair) =>
    wasserstein(...numbersOf(pair), 'reference-std'),
  ),
  psi: driftTest<ColumnPair>(both, ['at-least', 0.1], (pair) =>
    populationStabilityIndex(cellsOf(pair)),
  ),
  'kl-divergence': driftTest<ColumnPair>(both, ['at-least', 0.1], (pair) =>
    kullbackLeibler(cellsOf(pair)),
  ),
  'jensen-shannon': driftTest<ColumnPair>(both, ['at-least', 0.1], (pair) =>
    jensenShannon(cellsOf(pair)),
  ),
  hellinger: driftTest<ColumnPair>(both, ['at-least', 0.1], (pair) => hellinger(cellsOf(pair))),
  'total-variation': driftTest<ColumnPair>(both, ['at-least', 0.1], (pair) =>
    totalVariation(cellsOf(pair)),
  ),
  'l-infinity': driftTest<ColumnPair>(both, ['at-least', 0.1], (pair) => lInfinity(cellsOf(pair))),
  'chi-square': driftTest<ColumnPair>(both, ['p-below', 0.05], (pair) =>
    chiSquareOneWay(singleCellsOf(pair)),
  ),
  'chi-square-contingency': driftTest<ColumnPair>(both, ['p-below', 0.05], (pair) =>
    chiSquareContingency(singleCellsOf(pair)),
  ),
  'g-test': driftTest<ColumnPair>(both, ['p-below', 0.05], (pair) => gTest(singleCellsOf(pair))),
  'z-test': driftTest<ColumnPair>(both, ['p-below', 0.05], (pair) =>
    twoProportionZ(singleCellsOf(pair)),
  ),
} as const satisfies Record<string, DriftTest>

export type ColumnTestName = keyof typeof COLUMN_TESTS

/** Above this many reference rows p-values see every trifle: distances are used instead. */
const SMALL_REFERENCE = 1000
/** Numeric columns with no more distinct values than this are treated as categories. */
const FEW_VALUES = 5

/**
 * The test for a column by its type, the present rows of the reference and the distinct values of both samples: tests of
 * significance up to 1000 rows, distances above. The limits are those of Evidently's documentation.
 */
export const chooseTest = (pair: ColumnPair): ColumnTestName =>
  testFor(pair, presentRows(pair).reference)

export const testFor = (pair: ColumnPair, rows: number): ColumnTestName => {
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
