/** How long routers take to decide, in microseconds: no server, one decision after the other. */
import { routerSpec } from '@kaizen/contracts'
import { NO_REWARDS, noLinearRewards, withLinearReward, withReward } from '@kaizen/ml/bandits'
import { compileRouter, type Learnt } from '@kaizen/platform/test-compile-router'
import { decide } from '@kaizen/platform/test-router'
import { seeded } from './class-model.ts'

const count = 200_000
const live = ['a', 'b', 'c', 'd'].map((name) => ({ name, weight: 25 }))
const features = Array.from({ length: 8 }, (_, i) => `x${i}`)

/** Four arms of which each has a hundred rewards behind it. */
function learnt(): Learnt {
  const random = seeded(11)
  const arms = live.map(() => {
    let rewards = NO_REWARDS
    for (let i = 0; i < 100; i++) rewards = withReward(rewards, random())
    return rewards
  })
  const linear = live.map(() => {
    let rewards = noLinearRewards(features.length + 1)
    for (let i = 0; i < 100; i++) {
      rewards = withLinearReward(rewards, { context: contextOf(random), reward: random() })
    }
    return rewards
  })
  return { arms, linear }
}

const contextOf = (random: () => number): Float64Array =>
  Float64Array.from({ length: features.length + 1 }, (_, i) => (i === 0 ? 1 : random()))

const reward = { kind: 'value' } as const
const specs = {
  'weighted canary': { kind: 'weighted' },
  'rules by header': {
    kind: 'rules',
    rules: [{ header: 'x-tier', equals: ['gold'], arm: 'b' }],
  },
  'Thompson bandit': { kind: 'bandit', policy: 'thompson', model: 'gaussian', reward },
  'contextual bandit of 8 features': {
    kind: 'bandit',
    policy: 'thompson',
    model: 'linear',
    features,
    reward,
  },
}

/** Microseconds of one decision by kind of router. */
export function decisionTimes(): Readonly<Record<string, number>> {
  const known = learnt()
  const random = seeded(13)
  const contexts = Array.from({ length: 64 }, () => contextOf(random))
  const times = Object.entries(specs).map(([name, spec]) => {
    const router = compileRouter(routerSpec.parse(spec), live, known)
    const decideAll = (): void => {
      for (let i = 0; i < count; i++) {
        decide(router, { id: `unit-${i}`, headers: {}, features: () => contexts[i & 63] })
      }
    }
    decideAll()
    const before = process.cpuUsage()
    decideAll()
    const { user, system } = process.cpuUsage(before)
    return [name, (user + system) / count]
  })
  return Object.fromEntries(times)
}
