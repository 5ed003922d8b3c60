import { MlError } from '../ml-error.ts'
import { gaussLegendre } from '../numeric/gauss-legendre.ts'
import { logBetaTail } from '../special/incomplete-beta.ts'
import { logBeta } from '../special/log-gamma.ts'

/** Parameters of a Beta posterior: successes + 1 and failures + 1 under a flat prior. */
export type BetaPosterior = readonly [a: number, b: number]

/**
 * For each arm: the probability that its rate is the highest, and the rate that choosing it is expected to give away. By
 * quadrature, not by sampling. Thompson 1933.
 * @throws MlError for a parameter that is not above 0.
 */
export const betaBestArm = (posteriors: readonly BetaPosterior[]) => {
  if (!posteriors.flat().every((parameter) => parameter > 0 && Number.isFinite(parameter))) {
    throw new MlError(
      'invalid_input',
      `posteriors are ${JSON.stringify(posteriors)}`,
      'give successes and failures, each plus what the prior adds, above 0',
    )
  }
  const start = posteriors.flat().some((parameter) => parameter < 1) ? 1e-300 : 1e-18
  const probabilityBest = nearZero(posteriors, start)
  nearZero(
    posteriors.map(([a, b]) => [b, a]),
    start,
    'ones',
  ).forEach((chance, j) => {
    probabilityBest[j]! += chance
  })
  // The mean of the highest rate is 1 less the integral of the chance that all lie below.
  let below = 0
  const middle = middleOf(posteriors)
  for (const isMirrored of [false, true]) {
    // Rates near 1 are seen from 1, where their distance from it has all its digits.
    const seen = isMirrored ? posteriors.map(([a, b]) => [b, a] as const) : posteriors
    const edges = edgesOf(seen, [start, isMirrored ? 1 - middle : middle])
    integratePanels(edges, (at, weight) => {
      const [x, y] = isMirrored ? [1 - at, at] : [at, 1 - at]
      const shares = posteriors.map(([a, b]) => Math.exp(logBetaTail(x, y, a, b)))
      const [before, after] = [productsBefore(shares), productsBefore(shares.toReversed())]
      below += weight * before[shares.length]!
      posteriors.forEach((posterior, j) => {
        const others = before[j]! * after[shares.length - 1 - j]!
        probabilityBest[j]! += weight * densityAt({ x, y }, posterior) * others
      })
    })
  }
  return {
    probabilityBest: probabilityBest.map((chance) => Math.min(1, chance)),
    expectedLoss: posteriors.map(([a, b]) => 1 - below - a / (a + b)),
  }
}

/**
 * The chances to be the best within `start` of 0, where each law is a power: all lie there, and exponents share them. Near 1
 * ('ones', posteriors turned round) one that lies there beats those that do not, and half of those that do.
 */
const nearZero = (
  posteriors: readonly BetaPosterior[],
  start: number,
  end: 'zeros' | 'ones' = 'zeros',
): number[] => {
  const shares = posteriors.map(([a, b]) => Math.exp(logBetaTail(start, 1, a, b)))
  if (end === 'ones') {
    return shares.map((share, j) =>
      shares.reduce((chance, other, k) => (k === j ? chance : chance * (1 - other / 2)), share),
    )
  }
  const all = shares.reduce((product, share) => product * share, 1)
  const exponents = posteriors.reduce((sum, [a]) => sum + a, 0)
  return posteriors.map(([a]) => (all * a) / exponents)
}

/** Asks `ask` at the nodes of Gauss and Legendre's rule of 16 points on each panel. */
const integratePanels = (
  edges: readonly number[],
  ask: (at: number, weight: number) => void,
): void => {
  const { nodes, weights } = gaussLegendre(16)
  for (let panel = 1; panel < edges.length; panel++) {
    const from = edges[panel - 1]!
    const half = (edges[panel]! - from) / 2
    nodes.forEach((node, i) => {
      ask(from + half * (1 + node), half * weights[i]!)
    })
  }
}

/** The products of the first 0, 1, 2, ... factors. */
const productsBefore = (factors: readonly number[]): number[] => {
  const products = [1]
  for (const factor of factors) products.push(products.at(-1)! * factor)
  return products
}

const densityAt = (
  { x, y }: { readonly x: number; readonly y: number },
  [a, b]: BetaPosterior,
): number => Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log(y) - logBeta(a, b))

/** The middle of all means, kept off both ends. */
const middleOf = (posteriors: readonly BetaPosterior[]): number => {
  const means = posteriors.map(([a, b]) => a / (a + b))
  return Math.min(0.75, Math.max(0.25, (Math.min(...means) + Math.max(...means)) / 2))
}

const DEVIATIONS = [-12, -8, -5, -3, -1.5, 0, 1.5, 3, 5, 8, 12]

/**
 * Ends of panels on each of which every posterior is smooth: some deviations around each mean, and steps of a factor of 4,
 * on which powers and exponentials are.
 */
const edgesOf = (
  posteriors: readonly BetaPosterior[],
  [start, end]: readonly [start: number, end: number],
): number[] => {
  const inner = posteriors.flatMap(([a, b]) => {
    const mean = a / (a + b)
    const deviation = Math.sqrt((mean * (1 - mean)) / (a + b + 1))
    return DEVIATIONS.map((k) => mean + k * deviation)
  })
  for (let edge = end / 4; edge > start; edge /= 4) inner.push(edge)
  const edges = [start, end, ...inner.filter((x) => x > start && x < end)].sort((p, q) => p - q)
  return edges.filter((edge, i) => i === 0 || edge > edges[i - 1]!)
}
