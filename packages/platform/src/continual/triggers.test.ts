import { policyDeclaration } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { decideTrigger, holdOf, type PolicyStanding, type Signals } from './triggers.ts'

const dayMs = 86_400_000
const now = Date.UTC(2012, 5, 1)
const declare = (triggers: readonly object[], changes: object = {}) =>
  policyDeclaration.parse({
    name: 'loop',
    endpoint: 'demand',
    monitor: 'watch',
    pipeline: 'fit',
    dataset: 'rides',
    triggers,
    training: { kind: 'sliding', length: '90d', holdout: '7d' },
    gate: { metric: 'mae' },
    ...changes,
  })
const standing = (changes: Partial<PolicyStanding> = {}): PolicyStanding => ({
  paused: false,
  frozenUntil: null,
  declaredAt: now - 100 * dayMs,
  lastCandidateAt: now - 10 * dayMs,
  failuresInARow: 0,
  hasChampion: true,
  rows: 2000,
  ...changes,
})
const signals = (changes: Partial<Signals> = {}): Signals => ({
  metrics: {},
  alerts: {},
  labelled: 0,
  ...changes,
})
const mae = (value: number, reference: number | null = 40, at = now) => ({
  metrics: { 'performance:mae': { value, at, rows: 144, reference } },
})
const decide = (
  triggers: readonly object[],
  given: Partial<Signals> = {},
  on: Partial<PolicyStanding> = {},
  changes: object = {},
) => decideTrigger(declare(triggers, changes), standing(on), { signals: signals(given), now })

const worse = { kind: 'performance', metric: 'mae', aboveReference: 1.25 }

describe('decideTrigger', () => {
  it('fires when the metric is above its multiple of the reference, and says so with numbers', () => {
    const decision = decide([worse], mae(50.01))
    expect(decision).toMatchObject({ kind: 'fire', fired: { kind: 'performance' } })
    expect(decision.kind === 'fire' && decision.fired.summary).toBe(
      'mae 50.01 is above 50 (1.25 × the reference 40), over 144 labelled rows',
    )
    expect(decide([worse], mae(50)).kind).toBe('none')
  })

  it('knows no multiple without a reference, and no value without labels', () => {
    expect(decide([worse], mae(1000, null)).kind).toBe('none')
    expect(decide([worse], { metrics: { 'performance:mae': null } }).kind).toBe('none')
  })

  it('takes absolute bounds on either side', () => {
    expect(decide([{ ...worse, aboveReference: undefined, above: 45 }], mae(46)).kind).toBe('fire')
    expect(decide([{ kind: 'performance', metric: 'mae', below: 45 }], mae(46)).kind).toBe('none')
    expect(decide([{ kind: 'performance', metric: 'mae', below: 47 }], mae(46)).kind).toBe('fire')
  })

  it('does not answer the same window twice', () => {
    const last = now - 10 * dayMs
    expect(decide([worse], mae(99, 40, last)).kind).toBe('none')
    expect(decide([worse], mae(99, 40, last + 1)).kind).toBe('fire')
  })

  it('fires at an age, counted from the last candidate or the declaration', () => {
    const old = [{ kind: 'age', olderThan: '30d' }]
    expect(decide(old, {}, { lastCandidateAt: now - 30 * dayMs }).kind).toBe('fire')
    expect(decide(old, {}, { lastCandidateAt: now - 30 * dayMs + 1 }).kind).toBe('none')
    expect(decide(old, {}, { lastCandidateAt: null, declaredAt: now - 31 * dayMs }).kind).toBe(
      'fire',
    )
  })

  it('fires once for a schedule, however often it was due', () => {
    const weekly = [{ kind: 'schedule', cron: '0 3 * * 1' }]
    // 2012-06-01 is a Friday.
    expect(decide(weekly, {}, { lastCandidateAt: now - 5 * dayMs }).kind).toBe('fire')
    expect(decide(weekly, {}, { lastCandidateAt: now - 3 * dayMs }).kind).toBe('none')
    const decision = decide(weekly, {}, { lastCandidateAt: now - 40 * dayMs })
    expect(decision.kind).toBe('fire')
  })

  it('keeps a schedule by its time zone', () => {
    const daily = (timeZone: string) => [{ kind: 'schedule', cron: '30 0 * * *', timeZone }]
    const since = { lastCandidateAt: now - 3_600_000 }
    // Half past midnight in Tokyo was eight and a half hours before midnight UTC.
    expect(decide(daily('Asia/Tokyo'), {}, since).kind).toBe('none')
    expect(decide(daily('Europe/Berlin'), {}, { lastCandidateAt: now - 7_200_000 }).kind).toBe(
      'fire',
    )
  })

  it('fires on enough labels and on an alert with a new window', () => {
    expect(decide([{ kind: 'volume', labelled: 500 }], { labelled: 499 }).kind).toBe('none')
    expect(decide([{ kind: 'volume', labelled: 500 }], { labelled: 500 }).kind).toBe('fire')
    const drift = [{ kind: 'drift', alert: 'shifted' }]
    const alert = (windowTo: number) => ({ alerts: { shifted: { message: 'temp', windowTo } } })
    expect(decide(drift, alert(now)).kind).toBe('fire')
    expect(decide(drift, alert(now - 11 * dayMs)).kind).toBe('none')
    expect(decide(drift, { alerts: {} }).kind).toBe('none')
  })

  it('makes the first model as soon as there are rows', () => {
    const first = { lastCandidateAt: null, hasChampion: false }
    expect(decide([worse], {}, first)).toMatchObject({ fired: { kind: 'first-model' } })
    expect(decide([worse], {}, { ...first, rows: 0 }).kind).toBe('none')
    expect(decide([worse], {}, { ...first, hasChampion: true }).kind).toBe('none')
  })

  it('holds while cooling down, frozen or paused, and says until when', () => {
    const cooldown = { cooldown: '14d' }
    const held = decide([worse], mae(99), {}, cooldown)
    expect(held).toMatchObject({
      kind: 'hold',
      because: { reason: 'cooldown', until: now + 4 * dayMs },
    })
    expect(decide([worse], mae(99), { frozenUntil: now + 1 })).toMatchObject({
      kind: 'hold',
      because: { reason: 'frozen' },
    })
    expect(decide([worse], mae(99), { frozenUntil: now }).kind).toBe('fire')
    expect(decide([worse], mae(99), { paused: true })).toMatchObject({
      because: { reason: 'paused', until: null },
    })
    // Nothing has fired, so there is nothing to hold.
    expect(decide([worse], mae(1), { paused: true }).kind).toBe('none')
  })

  it('waits longer after each failure in a row, a day at most', () => {
    const declaration = declare([worse])
    const pause = (failuresInARow: number): number => {
      const hold = holdOf(declaration, standing({ failuresInARow, lastCandidateAt: now }), now)
      return (hold?.until ?? now) - now
    }
    expect([0, 1, 2, 3].map(pause)).toEqual([0, 600_000, 1_200_000, 2_400_000])
    expect(pause(30)).toBe(dayMs)
  })
})
