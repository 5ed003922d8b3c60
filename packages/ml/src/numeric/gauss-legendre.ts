/** Nodes and weights of Gauss-Legendre quadrature on [-1, 1]. */
export interface Quadrature {
  readonly nodes: Float64Array
  readonly weights: Float64Array
}

const rules = new Map<number, Quadrature>()

/** The rule of n points, exact for polynomials up to degree 2n - 1 (Newton's method on P_n). */
export const gaussLegendre = (n: number): Quadrature => {
  const known = rules.get(n)
  if (known) return known
  const nodes = new Float64Array(n)
  const weights = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5))
    let slope = 0
    for (let step = 0; step < 100; step++) {
      let [before, here] = [1, x]
      for (let k = 2; k <= n; k++) {
        ;[before, here] = [here, ((2 * k - 1) * x * here - (k - 1) * before) / k]
      }
      slope = (n * (x * here - before)) / (x * x - 1)
      const change = here / slope
      x -= change
      if (Math.abs(change) < 1e-16) break
    }
    nodes[n - 1 - i] = x
    weights[n - 1 - i] = 2 / ((1 - x * x) * slope * slope)
  }
  const rule = { nodes, weights }
  rules.set(n, rule)
  return rule
}

/** The integral of a smooth function, by a rule of 32 points on each of `pieces` equal parts. */
export const integrate = (
  f: (x: number) => number,
  [from, to]: readonly [from: number, to: number],
  pieces = 1,
): number => {
  const { nodes, weights } = gaussLegendre(32)
  const half = (to - from) / pieces / 2
  let sum = 0
  for (let piece = 0; piece < pieces; piece++) {
    const middle = from + (2 * piece + 1) * half
    for (let i = 0; i < nodes.length; i++) sum += weights[i]! * f(middle + half * nodes[i]!)
  }
  return sum * half
}
