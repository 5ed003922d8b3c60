import { wassersteinOfSorted } from '@kaizen/ml/drift'
import { insufficient } from '@kaizen/ml/outcome'
import type { DriftStatistic } from './drift-statistic.ts'

/** First Wasserstein distance in standard deviations of the reference. */
export const wasserstein: DriftStatistic = {
  method: 'wasserstein',
  kinds: ['numeric'],
  direction: 'at-least',
  threshold: 0.1,
  compare: (pair) =>
    pair.kind === 'numeric'
      ? wassersteinOfSorted(pair.reference, pair.current, 'reference-std')
      : insufficient('wasserstein', 'numeric columns', { have: 0, need: 1 }),
}
