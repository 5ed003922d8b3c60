import { logBetaTail } from './incomplete-beta.ts'
import { growBracket, monotoneRoot } from './root.ts'

/** P(T > t) of Student's distribution with `df` degrees of freedom. */
export const studentTSurvival = (t: number, df: number): number =>
  t < 0 ? 1 - studentTSurvival(-t, df) : Math.exp(studentTLogSurvival(t, df))

/** P(T <= t) of Student's distribution with `df` degrees of freedom. */
export const studentTCdf = (t: number, df: number): number => studentTSurvival(-t, df)

/** P(|T| > |t|) of Student's distribution with `df` degrees of freedom. */
export const studentTTwoSided = (t: number, df: number): number => {
  const square = t * t
  return Number.isFinite(square)
    ? Math.exp(logBetaTail(df / (df + square), square / (df + square), df / 2, 0.5))
    : 0
}

/** ln P(T > t) for t >= 0, finite where the probability underflows. */
export const studentTLogSurvival = (t: number, df: number): number => {
  const square = t * t
  return logBetaTail(df / (df + square), square / (df + square), df / 2, 0.5) - Math.LN2
}

/** The t with P(T <= t) = p. */
export const studentTQuantile = (p: number, df: number): number => {
  if (p === 0.5) return 0
  if (p < 0.5) return -studentTQuantile(1 - p, df)
  const cdf = (t: number) => studentTCdf(t, df)
  return monotoneRoot(cdf, p, growBracket(cdf, p))
}
