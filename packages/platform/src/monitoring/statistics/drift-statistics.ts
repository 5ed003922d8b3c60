import { type ColumnPair, chooseTest, type DriftTestName } from '@kaizen/ml/drift'
import type { DriftMethod } from '../model.ts'
import { chiSquare } from './chi-square.ts'
import type { DriftStatistic, PreparedPair } from './drift-statistic.ts'
import { hellinger } from './hellinger.ts'
import { jensenShannon } from './jensen-shannon.ts'
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts'
import { psi } from './psi.ts'
import { totalVariation } from './total-variation.ts'
import { twoProportions } from './two-proportions.ts'
import { wasserstein } from './wasserstein.ts'

/** Every drift statistic that a monitor can declare, by its method; `auto` chooses among them. */
export const driftStatistics: Readonly<Record<Exclude<DriftMethod, 'auto'>, DriftStatistic>> = {
  psi,
  ks: kolmogorovSmirnov,
  js: jensenShannon,
  wasserstein,
  'chi-square': chiSquare,
  hellinger,
  'total-variation': totalVariation,
}

const chosen: Readonly<Partial<Record<DriftTestName, DriftStatistic>>> = {
  ks: kolmogorovSmirnov,
  wasserstein,
  'jensen-shannon': jensenShannon,
  'chi-square': chiSquare,
  'z-test': twoProportions,
}

/** The statistic of a method; `auto` takes the one that fits the column's type, size and distinct values. */
export const statisticFor = (method: DriftMethod, pair: PreparedPair): DriftStatistic =>
  method === 'auto'
    ? (chosen[chooseTest(columnPairOf(pair))] ?? jensenShannon)
    : driftStatistics[method]

function columnPairOf(pair: PreparedPair): ColumnPair {
  if (pair.kind === 'numeric') return pair
  const { labels = [], reference, current } = pair.cells
  const countsOf = (counts: Float64Array): Map<string, number> =>
    new Map(labels.map((label, index) => [label, counts[index]!]))
  return { kind: 'categorical', reference: countsOf(reference), current: countsOf(current) }
}
