import { logBetaTail } from './incomplete-beta.ts'

/** ln P(X > x) of the F distribution with `numerator` and `denominator` degrees of freedom. */
export const fisherFLogSurvival = (x: number, numerator: number, denominator: number): number => {
  if (x <= 0) return 0
  const scale = denominator + numerator * x
  return logBetaTail(denominator / scale, (numerator * x) / scale, denominator / 2, numerator / 2)
}

/** P(X > x) of the F distribution. */
export const fisherFSurvival = (x: number, numerator: number, denominator: number): number =>
  Math.exp(fisherFLogSurvival(x, numerator, denominator))

/** P(X <= x) of the F distribution. */
export const fisherFCdf = (x: number, numerator: number, denominator: number): number => {
  if (x <= 0) return 0
  const scale = denominator + numerator * x
  return Math.exp(
    logBetaTail((numerator * x) / scale, denominator / scale, numerator / 2, denominator / 2),
  )
}
