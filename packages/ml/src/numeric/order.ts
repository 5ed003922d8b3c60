import type { Numbers } from './numbers.ts'

const DIGIT_BITS = 11
const RADIX = 1 << DIGIT_BITS
const DIGITS = 6

/** Row indices in ascending order of the values, which must not be NaN; equal values keep their order. */
export const ascendingOrder = (values: Numbers): Uint32Array => {
  const n = values.length
  if (n < 2000) {
    const order = Uint32Array.from({ length: n }, (_, i) => i)
    return order.sort((a, b) => values[a]! - values[b]! || a - b)
  }
  const keys = orderedKeys(values)
  const counts = digitCounts(keys)
  let from = Uint32Array.from({ length: n }, (_, i) => i)
  let to = new Uint32Array(n)
  for (let digit = 0; digit < DIGITS; digit++) {
    const offsets = counts.subarray(digit * RADIX, (digit + 1) * RADIX)
    if (offsets.includes(n)) continue
    let offset = 0
    for (let i = 0; i < RADIX; i++) {
      const count = offsets[i]!
      offsets[i] = offset
      offset += count
    }
    for (let i = 0; i < n; i++) {
      const row = from[i]!
      to[offsets[digitOf(keys[2 * row]!, keys[2 * row + 1]!, digit)]!++] = row
    }
    ;[from, to] = [to, from]
  }
  return from
}

/** Low and high words of unsigned keys that compare like the doubles. */
const orderedKeys = (values: Numbers): Uint32Array => {
  const doubles = Float64Array.from(values)
  for (let i = 0; i < doubles.length; i++) if (doubles[i] === 0) doubles[i] = 0
  const keys = new Uint32Array(doubles.buffer)
  for (let i = 0; i < keys.length; i += 2) {
    const high = keys[i + 1]!
    const mask = high >> 31
    keys[i] = keys[i]! ^ mask
    keys[i + 1] = high ^ (mask | 0x80000000)
  }
  return keys
}

const digitCounts = (keys: Uint32Array): Uint32Array => {
  const counts = new Uint32Array(DIGITS * RADIX)
  for (let i = 0; i < keys.length; i += 2) {
    for (let digit = 0; digit < DIGITS; digit++) {
      counts[digit * RADIX + digitOf(keys[i]!, keys[i + 1]!, digit)]!++
    }
  }
  return counts
}

const digitOf = (low: number, high: number, digit: number): number => {
  if (digit < 2) return (low >>> (DIGIT_BITS * digit)) & (RADIX - 1)
  if (digit === 2) return (low >>> 22) | ((high & 1) << 10)
  return (high >>> (1 + DIGIT_BITS * (digit - 3))) & (RADIX - 1)
}
