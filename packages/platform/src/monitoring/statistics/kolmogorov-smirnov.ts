import { kolmogorovSmirnovOfSorted } from '@kaizen/ml/drift'
import { insufficient } from '@kaizen/ml/outcome'
import type { DriftStatistic } from './drift-statistic.ts'

/** Up to this many pairs of values the p-value is exact; counting its lattice paths takes time in proportion. */
const exactPairs = 10_000

/** Two-sample Kolmogorov-Smirnov test: the value is the largest gap D of the distribution functions. */
export const kolmogorovSmirnov: DriftStatistic = {
  method: 'ks',
  kinds: ['numeric'],
  direction: 'p-below',
  threshold: 0.05,
  compare: (pair) =>
    pair.kind === 'numeric'
      ? kolmogorovSmirnovOfSorted(pair.reference, pair.current, {
          method:
            pair.reference.length * pair.current.length <= exactPairs ? 'exact' : 'asymptotic',
        })
      : insufficient('ks', 'numeric columns', { have: 0, need: 1 }),
}
