import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'
import { checkRows } from './rows.ts'

/** A non-decreasing piecewise linear function: values at ascending knots, constant outside. */
export interface IsotonicFit {
  readonly knots: Float64Array
  readonly values: Float64Array
}

/** Blocks of pooled neighbours: mean, weight, first and last knot. */
interface Block {
  mean: number
  weight: number
  from: number
  to: number
}

/**
 * Isotonic regression of `target` on `x` by pooling adjacent violators (Ayer et al. 1955); rows of equal x
 * are averaged first.
 * @throws MlError when there are no rows, lengths differ or a value is not finite.
 */
export const fitIsotonic = (x: Numbers, target: Numbers): IsotonicFit => {
  const rows = checkRows({ x, target })
  if (rows === 0) {
    throw new MlError('invalid_input', 'there are no rows to calibrate on', 'pass labelled rows')
  }
  const order = ascendingOrder(x)
  const distinct: number[] = []
  const blocks: Block[] = []
  for (let start = 0; start < rows; ) {
    const here = x[order[start]!]!
    let [end, sum] = [start, 0]
    while (end < rows && x[order[end]!] === here) sum += target[order[end++]!]!
    const knot = distinct.push(here) - 1
    pool(blocks, { mean: sum / (end - start), weight: end - start, from: knot, to: knot })
    start = end
  }
  return knotsOf(blocks, distinct)
}

const pool = (blocks: Block[], next: Block): void => {
  blocks.push(next)
  while (blocks.length > 1) {
    const [a, b] = [blocks[blocks.length - 2]!, blocks[blocks.length - 1]!]
    if (a.mean < b.mean) return
    blocks.pop()
    const weight = a.weight + b.weight
    a.mean = (a.mean * a.weight + b.mean * b.weight) / weight
    a.weight = weight
    a.to = b.to
  }
}

/** Only the ends of each block bend the function. */
const knotsOf = (blocks: readonly Block[], distinct: readonly number[]): IsotonicFit => {
  const knots: number[] = []
  const values: number[] = []
  for (const { mean, from, to } of blocks) {
    knots.push(distinct[from]!)
    values.push(mean)
    if (to === from) continue
    knots.push(distinct[to]!)
    values.push(mean)
  }
  return { knots: Float64Array.from(knots), values: Float64Array.from(values) }
}

/** The fitted function at points, linear between knots and clipped outside. */
export const applyIsotonic = ({ knots, values }: IsotonicFit, points: Numbers): Float64Array => {
  const last = knots.length - 1
  const out = new Float64Array(points.length)
  for (let i = 0; i < points.length; i++) {
    const x = points[i]!
    if (!(x > knots[0]!)) out[i] = Number.isNaN(x) ? Number.NaN : values[0]!
    else if (x >= knots[last]!) out[i] = values[last]!
    else {
      let [low, high] = [0, last]
      while (high - low > 1) {
        const middle = (low + high) >>> 1
        if (knots[middle]! <= x) low = middle
        else high = middle
      }
      const slope = (values[high]! - values[low]!) / (knots[high]! - knots[low]!)
      out[i] = slope * (x - knots[low]!) + values[low]!
    }
  }
  return out
}
