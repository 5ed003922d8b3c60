/** Normally distributed numbers from a seed: xorshift32 and the Box-Muller transform. */
export function gaussian(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1
  const uniform = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return ((state >>> 0) + 0.5) / 2 ** 32
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}
