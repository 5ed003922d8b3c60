/** Rewards of one arm so far: enough to go on from, to merge, and to take a reward back that was corrected. */
export interface ArmRewards {
  readonly count: number
  readonly sum: number
  readonly sumSquares: number
}

export const NO_REWARDS: ArmRewards = { count: 0, sum: 0, sumSquares: 0 }

/** The totals with a reward more, or, with `times` -1, with one less. */
export const withReward = (rewards: ArmRewards, reward: number, times: 1 | -1 = 1): ArmRewards => ({
  count: rewards.count + times,
  sum: rewards.sum + times * reward,
  sumSquares: rewards.sumSquares + times * reward * reward,
})

/** Mean reward; 0 before the first. */
export const meanReward = ({ count, sum }: ArmRewards): number => (count > 0 ? sum / count : 0)

/** Variance with divisor n - 1; 0 below two rewards. */
export const rewardVariance = ({ count, sum, sumSquares }: ArmRewards): number =>
  count > 1 ? Math.max(0, (sumSquares - (sum * sum) / count) / (count - 1)) : 0
