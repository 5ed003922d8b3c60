import type { BanditRouter } from '@kaizen/contracts'
import {
  type ArmRewards,
  greedyShares,
  thompsonBetaShares,
  thompsonGaussianShares,
  ucbShares,
  withExploration,
} from '@kaizen/ml/bandits'

/** Shares of the arms of a bandit without context, from what they have earned. */
export function banditShares(
  spec: Pick<BanditRouter, 'policy' | 'model' | 'exploration'>,
  arms: readonly ArmRewards[],
): readonly number[] {
  return withExploration(learntShares(spec, arms), spec.exploration)
}

function learntShares(
  { policy, model }: Pick<BanditRouter, 'policy' | 'model'>,
  arms: readonly ArmRewards[],
): readonly number[] {
  switch (policy) {
    case 'thompson':
      return model === 'beta' ? thompsonBetaShares(arms) : thompsonGaussianShares(arms)
    case 'ucb':
      return ucbShares(arms, model === 'beta' ? 1 : rangeOf(arms))
    case 'epsilon-greedy':
      return greedyShares(arms)
  }
}

/** UCB1 asks for the range of rewards; four standard deviations stand for it where it is unknown. */
function rangeOf(arms: readonly ArmRewards[]): number {
  const count = arms.reduce((sum, arm) => sum + arm.count, 0)
  const sum = arms.reduce((total, arm) => total + arm.sum, 0)
  const squares = arms.reduce((total, arm) => total + arm.sumSquares, 0)
  if (count < 2) return 1
  return 4 * Math.sqrt(Math.max(0, squares - (sum * sum) / count) / (count - 1)) || 1
}
