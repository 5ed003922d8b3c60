import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'
import { checkRows } from './rows.ts'

/** A non-decreasing piecewise linear function: values at ascending knots, constant outside. */
export interface IsotonicFit {
  readonly knots: Float64Array
  readonly values: Float64Array
}

/**
 * Isotonic regression of `target` on `x` by pooling adjacent violators (Ayer et al. 1955); rows of equal x
 * are averaged first. `order` are the rows by ascending x, where they are known.
 * @throws MlError when there are no rows, lengths differ or a value is not finite.
 */
export const fitIsotonic = (
  x: Numbers,
  target: Numbers,
  order: Uint32Array = ascendingOrder(x),
): IsotonicFit => {
  const rows = checkRows({ x, target })
  if (rows === 0) {
    throw new MlError('invalid_input', 'there are no rows to calibrate on', 'pass labelled rows')
  }
  const blocks = emptyBlocks(rows)
  for (let start = 0; start < rows; ) {
    const here = x[order[start]!]!
    let [end, sum] = [start, 0]
    while (end < rows && x[order[end]!] === here) sum += target[order[end++]!]!
    pool(blocks, here, { sum, weight: end - start })
    start = end
  }
  return knotsOf(blocks)
}

/** Blocks of pooled neighbours, as a stack: mean, weight, first and last knot of each. */
interface Blocks {
  count: number
  readonly means: Float64Array
  readonly weights: Float64Array
  readonly from: Float64Array
  readonly to: Float64Array
}

const emptyBlocks = (most: number): Blocks => ({
  count: 0,
  means: new Float64Array(most),
  weights: new Float64Array(most),
  from: new Float64Array(most),
  to: new Float64Array(most),
})

const pool = (
  blocks: Blocks,
  knot: number,
  next: { readonly sum: number; readonly weight: number },
): void => {
  const { means, weights, from, to } = blocks
  let weight = next.weight
  let mean = next.sum / weight
  let first = knot
  let at = blocks.count
  while (at > 0 && !(means[at - 1]! < mean)) {
    at--
    const both = weights[at]! + weight
    mean = (means[at]! * weights[at]! + mean * weight) / both
    weight = both
    first = from[at]!
  }
  means[at] = mean
  weights[at] = weight
  from[at] = first
  to[at] = knot
  blocks.count = at + 1
}

/** Only the ends of each block bend the function. */
const knotsOf = ({ count, means, from, to }: Blocks): IsotonicFit => {
  const knots: number[] = []
  const values: number[] = []
  for (let k = 0; k < count; k++) {
    knots.push(from[k]!)
    values.push(means[k]!)
    if (to[k] === from[k]) continue
    knots.push(to[k]!)
    values.push(means[k]!)
  }
  return { knots: Float64Array.from(knots), values: Float64Array.from(values) }
}

/** The fitted function at points, linear between knots and clipped outside. */
export const applyIsotonic = (fit: IsotonicFit, points: Numbers): Float64Array => {
  const { knots } = fit
  const last = knots.length - 1
  const out = new Float64Array(points.length)
  for (let i = 0; i < points.length; i++) {
    const x = points[i]!
    let [low, high] = [0, last]
    if (x > knots[0]! && x < knots[last]!) {
      while (high - low > 1) {
        const middle = (low + high) >>> 1
        if (knots[middle]! <= x) low = middle
        else high = middle
      }
    }
    out[i] = valueAt(fit, x, low)
  }
  return out
}

/** The same for points whose ascending order is known: knots are passed once. */
export const applyIsotonicInOrder = (
  fit: IsotonicFit,
  points: Numbers,
  order: Uint32Array,
): Float64Array => {
  const { knots } = fit
  const out = new Float64Array(points.length)
  let low = 0
  for (const row of order) {
    const x = points[row]!
    while (low < knots.length - 2 && knots[low + 1]! <= x) low++
    out[row] = valueAt(fit, x, low)
  }
  return out
}

/** The function at x, which lies between the knots `low` and `low + 1` unless it lies outside of all. */
const valueAt = ({ knots, values }: IsotonicFit, x: number, low: number): number => {
  const last = knots.length - 1
  if (!(x > knots[0]!)) return Number.isNaN(x) ? Number.NaN : values[0]!
  if (x >= knots[last]!) return values[last]!
  const slope = (values[low + 1]! - values[low]!) / (knots[low + 1]! - knots[low]!)
  return slope * (x - knots[low]!) + values[low]!
}
