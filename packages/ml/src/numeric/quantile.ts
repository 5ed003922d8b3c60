/** Definitions of a sample quantile, as NumPy names them (Hyndman and Fan 1996). */
export const QUANTILE_METHODS = [
  'linear',
  'lower',
  'higher',
  'nearest',
  'hazen',
  'weibull',
  'median_unbiased',
  'inverted_cdf',
] as const
export type QuantileMethod = (typeof QUANTILE_METHODS)[number]

/** Plotting positions of the continuous definitions: the rank is n q + alpha + q (1 - alpha - beta). */
const POSITIONS: Readonly<Record<string, readonly [alpha: number, beta: number]>> = {
  linear: [1, 1],
  hazen: [0.5, 0.5],
  weibull: [0, 0],
  median_unbiased: [1 / 3, 1 / 3],
}

/** The q-quantile, q in [0, 1], of ascending values; NaN when there are none. */
export const quantileOfSorted = (
  sorted: Float64Array,
  q: number,
  method: QuantileMethod = 'linear',
): number => {
  const n = sorted.length
  if (n === 0) return Number.NaN
  const at = (rank: number) => sorted[Math.min(n - 1, Math.max(0, rank))]!
  const position = POSITIONS[method]
  if (position) {
    const [alpha, beta] = position
    const rank = method === 'linear' ? q * (n - 1) : n * q + alpha + q * (1 - alpha - beta) - 1
    const below = Math.floor(rank)
    return interpolate(at(below), at(below + 1), Math.min(1, Math.max(0, rank - below)))
  }
  const rank = q * (n - 1)
  switch (method) {
    case 'lower':
      return at(Math.floor(rank))
    case 'higher':
      return at(Math.ceil(rank))
    case 'nearest':
      return at(roundHalfEven(rank))
    default:
      return at(Math.ceil(q * n) - 1)
  }
}

/** Linear interpolation from the nearer end, so that equal ends give exactly their value. */
const interpolate = (a: number, b: number, t: number): number =>
  t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t)

/** Rounds to the nearest integer, halves to the even one. */
export const roundHalfEven = (x: number): number => {
  const floor = Math.floor(x)
  if (x - floor !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor + 1
}
