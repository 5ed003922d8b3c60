import { gaussLegendre } from '../numeric/gauss-legendre.ts'
import { studentTCdf, studentTQuantile } from '../special/student-t.ts'
import { type ArmRewards, meanReward, rewardVariance } from './arm-rewards.ts'

interface Marginal {
  readonly location: number
  readonly scale: number
  readonly df: number
}

/**
 * For each arm the probability that its mean reward is the highest, under normal-inverse-gamma posteriors
 * (Murphy 2007, section 6). The prior weighs as one reward of the pooled mean and variance, so that arms
 * without rewards are neither favoured nor ruled out. By quadrature over the quantiles of each marginal.
 */
export const gaussianBestArm = (arms: readonly ArmRewards[]): number[] => {
  const marginals = marginalsOf(arms)
  const { nodes, weights } = gaussLegendre(64)
  return marginals.map((own, j) => {
    let sum = 0
    for (let i = 0; i < nodes.length; i++) {
      const x = own.location + own.scale * studentTQuantile(0.5 + 0.5 * nodes[i]!, own.df)
      let below = 1
      for (const [k, other] of marginals.entries()) {
        if (k !== j) below *= studentTCdf((x - other.location) / other.scale, other.df)
      }
      sum += 0.5 * weights[i]! * below
    }
    return sum
  })
}

/** Student-t marginals of the arms' means. */
const marginalsOf = (arms: readonly ArmRewards[]): Marginal[] => {
  const pooled = arms.reduce(
    (all, arm) => ({
      count: all.count + arm.count,
      sum: all.sum + arm.sum,
      sumSquares: all.sumSquares + arm.sumSquares,
    }),
    { count: 0, sum: 0, sumSquares: 0 },
  )
  const centre = meanReward(pooled)
  const spread = rewardVariance(pooled) || 1
  return arms.map((arm) => {
    const { count } = arm
    const mean = meanReward(arm)
    const kappa = 1 + count
    const shape = 1 + count / 2
    const within = rewardVariance(arm) * Math.max(0, count - 1)
    const rate = spread + 0.5 * within + (0.5 * count * (mean - centre) ** 2) / kappa
    return {
      location: (centre + count * mean) / kappa,
      scale: Math.sqrt(rate / (shape * kappa)),
      df: 2 * shape,
    }
  })
}
