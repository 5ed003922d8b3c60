import type { BanditRouter, HeaderRule, RouterSpec } from '@kaizen/contracts'
import { noLinearRewards, withLinearReward } from '@kaizen/ml/bandits'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkRouter, compileRouter } from './compile.ts'
import { isMirrored } from './mirror.ts'
import { decide, type Router, type RoutingUnit } from './router.ts'
import { unitHash } from './unit-hash.ts'
import { assign, sharesOf } from './weighted.ts'

const arms = (...weights: number[]) => weights.map((weight, i) => ({ name: `arm-${i}`, weight }))
const unit = (id: string, rest: Partial<RoutingUnit> = {}): RoutingUnit => ({
  id,
  headers: {},
  features: () => undefined,
  ...rest,
})

const bandit = (rest: Partial<BanditRouter> = {}): BanditRouter => ({
  kind: 'bandit',
  policy: 'thompson',
  model: 'beta',
  reward: { kind: 'value', goal: 'maximise' },
  salt: '',
  attributionWindow: '7d',
  unrewarded: 'ignore',
  exploration: 0.1,
  features: [],
  ...rest,
})

/** Chi-square of counts against shares, for two degrees of freedom below 13.8 in 999 of 1,000 cases. */
function chiSquare(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.reduce((sum, count, i) => {
    const expected = total * shares[i]!
    return sum + (count - expected) ** 2 / expected
  }, 0)
}

describe('weighted', () => {
  it.each([
    ['numbers', (i: number) => `id-${i}`],
    ['dates', (i: number) => new Date(i * 3_600_000).toISOString()],
    ['sparse numbers', (i: number) => String(i * 7919)],
  ])('shares %s by weight', (_name, idOf) => {
    const shares = [0.7, 0.2, 0.1]
    const router = compileRouter({ kind: 'weighted', salt: '' }, arms(...shares))
    const counts = [0, 0, 0]
    for (let i = 0; i < 30_000; i++) counts[decide(router, unit(idOf(i))).arm]!++
    expect(chiSquare(counts, shares)).toBeLessThan(13.8)
  })

  it('gives a unit the same arm, and moves units only to arms whose share grew', () => {
    const weight = fc.integer({ min: 0, max: 100 })
    fc.assert(
      fc.property(fc.string(), weight, weight, (id, first, second) => {
        const of = (canary: number) =>
          assign(sharesOf(arms(0.3 * (1 - canary), 0.7 * (1 - canary), canary), 's'), id)
        const [before, after] = [of(first / 100), of(second / 100)]
        expect(of(second / 100)).toBe(after)
        if (before === after) return
        // Only the canary's share changed relative to the others.
        expect(second > first ? after : before).toBe(2)
      }),
    )
  })

  it('does not ask for the order of arms', () => {
    const [a, b, c] = arms(0.5, 0.3, 0.2) as [{ name: string; weight: number }, never, never]
    fc.assert(
      fc.property(fc.string(), (id) => {
        const one = [a, b, c][assign(sharesOf([a, b, c], ''), id)]!.name
        const other = [c, a, b][assign(sharesOf([c, a, b], ''), id)]!.name
        expect(one).toBe(other)
      }),
    )
  })

  it('draws another assignment under another salt', () => {
    const of = (salt: string) => sharesOf(arms(0.5, 0.5), salt)
    let same = 0
    for (let i = 0; i < 4000; i++) if (assign(of('a'), `u${i}`) === assign(of('b'), `u${i}`)) same++
    // Four standard deviations around a half.
    expect(Math.abs(same - 2000)).toBeLessThan(4 * 31.6)
  })

  it('never chooses an arm without weight', () => {
    fc.assert(
      fc.property(fc.string(), (id) => assign(sharesOf(arms(0, 1 - 1e-9, 0), ''), id) === 1),
    )
  })
})

it('spreads ids that follow each other over the whole range', () => {
  const cells = new Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i++) cells[Math.floor(unitHash(`2011-01-${i}`) * 10)]!++
  for (const count of cells) expect(Math.abs(count - 1000)).toBeLessThan(120)
})

describe('mirror', () => {
  it('shows the share that it says, and none or all at the ends', () => {
    let shown = 0
    for (let i = 0; i < 20_000; i++) if (isMirrored('watcher', 0.25, `r${i}`)) shown++
    expect(Math.abs(shown - 5000)).toBeLessThan(4 * 61)
    expect(isMirrored('watcher', 0, 'r')).toBe(false)
    expect(isMirrored('watcher', 1, 'r')).toBe(true)
  })
})

describe('rules', () => {
  const rule = (rest: Partial<HeaderRule>): HeaderRule => ({ arm: 'arm-1', ...rest })
  const router = (...rules: HeaderRule[]) =>
    compileRouter({ kind: 'rules', rules, salt: '' }, arms(1, 0))
  it.each([
    ['a header', rule({ header: 'X-Beta', equals: ['yes'] }), { 'x-beta': 'yes' }, 1],
    ['another value', rule({ header: 'x-beta', equals: ['yes'] }), { 'x-beta': 'no' }, 0],
    ['no header', rule({ header: 'x-beta' }), {}, 0],
    ['any value', rule({ header: 'x-beta' }), { 'x-beta': '' }, 1],
    ['a prefix', rule({ header: 'user-agent', prefix: 'curl/' }), { 'user-agent': 'curl/8' }, 1],
    ['a cookie', rule({ cookie: 'group', equals: ['b'] }), { cookie: 'a=1; group=b' }, 1],
    ['a cookie of a longer name', rule({ cookie: 'group' }), { cookie: 'xgroup=b; group' }, 0],
  ])('meet %s', (_name, given, headers, arm) => {
    expect(decide(router(given), unit('u', { headers })).arm).toBe(arm)
  })

  it('take the first that is met, and are sure of it', () => {
    const first = rule({ header: 'x', arm: 'arm-0' })
    const second = rule({ header: 'x', arm: 'arm-1' })
    expect(decide(router(first, second), unit('u', { headers: { x: '1' } }))).toEqual({
      arm: 0,
      propensity: 1,
    })
  })
})

describe('bandit', () => {
  const earned = (count: number, sum: number) => ({ count, sum, sumSquares: sum })
  it('sends most to what has earned most, keeps the floor, and tells the propensity', () => {
    const learnt = { arms: [earned(200, 20), earned(200, 100), earned(200, 30)], linear: [] }
    const router = compileRouter(bandit(), arms(1, 0, 0), learnt)
    const counts = [0, 0, 0]
    let inverse = 0
    for (let i = 0; i < 30_000; i++) {
      const { arm, propensity } = decide(router, unit(`u${i}`))
      counts[arm]!++
      inverse += 1 / propensity
    }
    const floor = 0.1 / 3
    expect(chiSquare(counts, [floor, 1 - 2 * floor, floor])).toBeLessThan(13.8)
    // Inverse propensities add up to arms x decisions where they are true.
    expect(Math.abs(inverse / 30_000 - 3)).toBeLessThan(0.3)
  })

  it('of linear arms follows the context, and is even without one', () => {
    let [flat, steep] = [noLinearRewards(2), noLinearRewards(2)]
    for (let i = 0; i < 200; i++) {
      const x = (i % 20) / 10 - 1
      flat = withLinearReward(flat, { context: [1, x], reward: 0.01 * (i % 3) })
      steep = withLinearReward(steep, { context: [1, x], reward: x + 0.01 * (i % 3) })
    }
    const learnt = { arms: [earned(200, 0), earned(200, 0)], linear: [flat, steep] }
    const spec = bandit({ model: 'linear', features: ['x'] })
    const router = compileRouter(spec, arms(1, 0), learnt)
    const shareOfSteep = (x: number): number => {
      let chosen = 0
      const features = () => Float64Array.of(1, x)
      for (let i = 0; i < 2000; i++) chosen += decide(router, unit(`u${i}`, { features })).arm
      return chosen / 2000
    }
    expect(shareOfSteep(0.8)).toBeGreaterThan(0.9)
    expect(shareOfSteep(-0.8)).toBeLessThan(0.1)
    expect(decide(router, unit('u')).propensity).toBe(0.5)
  })
})

describe('checkRouter', () => {
  const live = arms(0.5, 0.5).map((arm) => ({ ...arm, mode: 'live' as const }))
  it.each<[string, RouterSpec, RegExp]>([
    [
      'an unknown baseline',
      {
        kind: 'ab',
        salt: '',
        baseline: 'x',
        reward: { kind: 'correct' },
        alpha: 0.05,
        minUnits: 10,
      },
      /router\.baseline/,
    ],
    [
      'an unknown arm of a rule',
      { kind: 'rules', salt: '', rules: [{ header: 'a', arm: 'x' }] },
      /router\.rules\[0\]/,
    ],
    ['a linear bandit without features', bandit({ model: 'linear' }), /router\.features/],
    ['features of a plain bandit', bandit({ features: ['x'] }), /router\.features/],
    [
      'a zero for what cannot be wrong yet',
      bandit({ unrewarded: 'zero', reward: { kind: 'correct' } }),
      /unrewarded/,
    ],
  ])('refuses %s', (_name, router, message) => {
    expect(() => checkRouter(router, live)).toThrow(message)
  })
})

it('decides in far less than 20 microseconds', () => {
  const linear = Array.from({ length: 4 }, () => noLinearRewards(21))
  const four = arms(0.25, 0.25, 0.25, 0.25)
  const none = { count: 0, sum: 0, sumSquares: 0 }
  const learnt = { arms: four.map(() => none), linear }
  const features = Array.from({ length: 20 }, (_, i) => `x${i}`)
  const routers: Router[] = [
    compileRouter({ kind: 'weighted', salt: '' }, four),
    compileRouter(bandit(), four, learnt),
    compileRouter(bandit({ model: 'linear', features }), four, learnt),
  ]
  const context = new Float64Array(21).fill(0.5)
  for (const router of routers) {
    const run = (count: number): void => {
      for (let i = 0; i < count; i++) decide(router, unit(`u${i}`, { features: () => context }))
    }
    run(5000)
    const before = process.cpuUsage()
    run(5000)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 5000, router.kind).toBeLessThan(20)
  }
})
