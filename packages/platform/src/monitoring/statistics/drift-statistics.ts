import type { DriftMethod } from '../model.ts'
import { chiSquare } from './chi-square.ts'
import type { DriftStatistic } from './drift-statistic.ts'
import { jensenShannon } from './jensen-shannon.ts'
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts'
import { psi } from './psi.ts'
import { wasserstein } from './wasserstein.ts'

/** Every drift statistic that a monitor can declare, by its method. */
export const driftStatistics: Readonly<Record<DriftMethod, DriftStatistic>> = {
  psi,
  ks: kolmogorovSmirnov,
  js: jensenShannon,
  wasserstein,
  'chi-square': chiSquare,
}
