import { betaBestArm } from '../sequential/beta-best-arm.ts'
import { type ArmRewards, meanReward } from './arm-rewards.ts'
import { gaussianBestArm } from './gaussian-best-arm.ts'

/**
 * Shares of traffic under Thompson sampling of success rates (Thompson 1933; Chapelle and Li 2011): the
 * probability that each arm is the best under Beta(1 + successes, 1 + failures). Rewards lie in [0, 1];
 * a fraction counts as that much of a success.
 */
export const thompsonBetaShares = (arms: readonly ArmRewards[]): number[] => {
  const posteriors = arms.map(({ count, sum }) => {
    const successes = Math.min(Math.max(sum, 0), count)
    return [1 + successes, 1 + count - successes] as const
  })
  return normalised(betaBestArm(posteriors).probabilityBest)
}

/** The same of means of real rewards, under normal-inverse-gamma posteriors. */
export const thompsonGaussianShares = (arms: readonly ArmRewards[]): number[] =>
  normalised(gaussianBestArm(arms))

/**
 * UCB1 (Auer, Cesa-Bianchi and Fischer 2002): everything to the arm of the highest mean + scale sqrt(2 ln n / n_a);
 * evenly to the arms without a reward while there are any. `scale` is the range of the rewards, 1 unless told.
 */
export const ucbShares = (arms: readonly ArmRewards[], scale = 1): number[] => {
  const untried = arms.filter(({ count }) => count === 0).length
  if (untried > 0) return arms.map(({ count }) => (count === 0 ? 1 / untried : 0))
  const log = Math.log(arms.reduce((sum, { count }) => sum + count, 0))
  return allTo(arms.map((arm) => meanReward(arm) + scale * Math.sqrt((2 * log) / arm.count)))
}

/** Everything to the arm of the highest mean; evenly to the arms without a reward while there are any. */
export const greedyShares = (arms: readonly ArmRewards[]): number[] => {
  const untried = arms.filter(({ count }) => count === 0).length
  if (untried > 0) return arms.map(({ count }) => (count === 0 ? 1 / untried : 0))
  return allTo(arms.map(meanReward))
}

/** Shares of which `exploration`, in [0, 1], is spread evenly: no arm gets less than exploration / arms. */
export const withExploration = (shares: readonly number[], exploration: number): number[] =>
  shares.map((share) => (1 - exploration) * share + exploration / shares.length)

/** Everything to the highest score; ties are shared. */
export const allTo = (scores: readonly number[]): number[] => {
  const highest = Math.max(...scores)
  const winners = scores.filter((score) => score === highest).length
  return scores.map((score) => (score === highest ? 1 / winners : 0))
}

const normalised = (shares: readonly number[]): number[] => {
  const positive = shares.map((share) => Math.max(0, share))
  const total = positive.reduce((sum, share) => sum + share, 0)
  return positive.map((share) => (total > 0 ? share / total : 1 / shares.length))
}
