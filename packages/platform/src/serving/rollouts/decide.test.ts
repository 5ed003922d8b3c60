import type { RolloutSpec } from '@kaizen/contracts'
import { seededRandom } from '@kaizen/ml/random'
import { EMPTY_ARM, withLoss } from '@kaizen/ml/sequential'
import { describe, expect, it } from 'vitest'
import { transition } from './actions.ts'
import { type ArmObservation, decideRollout, type RolloutObservation } from './decide.ts'
import { desiredRoute } from './desired-route.ts'
import type { RolloutRecord } from './model.ts'

const spec = (rest: Partial<RolloutSpec> = {}): RolloutSpec => ({
  model: 'models:/bike/2',
  arm: 'canary',
  steps: [
    { weight: 0.1, duration: '10m', minSamples: 100 },
    { weight: 0.5, duration: '10m', minSamples: 200 },
  ],
  guardrails: { maxErrorRate: 0.05, maxErrorIncrease: 0.01 },
  test: 'confidence-sequence',
  alpha: 0.05,
  promoteEarly: false,
  dryRun: false,
  ...rest,
})

const arm = (rest: Partial<ArmObservation> = {}): ArmObservation => ({
  requests: 1000,
  errors: 0,
  slow: 0,
  schemaFailures: 0,
  losses: EMPTY_ARM,
  ...rest,
})
const observed = (rest: Partial<RolloutObservation> = {}): RolloutObservation => ({
  baseline: arm(),
  canary: arm(),
  stepSamples: 1000,
  drift: null,
  ...rest,
})
const minutes = 60_000
const outcome = (given: RolloutSpec, seen: RolloutObservation, now = 11 * minutes, step = 0) =>
  decideRollout(given, { step, stepSince: 0 }, seen, now)

describe('decideRollout', () => {
  it('waits for time and samples both, then goes on, and at the end promotes', () => {
    expect(outcome(spec(), observed(), 9 * minutes).outcome).toBe('continue')
    expect(outcome(spec(), observed({ stepSamples: 99 })).outcome).toBe('continue')
    expect(outcome(spec(), observed()).outcome).toBe('advance')
    expect(outcome(spec(), observed(), 11 * minutes, 1).outcome).toBe('promote')
  })

  it.each<[string, Partial<RolloutSpec['guardrails']>, Partial<RolloutObservation>]>([
    ['errors', {}, { canary: arm({ errors: 120 }) }],
    [
      'more errors than the baseline',
      { maxErrorRate: 1 },
      { canary: arm({ errors: 90 }), baseline: arm({ errors: 10 }) },
    ],
    ['slow answers', { maxP99Ms: 10 }, { canary: arm({ slow: 50 }) }],
    [
      'requests that do not fit',
      { maxSchemaFailures: 0.01 },
      { canary: arm({ schemaFailures: 80 }) },
    ],
    ['answers that stray', { maxPredictionDrift: 0.2 }, { drift: { value: 0.5, samples: 900 } }],
    [
      'a worse metric',
      { metric: { reward: { kind: 'value', goal: 'maximise' }, margin: 0.1 } },
      {
        baseline: arm({ losses: { count: 900, mean: -1, m2: 90 } }),
        canary: arm({ losses: { count: 900, mean: -0.5, m2: 90 } }),
      },
    ],
  ])('takes %s back, saying why with numbers, before the step is over', (_name, extra, seen) => {
    for (const test of ['confidence-sequence', 'msprt'] as const) {
      const given = spec({ test, guardrails: { ...spec().guardrails, ...extra } })
      const verdict = outcome(given, observed(seen), minutes)
      expect(verdict.outcome).toBe('roll_back')
      expect(verdict.reason).toMatch(/\d/)
      expect(verdict.checks.filter(({ status }) => status === 'broken').length).toBeGreaterThan(0)
    }
  })

  it('does not judge by a handful: 1 failure of 12 proves nothing about 5 %, 12 of 12 do', () => {
    const few = (errors: number) => observed({ canary: arm({ requests: 12, errors }) })
    expect(outcome(spec(), few(1), minutes).outcome).toBe('continue')
    expect(outcome(spec(), few(12), minutes).outcome).toBe('roll_back')
  })

  it('promotes early only when asked, and only with the samples of the step', () => {
    const metric = { reward: { kind: 'value', goal: 'maximise' }, margin: 0 } as const
    const seen = observed({
      baseline: arm({ losses: { count: 900, mean: -0.5, m2: 90 } }),
      canary: arm({ losses: { count: 900, mean: -1, m2: 90 } }),
    })
    const early = spec({ promoteEarly: true, guardrails: { ...spec().guardrails, metric } })
    expect(outcome(early, seen, minutes).outcome).toBe('promote')
    expect(outcome(early, { ...seen, stepSamples: 10 }, minutes).outcome).toBe('continue')
    expect(outcome({ ...early, promoteEarly: false }, seen, minutes).outcome).toBe('continue')
  })
})

describe('under continuous looking', () => {
  /** Share of runs in which a look at any time ends in a verdict. */
  function ever(
    runs: number,
    play: { readonly test: RolloutSpec['test']; readonly effect: number; readonly errors: number },
  ): { readonly rolledBack: number; readonly promoted: number } {
    let [rolledBack, promoted] = [0, 0]
    const metric = { reward: { kind: 'value', goal: 'maximise' }, margin: 0 } as const
    const given = spec({
      test: play.test,
      promoteEarly: true,
      guardrails: { maxErrorRate: 0.05, maxErrorIncrease: 0.01, metric },
      steps: [{ weight: 0.5, duration: '1000w', minSamples: 1 }],
    })
    for (let run = 1; run <= runs; run++) {
      const random = seededRandom(run)
      let [a, b] = [EMPTY_ARM, EMPTY_ARM]
      let [failedA, failedB] = [0, 0]
      for (let n = 1; n <= 2000; n++) {
        a = withLoss(a, -(random() + random() + random()))
        b = withLoss(b, -(random() + random() + random() + play.effect))
        if (random() < play.errors) failedA++
        if (random() < play.errors) failedB++
        if (n % 20 !== 0) continue
        const { outcome: end } = decideRollout(
          given,
          { step: 0, stepSince: 0 },
          {
            baseline: arm({ requests: n, errors: failedA, losses: a }),
            canary: arm({ requests: n, errors: failedB, losses: b }),
            stepSamples: n,
            drift: null,
          },
          1,
        )
        if (end === 'roll_back') rolledBack++
        if (end === 'promote') promoted++
        if (end !== 'continue') break
      }
    }
    return { rolledBack: rolledBack / runs, promoted: promoted / runs }
  }

  it.each(['confidence-sequence', 'msprt'] as const)(
    '%s seldom condemns or praises an equal candidate, and finds a real difference',
    (test) => {
      const equal = ever(150, { test, effect: 0, errors: 0.01 })
      // 5 % allowed; four standard deviations of 150 runs above it would be 12 %.
      expect(equal.rolledBack).toBeLessThan(0.12)
      expect(equal.promoted).toBeLessThan(0.12)
      expect(ever(40, { test, effect: 0.2, errors: 0.01 }).promoted).toBeGreaterThan(0.9)
      expect(ever(40, { test, effect: -0.2, errors: 0.01 }).rolledBack).toBeGreaterThan(0.9)
    },
  )
})

const record = (rest: Partial<RolloutRecord> = {}): RolloutRecord => ({
  endpoint: 'hires',
  number: 1,
  spec: spec(),
  state: 'running',
  step: 0,
  stepSince: 0,
  startedAt: 0,
  startedBy: 'user:a',
  endedAt: null,
  baseline: { arm: 'champion', model: 'bike', version: 1 },
  candidate: { arm: 'canary', model: 'bike', version: 2 },
  before: {
    arms: [
      {
        name: 'champion',
        mode: 'live',
        weight: 1,
        model: 'models:/bike@champion',
        modelName: 'bike',
        version: 1,
        digest: 'd',
      },
    ],
    router: null,
  },
  applied: 1,
  schemaFailures: 0,
  ...rest,
})

describe('actions', () => {
  it('pause, resume, skip, promote, roll back; each only where it makes sense', () => {
    const paused = transition(record(), 'pause', 5).next
    expect(paused.state).toBe('paused')
    expect(transition(paused, 'resume', 5).next.state).toBe('running')
    expect(transition(record(), 'skip', 5).next).toMatchObject({
      step: 1,
      stepSince: 5,
      applied: null,
    })
    expect(transition(record({ step: 1 }), 'skip', 5).next.state).toBe('promoted')
    const promoted = transition(record(), 'promote', 5).next
    expect(promoted).toMatchObject({ state: 'promoted', endedAt: 5 })
    expect(transition(promoted, 'rollback', 6).next.state).toBe('rolled_back')
    for (const action of ['pause', 'resume', 'skip', 'promote', 'rollback'] as const) {
      expect(() => transition(record({ state: 'overruled' }), action, 5)).toThrow(/takes no/)
    }
    expect(() => transition(record(), 'resume', 5)).toThrow(/takes no/)
  })
})

describe('desiredRoute', () => {
  it('pins versions, so that an alias that moves does not move the baseline', () => {
    expect(desiredRoute(record())?.arms).toEqual([
      { name: 'champion', mode: 'live', weight: 0.9, model: 'models:/bike/1' },
      { name: 'canary', mode: 'live', weight: 0.1, model: 'models:/bike/2' },
    ])
    expect(desiredRoute(record({ state: 'promoted' }))?.arms).toEqual([
      { name: 'champion', mode: 'live', weight: 1, model: 'models:/bike/2' },
    ])
    expect(desiredRoute(record({ state: 'rolled_back' }))?.arms).toEqual([
      { name: 'champion', mode: 'live', weight: 1, model: 'models:/bike/1' },
    ])
    expect(desiredRoute(record({ state: 'overruled' }))).toBeUndefined()
  })

  it('never lets a dry run answer', () => {
    for (const state of ['running', 'paused', 'promoted', 'rolled_back'] as const) {
      const { arms } = desiredRoute(record({ state, spec: spec({ dryRun: true }) }))!
      const live = arms.filter(({ mode }) => mode === 'live')
      expect(live).toEqual([{ name: 'champion', mode: 'live', weight: 1, model: 'models:/bike/1' }])
    }
  })
})
