import { integrate } from '../numeric/gauss-legendre.ts'
import { logGamma } from './log-gamma.ts'
import { normalCdf } from './normal.ts'

/**
 * P(T <= t) of the noncentral t distribution: the normal distribution function averaged over the chi
 * distribution of the standard deviation.
 */
export const noncentralTCdf = (t: number, df: number, noncentrality: number): number => {
  const logScale = (1 - df / 2) * Math.LN2 - logGamma(df / 2) + Math.log(df) * (df / 2)
  const density = (s: number) => Math.exp(logScale + (df - 1) * Math.log(s) - (df * s * s) / 2)
  const spread = 12 / Math.sqrt(2 * df)
  const range = [Math.max(1e-12, 1 - spread), 1 + spread + 4 / df] as const
  return integrate((s) => density(s) * normalCdf(t * s - noncentrality), range, 8)
}
