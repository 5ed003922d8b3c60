import type { Numbers } from './numbers.ts'

/** Values added by eight running sums; longer stretches are halved. */
const BLOCK = 128
const LANES = 8

/**
 * Their sum by pairs (Higham 1993), in the order in which NumPy adds a column: so that figures which hang on the last digit of
 * a mean are the same as there.
 */
export const pairwiseSum = (values: Numbers, from = 0, to: number = values.length): number => {
  const n = to - from
  if (n > BLOCK) {
    const middle = from + Math.floor(n / 2) - (Math.floor(n / 2) % LANES)
    return pairwiseSum(values, from, middle) + pairwiseSum(values, middle, to)
  }
  if (n < LANES) {
    let sum = 0
    for (let i = from; i < to; i++) sum += values[i]!
    return sum
  }
  const lanes = Array.from({ length: LANES }, (_, lane) => values[from + lane]!)
  let i = from + LANES
  for (; i <= to - LANES; i += LANES) {
    for (let lane = 0; lane < LANES; lane++) lanes[lane]! += values[i + lane]!
  }
  const [a, b, c, d, e, f, g, h] = lanes as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  let sum = a + b + (c + d) + (e + f + (g + h))
  for (; i < to; i++) sum += values[i]!
  return sum
}
