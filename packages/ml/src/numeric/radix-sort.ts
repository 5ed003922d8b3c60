const DIGIT_BITS = 11
const DIGITS = 6
const RADIX = 1 << DIGIT_BITS

/**
 * Sorts numbers without NaN in place: a least-significant-digit radix sort over the 64 bits of
 * order-preserving keys, which skips digits that all values share.
 */
export const radixSort = (values: Float64Array): void => {
  const length = values.length
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * length)
  toKeys(words)
  const counts = digitCounts(words)
  let from: Uint32Array = words
  let to: Uint32Array = new Uint32Array(2 * length)
  for (let digit = 0; digit < DIGITS; digit++) {
    const offsets = counts.subarray(digit * RADIX, (digit + 1) * RADIX)
    if (offsets.includes(length)) continue
    toOffsets(offsets)
    scatter(from, to, offsets, digit)
    ;[from, to] = [to, from]
  }
  if (from !== words) words.set(from)
  fromKeys(words)
}

/** Doubles compare like these unsigned keys: negative numbers have all bits flipped, others the sign. */
const toKeys = (words: Uint32Array): void => {
  for (let i = 0; i < words.length; i += 2) {
    const high = words[i + 1]!
    const mask = high >> 31
    words[i] = words[i]! ^ mask
    words[i + 1] = high ^ (mask | 0x80000000)
  }
}

const fromKeys = (words: Uint32Array): void => {
  for (let i = 0; i < words.length; i += 2) {
    const high = words[i + 1]!
    const mask = ~(high >> 31)
    words[i] = words[i]! ^ mask
    words[i + 1] = high ^ (mask | 0x80000000)
  }
}

/** Digits of 11 bits; the third straddles the two words, the last holds the top nine bits. */
const digitCounts = (words: Uint32Array): Uint32Array => {
  const counts = new Uint32Array(DIGITS * RADIX)
  for (let i = 0; i < words.length; i += 2) {
    const low = words[i]!
    const high = words[i + 1]!
    counts[low & 2047]!++
    counts[2048 + ((low >>> 11) & 2047)]!++
    counts[4096 + ((low >>> 22) | ((high & 1) << 10))]!++
    counts[6144 + ((high >>> 1) & 2047)]!++
    counts[8192 + ((high >>> 12) & 2047)]!++
    counts[10240 + (high >>> 23)]!++
  }
  return counts
}

const toOffsets = (counts: Uint32Array): void => {
  let offset = 0
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!
    counts[i] = offset
    offset += count
  }
}

const scatter = (from: Uint32Array, to: Uint32Array, offsets: Uint32Array, digit: number): void => {
  for (let i = 0; i < from.length; i += 2) {
    const low = from[i]!
    const high = from[i + 1]!
    const key = digitOf(low, high, digit)
    const target = 2 * offsets[key]!++
    to[target] = low
    to[target + 1] = high
  }
}

const digitOf = (low: number, high: number, digit: number): number => {
  if (digit < 2) return (low >>> (DIGIT_BITS * digit)) & 2047
  if (digit === 2) return (low >>> 22) | ((high & 1) << 10)
  return (high >>> (1 + DIGIT_BITS * (digit - 3))) & 2047
}
