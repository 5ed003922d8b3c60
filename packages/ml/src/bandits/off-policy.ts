import { insufficient, type Outcome } from '../outcome.ts'
import { normalQuantile } from '../special/normal.ts'

/** One decision of the policy that ran, seen from the policy that did not. */
export interface LoggedDecision {
  readonly arm: number
  /** Probability with which the policy that ran chose this arm; above 0. */
  readonly propensity: number
  readonly reward: number
  /** Probabilities of the policy in question, one an arm. */
  readonly target: readonly number[]
  /** Rewards that a model expects, one an arm; without it the mean of each arm is taken. */
  readonly expected?: readonly number[]
}

export interface PolicyValue {
  readonly value: number
  readonly standardError: number
  readonly lower: number
  readonly upper: number
}

/** The mean reward that a policy would have had, by three estimators. */
export interface OffPolicyEstimate {
  /** Inverse propensity score (Horvitz and Thompson 1952): unbiased, and as wild as its largest weight. */
  readonly ips: PolicyValue
  /** Self-normalised (Swaminathan and Joachims 2015): a little biased, far steadier. */
  readonly snips: PolicyValue
  /** Doubly robust (Dudík, Langford and Li 2011): right where propensities or the model are. */
  readonly doublyRobust: PolicyValue
  readonly decisions: number
  /** (sum w)^2 / sum w^2 (Kish 1965). */
  readonly effectiveSampleSize: number
  readonly largestWeight: number
  readonly alpha: number
}

/**
 * Estimates the value of a policy never run from decisions with propensities; intervals are normal, at 1 - alpha. Doubly
 * robust by Dudík, Langford and Li 2011.
 */
export const offPolicyEstimate = (
  decisions: readonly LoggedDecision[],
  {
    alpha = 0.05,
    minimumCount = 30,
  }: { readonly alpha?: number; readonly minimumCount?: number } = {},
): Outcome<OffPolicyEstimate> => {
  const n = decisions.length
  if (n < minimumCount) {
    return insufficient('off-policy', 'rewarded decisions', { have: n, need: minimumCount })
  }
  const weights = decisions.map(({ arm, propensity, target }) => target[arm]! / propensity)
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0)
  if (totalWeight === 0) {
    return insufficient('off-policy', 'decisions that the policy could have made', {
      have: 0,
      need: 1,
    })
  }
  const z = normalQuantile(1 - alpha / 2)
  const estimateOf = (terms: readonly number[]): PolicyValue => {
    const value = terms.reduce((sum, term) => sum + term, 0) / n
    const squares = terms.reduce((sum, term) => sum + (term - value) ** 2, 0)
    return interval(value, Math.sqrt(squares / (n * (n - 1))), z)
  }
  const ratio =
    decisions.reduce((sum, { reward }, i) => sum + weights[i]! * reward, 0) / totalWeight
  const spread = decisions.reduce(
    (sum, { reward }, i) => sum + (weights[i]! * (reward - ratio)) ** 2,
    0,
  )
  const means = meansByArm(decisions)
  return {
    status: 'ok',
    ips: estimateOf(decisions.map(({ reward }, i) => weights[i]! * reward)),
    snips: interval(ratio, Math.sqrt(spread) / totalWeight, z),
    doublyRobust: estimateOf(
      decisions.map(({ arm, reward, target, expected = means }, i) => {
        const baseline = target.reduce((sum, share, k) => sum + share * expected[k]!, 0)
        return baseline + weights[i]! * (reward - expected[arm]!)
      }),
    ),
    decisions: n,
    effectiveSampleSize: totalWeight ** 2 / weights.reduce((sum, weight) => sum + weight ** 2, 0),
    largestWeight: Math.max(...weights),
    alpha,
  }
}

const interval = (value: number, standardError: number, z: number): PolicyValue => ({
  value,
  standardError,
  lower: value - z * standardError,
  upper: value + z * standardError,
})

/** Mean reward of each arm; of arms never played the mean of all. */
const meansByArm = (decisions: readonly LoggedDecision[]): number[] => {
  const arms = decisions[0]!.target.length
  const sums = new Float64Array(arms)
  const counts = new Float64Array(arms)
  let total = 0
  for (const { arm, reward } of decisions) {
    sums[arm]! += reward
    counts[arm]!++
    total += reward
  }
  return Array.from(sums, (sum, i) =>
    counts[i]! > 0 ? sum / counts[i]! : total / decisions.length,
  )
}
