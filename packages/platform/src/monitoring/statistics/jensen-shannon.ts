import { jensenShannon as distance } from '@kaizen/ml/drift'
import type { DriftStatistic } from './drift-statistic.ts'

/** Jensen-Shannon distance in bits over shared cells: 0 for equal, 1 for disjoint distributions. */
export const jensenShannon: DriftStatistic = {
  method: 'js',
  kinds: ['numeric', 'categorical'],
  direction: 'at-least',
  threshold: 0.1,
  compare: (pair) => distance(pair.cells, 2),
}
