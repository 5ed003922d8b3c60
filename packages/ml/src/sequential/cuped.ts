import { checkRows } from '../metrics/rows.ts'
import { meanOf } from '../numeric/mean.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'

/** A metric with what a covariate from before the experiment explains taken out. */
export interface Cuped {
  readonly theta: number
  readonly adjustedMean: number
  readonly adjustedVariance: number
  /** Share of the variance that is gone. */
  readonly varianceReduction: number
  readonly rows: number
}

/** Deng, Xu, Kohavi and Walker's variance reduction (2013); variances with divisor n - 1. */
export const cuped = (metric: Numbers, covariate: Numbers): Outcome<Cuped> => {
  const rows = checkRows({ metric, covariate })
  if (rows < 2) return insufficient('cuped', 'rows', { have: rows, need: 2 })
  const [my, mx] = [meanOf(metric), meanOf(covariate)]
  let [yy, xx, xy] = [0, 0, 0]
  for (let i = 0; i < rows; i++) {
    const [dy, dx] = [metric[i]! - my, covariate[i]! - mx]
    yy += dy * dy
    xx += dx * dx
    xy += dx * dy
  }
  if (xx === 0 || yy === 0) return insufficient('cuped', 'distinct values', { have: 1, need: 2 })
  const theta = xy / xx
  const rest = yy - theta * xy
  return finiteOutcome('cuped', [theta, my, rest], {
    status: 'ok',
    theta,
    adjustedMean: my,
    adjustedVariance: rest / (rows - 1),
    varianceReduction: 1 - rest / yy,
    rows,
  })
}
