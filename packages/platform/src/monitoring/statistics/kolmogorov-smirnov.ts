import { insufficient, kolmogorovSmirnovOfSorted } from '@kaizen/ml'
import type { DriftStatistic } from './drift-statistic.ts'

/** Two-sample Kolmogorov-Smirnov test: the value is the largest gap D of the distribution functions. */
export const kolmogorovSmirnov: DriftStatistic = {
  method: 'ks',
  kinds: ['numeric'],
  direction: 'p-below',
  threshold: 0.05,
  compare: (pair) =>
    pair.kind === 'numeric'
      ? kolmogorovSmirnovOfSorted(pair.reference, pair.current)
      : insufficient('ks', 'numeric columns', { have: 0, need: 1 }),
}
