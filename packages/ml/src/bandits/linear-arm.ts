import { solvePositiveDefinite } from '../numeric/cholesky.ts'
import { gaussLegendre } from '../numeric/gauss-legendre.ts'
import type { Numbers } from '../numeric/numbers.ts'

/** What is learnt of one arm whose reward is linear in a context of d numbers; plain data. */
export interface LinearRewards {
  readonly count: number
  /** Sum of x x', row-major, d x d. */
  readonly gram: Float64Array
  /** Sum of reward x. */
  readonly target: Float64Array
  readonly sumSquares: number
}

/** The totals of an arm that nothing has been learnt of yet, for contexts of so many dimensions. */
export const noLinearRewards = (dimension: number): LinearRewards => ({
  count: 0,
  gram: new Float64Array(dimension * dimension),
  target: new Float64Array(dimension),
  sumSquares: 0,
})

/** The totals with a reward in a context more, or, with `times` -1, with one less. */
export const withLinearReward = (
  rewards: LinearRewards,
  { context, reward }: { readonly context: Numbers; readonly reward: number },
  times: 1 | -1 = 1,
): LinearRewards => {
  const size = rewards.target.length
  return {
    count: rewards.count + times,
    gram: rewards.gram.map(
      (sum, i) => sum + times * context[Math.floor(i / size)]! * context[i % size]!,
    ),
    target: rewards.target.map((sum, i) => sum + times * reward * context[i]!),
    sumSquares: rewards.sumSquares + times * reward * reward,
  }
}

/** A posterior that is quick to ask: mean theta'x, standard deviation noise sqrt(x' A^-1 x). */
export interface LinearPosterior {
  readonly theta: Float64Array
  /** A^-1 with A = ridge I + gram, row-major. */
  readonly inverse: Float64Array
  readonly noise: number
}

/** Bayesian ridge regression (Agrawal and Goyal 2013); the noise is estimated from the residuals and is 1 below d + 2 rewards. */
export const linearPosterior = (rewards: LinearRewards, ridge = 1): LinearPosterior => {
  const size = rewards.target.length
  const precision = rewards.gram.slice()
  for (let i = 0; i < size; i++) precision[i * size + i]! += ridge
  const theta = solvePositiveDefinite(precision, rewards.target)
  const inverse = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    const unit = new Float64Array(size)
    unit[i] = 1
    inverse.set(solvePositiveDefinite(precision, unit), i * size)
  }
  const explained = theta.reduce((sum, value, i) => sum + value * rewards.target[i]!, 0)
  const freedom = rewards.count - size
  const residual = freedom > 1 ? Math.max(1e-12, rewards.sumSquares - explained) / freedom : 1
  return { theta, inverse, noise: Math.sqrt(residual) }
}

/** Mean and standard deviation of the expected reward in a context. */
export const predictLinear = (
  { theta, inverse, noise }: LinearPosterior,
  context: Float64Array,
): { readonly mean: number; readonly deviation: number } => {
  const size = theta.length
  let [mean, variance] = [0, 0]
  for (let i = 0; i < size; i++) {
    mean += theta[i]! * context[i]!
    let row = 0
    for (let k = 0; k < size; k++) row += inverse[i * size + k]! * context[k]!
    variance += row * context[i]!
  }
  return { mean, deviation: noise * Math.sqrt(Math.max(0, variance)) }
}

const reach = 5
const { nodes, weights } = gaussLegendre(24)
const points = nodes.map((node) => reach * node)
const masses = points.map(
  (z, i) => (reach * weights[i]! * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI),
)

/**
 * For independent normals the probability that each is the highest, summing to 1: what Thompson sampling would draw.
 * Cheap enough for each request; the error of the quadrature is below 1e-3 unless deviations differ tenfold and more.
 */
export const normalBestShares = (
  beliefs: readonly { readonly mean: number; readonly deviation: number }[],
): number[] => {
  const deviations = beliefs.map(({ deviation }) => Math.max(deviation, 1e-12))
  const shares = beliefs.map(({ mean }, j) => {
    let sum = 0
    for (let i = 0; i < points.length; i++) {
      const x = mean + deviations[j]! * points[i]!
      let below = masses[i]!
      for (let k = 0; k < beliefs.length; k++) {
        if (k !== j) below *= quickNormalCdf((x - beliefs[k]!.mean) / deviations[k]!)
      }
      sum += below
    }
    return sum
  })
  const total = shares.reduce((sum, share) => sum + share, 0)
  return shares.map((share) => (total > 0 ? share / total : 1 / shares.length))
}

/** Abramowitz and Stegun 26.2.17; absolute error below 7.5e-8. */
const quickNormalCdf = (z: number): number => {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const tail =
    0.3989422804014327 *
    Math.exp(-0.5 * z * z) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return z >= 0 ? 1 - tail : tail
}
