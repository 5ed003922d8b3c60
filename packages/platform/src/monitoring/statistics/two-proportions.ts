import { twoProportionZ } from '@kaizen/ml/drift'
import type { DriftStatistic } from './drift-statistic.ts'

/** Two-proportion z-test: what `auto` takes for two values in a small reference. */
export const twoProportions: DriftStatistic = {
  method: 'z-test',
  kinds: ['numeric', 'categorical'],
  direction: 'p-below',
  threshold: 0.05,
  compare: (pair) => twoProportionZ(pair.cells),
}
