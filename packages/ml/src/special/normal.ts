import { logUpperGamma, lowerGamma, upperGamma } from './incomplete-gamma.ts'

/** Density of the standard normal distribution. */
export const normalDensity = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)

/** P(Z <= z) of the standard normal distribution. */
export const normalCdf = (z: number): number =>
  z < 0 ? normalSurvival(-z) : 0.5 + 0.5 * lowerGamma(0.5, 0.5 * z * z)

/** P(Z > z), accurate in the far upper tail. */
export const normalSurvival = (z: number): number =>
  z < 0 ? 0.5 + 0.5 * lowerGamma(0.5, 0.5 * z * z) : 0.5 * upperGamma(0.5, 0.5 * z * z)

/** ln P(Z > z), finite where the probability underflows. */
export const normalLogSurvival = (z: number): number =>
  z < 0 ? Math.log(normalSurvival(z)) : logUpperGamma(0.5, 0.5 * z * z) - Math.LN2

/** P(|Z| > |z|) of a standard normal Z. */
export const normalTwoSided = (z: number): number => upperGamma(0.5, 0.5 * z * z)

/**
 * The z with P(Z <= z) = p, for p in [0, 1]: Hastings' start value (Abramowitz and Stegun 26.2.23)
 * refined by Halley's steps to full precision.
 */
export const normalQuantile = (p: number): number => {
  if (!(p >= 0 && p <= 1)) return Number.NaN
  if (p === 0) return Number.NEGATIVE_INFINITY
  if (p === 1) return Number.POSITIVE_INFINITY
  if (p > 0.5) return -normalQuantile(1 - p)
  if (p === 0.5) return 0
  const t = Math.sqrt(-2 * Math.log(p))
  const numerator = 2.515517 + t * (0.802853 + t * 0.010328)
  const denominator = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
  let z = t - numerator / denominator
  for (let step = 0; step < 4; step++) {
    const u = (p - normalSurvival(z)) / normalDensity(z)
    z -= u / (1 + (z * u) / 2)
  }
  return -z
}
