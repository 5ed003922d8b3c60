import { logUpperGamma, lowerGamma, upperGamma } from './incomplete-gamma.ts'
import { growBracket, monotoneRoot } from './root.ts'

/** P(X <= x) of the chi-squared distribution with `df` degrees of freedom. */
export const chiSquaredCdf = (x: number, df: number): number => lowerGamma(df / 2, x / 2)

/** P(X > x), accurate in the far tail. */
export const chiSquaredSurvival = (x: number, df: number): number => upperGamma(df / 2, x / 2)

/** ln P(X > x), finite where the probability underflows. */
export const chiSquaredLogSurvival = (x: number, df: number): number => logUpperGamma(df / 2, x / 2)

/** The x with P(X <= x) = p. */
export const chiSquaredQuantile = (p: number, df: number): number => {
  const cdf = (x: number) => chiSquaredCdf(x, df)
  return monotoneRoot(cdf, p, growBracket(cdf, p))
}
