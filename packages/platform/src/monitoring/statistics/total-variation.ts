import { totalVariation as distance } from '@kaizen/ml/drift'
import type { DriftStatistic } from './drift-statistic.ts'

/** Total variation over shared cells: the share of rows that would have to change their cell. */
export const totalVariation: DriftStatistic = {
  method: 'total-variation',
  kinds: ['numeric', 'categorical'],
  direction: 'at-least',
  threshold: 0.1,
  compare: (pair) => distance(pair.cells),
}
