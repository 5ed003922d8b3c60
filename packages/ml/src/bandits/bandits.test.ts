import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random/index.ts'
import { normalCdf, normalQuantile } from '../special/normal.ts'
import { type ArmRewards, NO_REWARDS, withReward } from './arm-rewards.ts'
import { gaussianBestArm } from './gaussian-best-arm.ts'
import {
  linearPosterior,
  noLinearRewards,
  normalBestShares,
  predictLinear,
  withLinearReward,
} from './linear-arm.ts'
import { type LoggedDecision, offPolicyEstimate } from './off-policy.ts'
import {
  greedyShares,
  thompsonBetaShares,
  thompsonGaussianShares,
  ucbShares,
  withExploration,
} from './shares.ts'

type Shares = (arms: readonly ArmRewards[]) => readonly number[]

const drawn = (shares: readonly number[], at: number): number => {
  let edge = 0
  for (const [arm, share] of shares.entries()) {
    edge += share
    if (at < edge) return arm
  }
  return shares.length - 1
}

/** Regret after `rounds` of Bernoulli arms; shares are renewed after each batch, as a server does. */
const regretOf = (
  rates: readonly number[],
  { shares, rounds, batch, seed }: { shares: Shares; rounds: number; batch: number; seed: number },
): number => {
  const random = seededRandom(seed)
  let arms: ArmRewards[] = rates.map(() => NO_REWARDS)
  const best = Math.max(...rates)
  let regret = 0
  for (let round = 0; round < rounds; round += batch) {
    const current = shares(arms)
    const next = arms.slice()
    for (let i = 0; i < batch; i++) {
      const arm = drawn(current, random())
      next[arm] = withReward(next[arm]!, random() < rates[arm]! ? 1 : 0)
      regret += best - rates[arm]!
    }
    arms = next
  }
  return regret
}

const rates = [0.3, 0.5, 0.45]
const meanRegret = (shares: Shares, rounds: number, batch: number): number => {
  const runs = 8
  let sum = 0
  for (let seed = 1; seed <= runs; seed++) sum += regretOf(rates, { shares, rounds, batch, seed })
  return sum / runs
}

describe('regret', () => {
  const gaps = rates.map((rate) => 0.5 - rate).filter((gap) => gap > 0)
  it('of UCB1 stays below the bound of its authors', () => {
    const rounds = 4000
    // Auer et al. 2002, theorem 1.
    const bound =
      gaps.reduce((sum, gap) => sum + (8 * Math.log(rounds)) / gap, 0) +
      (1 + Math.PI ** 2 / 3) * gaps.reduce((sum, gap) => sum + gap, 0)
    expect(meanRegret((arms) => ucbShares(arms), rounds, 1)).toBeLessThan(bound)
  })

  it('of Thompson sampling in batches of 50 stays far below even shares and sqrt(K n ln n)', () => {
    const rounds = 4000
    const regret = meanRegret(thompsonBetaShares, rounds, 50)
    const even = rounds * (gaps.reduce((sum, gap) => sum + gap, 0) / 3)
    expect(regret).toBeLessThan(Math.sqrt(3 * rounds * Math.log(rounds)))
    expect(regret).toBeLessThan(even / 2)
  })

  it('of epsilon-greedy stays below even shares; its floor costs what it says', () => {
    const rounds = 4000
    const even = rounds * (gaps.reduce((sum, gap) => sum + gap, 0) / 3)
    const regret = meanRegret((arms) => withExploration(greedyShares(arms), 0.1), rounds, 50)
    expect(regret).toBeLessThan(even)
    expect(regret).toBeGreaterThan(0.1 * even * 0.5)
  })
})

describe('shares', () => {
  const arms = [
    { count: 100, sum: 30, sumSquares: 30 },
    { count: 100, sum: 45, sumSquares: 45 },
  ]
  it('are even before any reward and add up to 1', () => {
    for (const shares of [thompsonBetaShares, thompsonGaussianShares, ucbShares, greedyShares]) {
      const [a, b] = shares([NO_REWARDS, NO_REWARDS])
      expect(a).toBeCloseTo(0.5, 6)
      expect(b).toBeCloseTo(0.5, 6)
      expect(shares(arms).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
    }
  })

  it('of the Beta posterior agree with the normal approximation of two rates', () => {
    const [, second] = thompsonBetaShares(arms)
    const mean = (s: number) => (s + 1) / 102
    const variance = (s: number) => (mean(s) * (1 - mean(s))) / 103
    const z = (mean(45) - mean(30)) / Math.sqrt(variance(45) + variance(30))
    expect(second).toBeCloseTo(normalCdf(z), 2)
  })

  it('of Gaussian posteriors agree with simulation', () => {
    const random = seededRandom(4)
    const normal = () => normalQuantile(random() || 0.5)
    let [a, b] = [NO_REWARDS, NO_REWARDS]
    for (let i = 0; i < 200; i++) {
      a = withReward(a, 10 + 3 * normal())
      b = withReward(b, 10.3 + 3 * normal())
    }
    const sd = (r: ArmRewards) =>
      Math.sqrt((r.sumSquares - r.sum ** 2 / r.count) / r.count / r.count)
    let wins = 0
    for (let i = 0; i < 40_000; i++) {
      if (b.sum / 200 + sd(b) * normal() > a.sum / 200 + sd(a) * normal()) wins++
    }
    expect(gaussianBestArm([a, b])[1]).toBeCloseTo(wins / 40_000, 1)
  })

  it('keep the floor of exploration', () => {
    expect(withExploration([1, 0, 0, 0], 0.2)).toEqual([0.8500000000000001, 0.05, 0.05, 0.05])
  })

  it('come back to what they were when a reward is taken back', () => {
    expect(withReward(withReward(arms[0]!, 0.5), 0.5, -1)).toEqual(arms[0])
  })
})

describe('linear arms', () => {
  it('learn the weights, and with them which arm is best where', () => {
    const random = seededRandom(9)
    let arms = [noLinearRewards(2), noLinearRewards(2)]
    const truth = [
      [1, 0],
      [0, 1],
    ]
    for (let i = 0; i < 600; i++) {
      const context = [random(), random()]
      const arm = i % 2
      const noise = 0.1 * normalQuantile(random() || 0.5)
      const reward = truth[arm]![0]! * context[0]! + truth[arm]![1]! * context[1]! + noise
      arms = arms.with(arm, withLinearReward(arms[arm]!, { context, reward }))
    }
    const posteriors = arms.map((arm) => linearPosterior(arm))
    expect(posteriors[0]!.theta[0]).toBeCloseTo(1, 1)
    expect(posteriors[1]!.theta[1]).toBeCloseTo(1, 1)
    expect(posteriors[0]!.noise).toBeCloseTo(0.1, 1)
    const at = (x: number, y: number) =>
      normalBestShares(
        posteriors.map((posterior) => predictLinear(posterior, Float64Array.of(x, y))),
      )
    expect(at(0.9, 0.1)[0]).toBeGreaterThan(0.99)
    expect(at(0.1, 0.9)[0]).toBeLessThan(0.01)
  })

  it('take a reward back exactly', () => {
    const arm = withLinearReward(noLinearRewards(1), { context: [2], reward: 3 })
    const back = withLinearReward(arm, { context: [2], reward: 3 }, -1)
    expect(back).toEqual(noLinearRewards(1))
  })

  it('share by the closed form of two normals', () => {
    const [a] = normalBestShares([
      { mean: 1, deviation: 2 },
      { mean: 0, deviation: 1 },
    ])
    expect(a).toBeCloseTo(normalCdf(1 / Math.sqrt(5)), 3)
  })
})

describe('off-policy estimates', () => {
  /** Rewards depend on a context that the policy which ran looks at too. */
  const logged = (count: number, seed: number) => {
    const random = seededRandom(seed)
    const decisions: LoggedDecision[] = []
    let truth = 0
    for (let i = 0; i < count; i++) {
      const high = random() < 0.5
      const share = high ? 0.8 : 0.2
      const arm = random() < share ? 1 : 0
      const target = high ? [0.1, 0.9] : [0.7, 0.3]
      const rate = (a: number) => (high ? 0.2 + 0.5 * a : 0.4 - 0.2 * a)
      truth += target[0]! * rate(0) + target[1]! * rate(1)
      decisions.push({
        arm,
        propensity: arm === 1 ? share : 1 - share,
        reward: random() < rate(arm) ? 1 : 0,
        target,
        expected: [rate(0), rate(1)],
      })
    }
    return { decisions, truth: truth / count }
  }

  it('hold the truth in their intervals about as often as they say', () => {
    const held = { ips: 0, snips: 0, doublyRobust: 0 }
    const runs = 200
    for (let seed = 1; seed <= runs; seed++) {
      const { decisions, truth } = logged(400, seed)
      const estimate = offPolicyEstimate(decisions)
      if (estimate.status !== 'ok') throw new Error('insufficient')
      for (const name of ['ips', 'snips', 'doublyRobust'] as const) {
        const { lower, upper } = estimate[name]
        if (lower <= truth && truth <= upper) held[name]++
      }
    }
    for (const count of Object.values(held)) expect(count / runs).toBeGreaterThan(0.9)
  })

  it('are the plain mean for the policy that ran, and steadier with a model', () => {
    const { decisions } = logged(2000, 3)
    const same = decisions.map((d) => ({
      ...d,
      target: d.arm === 1 ? [1 - d.propensity, d.propensity] : [d.propensity, 1 - d.propensity],
    }))
    const mean = same.reduce((sum, { reward }) => sum + reward, 0) / same.length
    const estimate = offPolicyEstimate(same)
    if (estimate.status !== 'ok') throw new Error('insufficient')
    expect(estimate.ips.value).toBeCloseTo(mean, 12)
    expect(estimate.snips.value).toBeCloseTo(mean, 12)
    expect(estimate.effectiveSampleSize).toBeCloseTo(2000, 6)
    const other = offPolicyEstimate(decisions)
    if (other.status !== 'ok') throw new Error('insufficient')
    expect(other.doublyRobust.standardError).toBeLessThan(other.ips.standardError)
  })

  it('are the hand-computed values of a tiny log', () => {
    const estimate = offPolicyEstimate(
      [
        { arm: 0, propensity: 0.5, reward: 1, target: [1, 0] },
        { arm: 1, propensity: 0.5, reward: 1, target: [1, 0] },
        { arm: 0, propensity: 0.25, reward: 0, target: [1, 0] },
      ],
      { minimumCount: 3 },
    )
    if (estimate.status !== 'ok') throw new Error('insufficient')
    expect(estimate.ips.value).toBeCloseTo(2 / 3, 12)
    expect(estimate.snips.value).toBeCloseTo(1 / 3, 12)
    // Means by arm are 0.5 and 1: 0.5 + (2 * 0.5 + 0 + 4 * -0.5) / 3.
    expect(estimate.doublyRobust.value).toBeCloseTo(0.5 - 1 / 3, 12)
  })

  it('say so when there is too little, or nothing in common', () => {
    expect(offPolicyEstimate([]).status).toBe('insufficient')
    const never = Array.from({ length: 40 }, () => ({
      arm: 0,
      propensity: 1,
      reward: 1,
      target: [0, 1],
    }))
    expect(offPolicyEstimate(never)).toMatchObject({ status: 'insufficient', have: 0 })
  })
})
