import { solvePositiveDefinite } from '../numeric/cholesky.ts'
import type { Numbers } from '../numeric/numbers.ts'

/** Pulls and mean reward of each arm; plain data. */
export interface UcbState {
  readonly pulls: readonly number[]
  readonly means: readonly number[]
}

/**
 * The arm that UCB1 plays next (Auer, Cesa-Bianchi and Fischer 2002): mean + delta sqrt(2 ln n / n_a);
 * arms that were never played come first, ties go to the lowest arm.
 */
export const chooseUcb = ({ pulls, means }: UcbState, delta = 1): number => {
  const untried = pulls.indexOf(0)
  if (untried >= 0) return untried
  const log = Math.log(pulls.reduce((sum, count) => sum + count, 0))
  const scores = means.map((mean, arm) => mean + delta * Math.sqrt((2 * log) / pulls[arm]!))
  return scores.indexOf(Math.max(...scores))
}

/** The state after a reward of an arm. */
export const rewardUcb = ({ pulls, means }: UcbState, arm: number, reward: number): UcbState => {
  const count = pulls[arm]! + 1
  return {
    pulls: pulls.with(arm, count),
    means: means.with(arm, means[arm]! + (reward - means[arm]!) / count),
  }
}

/** Probabilities with which EXP3 plays the arms (Auer et al. 2002), from the log weights. */
export const exp3Probabilities = (logWeights: readonly number[], gamma: number): number[] => {
  const largest = Math.max(...logWeights)
  const weights = logWeights.map((log) => Math.exp(log - largest))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => ((1 - gamma) * weight) / total + gamma / weights.length)
}

/** EXP3's log weights after a reward in [0, 1] of the arm that was played. */
export const rewardExp3 = (
  logWeights: readonly number[],
  { arm, reward, gamma }: { readonly arm: number; readonly reward: number; readonly gamma: number },
): number[] => {
  const probability = exp3Probabilities(logWeights, gamma)[arm]!
  return logWeights.with(arm, logWeights[arm]! + (gamma * reward) / probability / logWeights.length)
}

/** What LinUCB has learnt of one arm: ridge I + sum of x x' (row-major) and sum of reward x. */
export interface LinUcbArm {
  readonly gram: Float64Array
  readonly target: Float64Array
}

/** An arm that has seen nothing: `ridge` (1 by default) on the diagonal, for contexts of so many dimensions. */
export const emptyLinUcbArm = (dimension: number, ridge = 1): LinUcbArm => {
  const gram = new Float64Array(dimension * dimension)
  for (let i = 0; i < dimension; i++) gram[i * dimension + i] = ridge
  return { gram, target: new Float64Array(dimension) }
}

/** The arm after a reward in a context. */
export const rewardLinUcb = (arm: LinUcbArm, context: Numbers, reward: number): LinUcbArm => {
  const size = arm.target.length
  return {
    gram: arm.gram.map((sum, i) => sum + context[Math.floor(i / size)]! * context[i % size]!),
    target: arm.target.map((sum, i) => sum + reward * context[i]!),
  }
}

/** The score of an arm in a context, mean + alpha width (Li et al. 2010, algorithm 1). */
export const scoreLinUcb = (arm: LinUcbArm, context: Numbers, alpha: number) => {
  const x = Float64Array.from(context)
  const dot = (v: Float64Array) => v.reduce((sum, value, i) => sum + value * x[i]!, 0)
  const theta = solvePositiveDefinite(arm.gram, arm.target)
  const mean = dot(theta)
  const width = Math.sqrt(dot(solvePositiveDefinite(arm.gram, x)))
  return { theta, mean, width, score: mean + alpha * width }
}
