/** Coefficients of Lanczos' approximation with g = 607/128 (Godfrey 2001): error below 1e-15. */
const LANCZOS = [
  0.9999999999999971, 57.15623566586292, -59.59796035547549, 14.136097974741746,
  -0.4919138160976202, 0.00003399464998481189, 0.00004652362892704858, -0.00009837447530487956,
  0.0001580887032249125, -0.00021026444172410488, 0.00021743961811521265, -0.0001643181065367639,
  0.00008441822398385275, -0.000026190838401581408, 0.0000036899182659531625,
] as const
const G = 607 / 128
const HALF_LOG_TWO_PI = 0.9189385332046728

/** ln n! - Stirling's formula, exactly rounded for n = 0..15; beyond that the series converges. */
const STIRLING_ERROR = [
  0, 0.08106146679532726, 0.0413406959554093, 0.02767792568499834, 0.020790672103765093,
  0.016644691189821193, 0.013876128823070748, 0.01189670994589177, 0.010411265261972096,
  0.009255462182712733, 0.00833056343336287, 0.007573675487951841, 0.00694284010720953,
  0.006408994188004207, 0.0059513701127588475, 0.005554733551962801,
] as const

/** Natural logarithm of the gamma function for x > 0 (Lanczos 1964); reflected below one half. */
export const logGamma = (x: number): number => {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x)
  if (x === 1 || x === 2) return 0
  if (x > 1e6) return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + 1 / (12 * x)
  const z = x - 1
  let sum: number = LANCZOS[0]
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (z + i)
  const t = z + G + 0.5
  return HALF_LOG_TWO_PI + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** ln B(a, b) for a, b > 0. For large arguments the cancelling terms are taken off analytically. */
export const logBeta = (a: number, b: number): number => {
  const [small, large] = a < b ? [a, b] : [b, a]
  if (small < 10) return logGamma(small) + logGammaRatio(large, small)
  const total = small + large
  const correction = stirlingTail(small) + stirlingTail(large) - stirlingTail(total)
  return (
    HALF_LOG_TWO_PI -
    0.5 * Math.log(large) +
    correction +
    (small - 0.5) * Math.log(small / total) +
    large * Math.log1p(-small / total)
  )
}

/** ln n! less Stirling's approximation, for real n >= 0 (Loader 2000). */
export const stirlingError = (n: number): number => {
  const tabulated = STIRLING_ERROR[n]
  if (tabulated !== undefined) return tabulated
  if (n < 15) return logGamma(n + 1) - (n + 0.5) * Math.log(n) + n - HALF_LOG_TWO_PI
  return stirlingTail(n)
}

const stirlingTail = (x: number): number => {
  const r = 1 / (x * x)
  return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - (r * 5) / 5940)))) / x
}

/** ln(Γ(x) / Γ(x + a)) for small a, without cancellation for large x. */
const logGammaRatio = (x: number, a: number): number => {
  if (x < 20) return logGamma(x) - logGamma(x + a)
  const y = x + a
  return -a * Math.log(y) - (x - 0.5) * Math.log1p(a / x) + a + stirlingTail(x) - stirlingTail(y)
}

/** The natural logarithm of n choose k, without overflow. */
export const logChoose = (n: number, k: number): number =>
  k === 0 || k === n ? 0 : -Math.log(n + 1) - logBeta(n - k + 1, k + 1)
