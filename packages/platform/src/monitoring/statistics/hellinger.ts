import { hellinger as distance } from '@kaizen/ml/drift'
import type { DriftStatistic } from './drift-statistic.ts'

/** Hellinger distance over shared cells: 0 for equal, 1 for disjoint distributions. */
export const hellinger: DriftStatistic = {
  method: 'hellinger',
  kinds: ['numeric', 'categorical'],
  direction: 'at-least',
  threshold: 0.1,
  compare: (pair) => distance(pair.cells),
}
