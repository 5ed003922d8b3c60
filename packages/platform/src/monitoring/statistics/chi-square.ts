import { chiSquareContingency } from '@kaizen/ml/drift'
import type { DriftStatistic } from './drift-statistic.ts'

/** Chi-square test of homogeneity: the reference is a sample too, so a value it never held has a finite effect. */
export const chiSquare: DriftStatistic = {
  method: 'chi-square',
  kinds: ['numeric', 'categorical'],
  direction: 'p-below',
  threshold: 0.05,
  compare: (pair) => chiSquareContingency(pair.cells),
}
