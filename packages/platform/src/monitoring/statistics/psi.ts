import { populationStabilityIndex } from '@kaizen/ml/drift'
import type { DriftStatistic } from './drift-statistic.ts'

/** Population stability index over shared cells; from 0.2 on it is customarily called a shift. */
export const psi: DriftStatistic = {
  method: 'psi',
  kinds: ['numeric', 'categorical'],
  direction: 'at-least',
  threshold: 0.2,
  compare: (pair) => populationStabilityIndex(pair.cells),
}
