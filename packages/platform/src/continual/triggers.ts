import { durationMs, type Trigger } from '@kaizen/contracts'
import { Cron } from 'croner'
import type { LatestMetric } from '../monitoring/index.ts'
import type { PolicyDeclaration } from './model.ts'

/** What a policy knows of itself when it looks for a reason to act. */
export interface PolicyStanding {
  readonly paused: boolean
  readonly frozenUntil: number | null
  readonly declaredAt: number
  readonly lastCandidateAt: number | null
  /** Candidates that failed in a row, newest first. */
  readonly failuresInARow: number
  /** Whether the endpoint has a model. */
  readonly hasChampion: boolean
  /** Rows of the dataset. */
  readonly rows: number
}

/** What monitors and the prediction log say. */
export interface Signals {
  /** Newest values by metric, `performance:mae` for example. */
  readonly metrics: Readonly<Record<string, LatestMetric | null>>
  /** Alerts that are not resolved, by rule. */
  readonly alerts: Readonly<
    Record<string, { readonly message: string; readonly windowTo: number } | undefined>
  >
  /** Predictions labelled since the last candidate. */
  readonly labelled: number
}

/** A trigger that has fired, in words and numbers. */
export interface Fired {
  readonly kind: Trigger['kind'] | 'first-model' | 'manual'
  readonly summary: string
  readonly data: Readonly<Record<string, unknown>>
}

export type TriggerDecision =
  | { readonly kind: 'none' }
  | { readonly kind: 'fire'; readonly fired: Fired }
  | {
      readonly kind: 'hold'
      readonly fired: Fired
      readonly because: Hold
    }

/** Why a policy waits though a trigger has fired. */
export interface Hold {
  readonly reason: 'paused' | 'frozen' | 'cooldown' | 'failures'
  readonly until: number | null
  readonly summary: string
}

const firstBackoffMs = 600_000
const longestBackoffMs = 86_400_000

/** What stands in the way of a new candidate now. */
export function holdOf(
  declaration: PolicyDeclaration,
  standing: PolicyStanding,
  now: number,
): Hold | null {
  if (standing.paused) return { reason: 'paused', until: null, summary: 'the policy is paused' }
  if (standing.frozenUntil !== null && now < standing.frozenUntil) {
    const until = standing.frozenUntil
    return { reason: 'frozen', until, summary: `frozen after a rollback until ${timeText(until)}` }
  }
  const { lastCandidateAt, failuresInARow } = standing
  if (lastCandidateAt === null) return null
  const cooled = lastCandidateAt + durationMs(declaration.cooldown)
  if (now < cooled) {
    const summary = `at most one candidate in ${declaration.cooldown}: the next at ${timeText(cooled)}`
    return { reason: 'cooldown', until: cooled, summary }
  }
  if (failuresInARow === 0) return null
  const pause = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (failuresInARow - 1))
  const until = lastCandidateAt + pause
  const summary = `${failuresInARow} candidates in a row failed: the next try at ${timeText(until)}`
  return now < until ? { reason: 'failures', until, summary } : null
}

/** Whether a policy without an unfinished candidate asks for one now, and why; triggers count in the declared order. */
export function decideTrigger(
  declaration: PolicyDeclaration,
  standing: PolicyStanding,
  given: { readonly signals: Signals; readonly now: number },
): TriggerDecision {
  const fired = firedTrigger(declaration, standing, given)
  if (!fired) return { kind: 'none' }
  const because = holdOf(declaration, standing, given.now)
  return because ? { kind: 'hold', fired, because } : { kind: 'fire', fired }
}

function firedTrigger(
  declaration: PolicyDeclaration,
  standing: PolicyStanding,
  { signals, now }: { readonly signals: Signals; readonly now: number },
): Fired | null {
  if (standing.lastCandidateAt === null && !standing.hasChampion && standing.rows > 0) {
    return {
      kind: 'first-model',
      summary: `the endpoint has no model yet and the dataset has ${standing.rows} rows`,
      data: { rows: standing.rows },
    }
  }
  const since = standing.lastCandidateAt ?? standing.declaredAt
  for (const trigger of declaration.triggers) {
    const fired = evaluateTrigger(trigger, { since, signals, now })
    if (fired) return fired
  }
  return null
}

interface TriggerInput {
  /** Time of the last candidate, or of the declaration. */
  readonly since: number
  readonly signals: Signals
  readonly now: number
}

function evaluateTrigger(trigger: Trigger, input: TriggerInput): Fired | null {
  const { since, signals, now } = input
  switch (trigger.kind) {
    case 'performance':
      return performanceTrigger(trigger, input)
    case 'drift': {
      const alert = signals.alerts[trigger.alert]
      // The alert that asked for the last candidate must have seen a new window to ask again.
      if (!alert || alert.windowTo <= since) return null
      const summary = `alert ${trigger.alert}: ${alert.message}`
      return { kind: 'drift', summary, data: { alert: trigger.alert, windowTo: alert.windowTo } }
    }
    case 'age': {
      const ageMs = now - since
      if (ageMs < durationMs(trigger.olderThan)) return null
      const summary = `the last candidate is ${daysText(ageMs)} old, ${trigger.olderThan} is the limit`
      return { kind: 'age', summary, data: { ageMs, olderThan: trigger.olderThan } }
    }
    case 'schedule': {
      const due = nextTime(trigger, since)
      if (due === null || due > now) return null
      const summary = `scheduled for ${timeText(due)} (${trigger.cron}, ${trigger.timeZone})`
      return { kind: 'schedule', summary, data: { due, cron: trigger.cron } }
    }
    case 'volume': {
      const { labelled } = signals
      if (labelled < trigger.labelled) return null
      const summary = `${labelled} predictions labelled since the last candidate, ${trigger.labelled} asked`
      return { kind: 'volume', summary, data: { labelled, asked: trigger.labelled } }
    }
  }
}

function performanceTrigger(
  trigger: Trigger & { readonly kind: 'performance' },
  { since, signals }: TriggerInput,
): Fired | null {
  const name = `performance:${trigger.metric}`
  const latest = signals.metrics[name]
  // A window that had closed before the last candidate has been answered by it.
  if (!latest || latest.at <= since) return null
  const { value, reference } = latest
  const bounds = [
    ...(trigger.above === undefined ? [] : [{ over: true, bound: trigger.above, of: '' }]),
    ...(trigger.below === undefined ? [] : [{ over: false, bound: trigger.below, of: '' }]),
    ...(trigger.aboveReference === undefined || reference === null
      ? []
      : [
          {
            over: true,
            bound: trigger.aboveReference * reference,
            of: ` (${trigger.aboveReference} × the reference ${figure(reference)})`,
          },
        ]),
  ]
  const broken = bounds.find(({ over, bound }) => (over ? value > bound : value < bound))
  if (!broken) return null
  const side = broken.over ? 'above' : 'below'
  return {
    kind: 'performance',
    summary: `${trigger.metric} ${figure(value)} is ${side} ${figure(broken.bound)}${broken.of}, over ${latest.rows} labelled rows`,
    data: { metric: trigger.metric, ...latest, bound: broken.bound },
  }
}

/** First time of a schedule after `since`. */
export function nextTime(
  trigger: Trigger & { readonly kind: 'schedule' },
  since: number,
): number | null {
  const job = new Cron(trigger.cron, { timezone: trigger.timeZone, paused: true })
  return job.nextRun(new Date(since))?.getTime() ?? null
}

const figure = (value: number): string => String(Number(value.toPrecision(4)))
const daysText = (ms: number): string => `${Number((ms / 86_400_000).toFixed(1))} days`
const timeText = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z')
