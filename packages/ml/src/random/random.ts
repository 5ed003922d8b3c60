/** A source of uniform numbers in [0, 1). */
export type Random = () => number

/**
 * A seeded generator: sfc32 (Doty-Humphrey, PractRand), seeded from one integer by splitmix32.
 * The same seed gives the same numbers on every machine.
 */
export const seededRandom = (seed: number): Random => {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return z ^ (z >>> 15)
  }
  let [a, b, c, counter] = [next(), next(), next(), 1]
  return () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return (sum >>> 0) / 4294967296
  }
}

/** The integers 0..count-1 in random order (Fisher-Yates). */
export const permutation = (count: number, random: Random): Int32Array => {
  const order = Int32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
  return order
}

/** Up to so many rows for each drawn one, a shuffle of all of them is quicker than a book of those that moved. */
const DENSE = 64

/** `count` different rows of 0..rows-1 in random order: the head of a Fisher-Yates shuffle. */
export const drawnRows = (rows: number, count: number, random: Random): Int32Array =>
  rows <= DENSE * count
    ? headOfShuffle(rows, count, random)
    : headOfSparseShuffle(rows, count, random)

const headOfShuffle = (rows: number, count: number, random: Random): Int32Array => {
  const all = new Int32Array(rows)
  for (let i = 0; i < rows; i++) all[i] = i
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (rows - i))
    const drawn = all[j]!
    all[j] = all[i]!
    all[i] = drawn
  }
  return all.slice(0, count)
}

const headOfSparseShuffle = (rows: number, count: number, random: Random): Int32Array => {
  const moved = new Map<number, number>()
  const drawn = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (rows - i))
    drawn[i] = moved.get(j) ?? j
    moved.set(j, moved.get(i) ?? i)
    moved.delete(i)
  }
  return drawn
}
