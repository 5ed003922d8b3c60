import type { Numbers } from './numbers.ts'
import { ascendingOrder } from './order.ts'

/** Ranks from 1, ties sharing their mean rank; `order` are the rows by ascending value, where they are known. */
export const midranks = (
  values: Numbers,
  order: Uint32Array = ascendingOrder(values),
): Float64Array => {
  const ranks = new Float64Array(values.length)
  for (let start = 0; start < order.length; ) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    const rank = (start + 1 + end) / 2
    for (let i = start; i < end; i++) ranks[order[i]!] = rank
    start = end
  }
  return ranks
}

/** Sum of t^3 - t over groups of t equal values. */
export const tieTerm = (sorted: Float64Array): number => {
  let sum = 0
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1
    while (end < sorted.length && sorted[end] === sorted[start]) end++
    const t = end - start
    sum += t * t * t - t
    start = end
  }
  return sum
}
