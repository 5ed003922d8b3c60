/**
 * Places of at most so many of `count` rows, rising: one of each stretch of equal length, drawn by a hash of its number. The same
 * rows give the same places, and rows that repeat in some rhythm are drawn in the proportion in which they are there.
 */
export function drawnPlaces(count: number, most: number): readonly number[] {
  if (count <= most) return Array.from({ length: count }, (_, row) => row)
  return Array.from({ length: most }, (_, index) => {
    const from = Math.floor((index * count) / most)
    const to = Math.floor(((index + 1) * count) / most)
    return from + Math.floor(drawn(index) * (to - from))
  })
}

/** A number in [0, 1) of a whole one: the finalizer of MurmurHash3 (Appleby 2011). */
function drawn(index: number): number {
  let hash = index + 0x9e3779b9
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
