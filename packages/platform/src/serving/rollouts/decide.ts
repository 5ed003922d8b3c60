import type { RolloutCheck, RolloutSpec } from '@kaizen/contracts'
import { durationMs } from '@kaizen/contracts'
import {
  type ArmTotals,
  bernoulliConfidenceSequence,
  compareArms,
  EMPTY_ARM,
  withLoss,
} from '@kaizen/ml/sequential'
import { sequentialP } from '../shadow/comparison.ts'

/** What one arm has done since the rollout began. */
export interface ArmObservation {
  readonly requests: number
  readonly errors: number
  /** Requests slower than the guardrail allows for 99 of 100. */
  readonly slow: number
  /** Requests that did not fit the signature; they are not among `requests`. */
  readonly schemaFailures: number
  /** Negated rewards, a loss a unit. */
  readonly losses: ArmTotals
}

export interface RolloutObservation {
  readonly baseline: ArmObservation
  readonly canary: ArmObservation
  /** Requests of the canary in the step under way. */
  readonly stepSamples: number
  /** Population stability index of the answers; null while there are too few. */
  readonly drift: { readonly value: number; readonly samples: number } | null
}

export type RolloutOutcome = 'promote' | 'roll_back' | 'advance' | 'continue'

export interface RolloutVerdict {
  readonly outcome: RolloutOutcome
  readonly checks: readonly RolloutCheck[]
  readonly reason: string
}

/** Fewer observations of an arm say nothing. */
const minimumCount = 30
/** Requests at which tests of guardrails are tightest. */
const tightestAt = 500

/** Decides about a rollout: pure, so that the same numbers always lead to the same step. */
export function decideRollout(
  spec: RolloutSpec,
  stage: { readonly step: number; readonly stepSince: number },
  observed: RolloutObservation,
  now: number,
): RolloutVerdict {
  const checks = checksOf(spec, observed)
  const broken = checks.filter(({ status }) => status === 'broken')
  if (broken.length > 0) {
    return { outcome: 'roll_back', checks, reason: broken.map(({ text }) => text).join('; ') }
  }
  const step = spec.steps[stage.step]!
  const isLast = stage.step === spec.steps.length - 1
  const sampled = observed.stepSamples >= step.minSamples
  const better = checks.find(({ status }) => status === 'better')
  if (spec.promoteEarly && sampled && better) {
    return { outcome: 'promote', checks, reason: better.text }
  }
  if (!sampled || now < stage.stepSince + durationMs(step.duration)) {
    return { outcome: 'continue', checks, reason: '' }
  }
  const reason = `${observed.stepSamples} requests with ${percent(step.weight)} of the traffic, every guardrail kept`
  return { outcome: isLast ? 'promote' : 'advance', checks, reason }
}

function checksOf(spec: RolloutSpec, observed: RolloutObservation): readonly RolloutCheck[] {
  const { guardrails } = spec
  const { canary } = observed
  const tests =
    2 +
    Number(guardrails.maxP99Ms !== undefined) +
    Number(guardrails.maxSchemaFailures !== undefined) +
    Number(guardrails.metric !== undefined)
  // Bonferroni: all tests together keep the level.
  const alpha = spec.alpha / tests
  const checks: RolloutCheck[] = [
    shareCheck('error_rate', 'of requests failed', alpha, {
      bad: canary.errors,
      of: canary.requests,
      limit: guardrails.maxErrorRate,
    }),
    increaseCheck(spec, observed, alpha),
  ]
  if (guardrails.maxP99Ms !== undefined) {
    const what = `of requests took longer than ${guardrails.maxP99Ms} ms`
    const counts = { bad: canary.slow, of: canary.requests, limit: 0.01 }
    checks.push(shareCheck('p99', what, alpha, counts))
  }
  if (guardrails.maxSchemaFailures !== undefined) {
    checks.push(
      shareCheck('schema', 'of requests did not fit the signature', alpha, {
        bad: canary.schemaFailures,
        of: canary.requests + canary.schemaFailures,
        limit: guardrails.maxSchemaFailures,
      }),
    )
  }
  if (guardrails.maxPredictionDrift !== undefined) {
    checks.push(driftCheck(guardrails.maxPredictionDrift, observed.drift))
  }
  if (guardrails.metric) checks.push(metricCheck(spec, guardrails.metric.margin, observed, alpha))
  return checks
}

/** A share that must stay under a limit: broken when the whole confidence sequence lies above. */
function shareCheck(
  name: RolloutCheck['name'],
  what: string,
  alpha: number,
  { bad, of, limit }: { readonly bad: number; readonly of: number; readonly limit: number },
): RolloutCheck {
  if (of === 0) return insufficient(name, 0, limit, 'no requests yet')
  // Only too much is a breach, so that a one-sided level of alpha is a two-sided one of twice that.
  const level = Math.min(0.5, 2 * alpha)
  const { lower, upper } = bernoulliConfidenceSequence(bad, of, { alpha: level, tOpt: tightestAt })
  const broken = lower > limit
  const text = `${percent(bad / of)} ${what} (${bad} of ${of}); at least ${percent(lower)} for certain, at most ${percent(limit)} may`
  const status = broken ? 'broken' : 'kept'
  return { name, status, text, value: bad / of, lower, upper, limit, samples: of }
}

/** The candidate's error rate against the baseline's. */
function increaseCheck(
  spec: RolloutSpec,
  { baseline, canary }: RolloutObservation,
  alpha: number,
): RolloutCheck {
  const limit = spec.guardrails.maxErrorIncrease
  return contrastCheck(spec, alpha, {
    name: 'error_increase',
    baseline: shareTotals(baseline.errors, baseline.requests),
    canary: shareTotals(canary.errors, canary.requests),
    margin: limit,
  })
}

function metricCheck(
  spec: RolloutSpec,
  margin: number,
  { baseline, canary }: RolloutObservation,
  alpha: number,
): RolloutCheck {
  return contrastCheck(spec, alpha, {
    name: 'metric',
    baseline: baseline.losses,
    canary: canary.losses,
    margin,
  })
}

interface Contrast {
  readonly name: 'error_increase' | 'metric'
  readonly baseline: ArmTotals
  readonly canary: ArmTotals
  readonly margin: number
}

/** Two means under a sequential test: worse by more than the margin breaks, better for certain is told. */
function contrastCheck(
  spec: RolloutSpec,
  alpha: number,
  { name, baseline, canary, margin }: Contrast,
): RolloutCheck {
  const options = { alpha, margin, tightestAt, minimumCount }
  const outcome = compareArms(baseline, canary, options)
  const samples = Math.min(baseline.count, canary.count)
  if (outcome.status !== 'ok') {
    return insufficient(name, samples, margin, `${samples} of ${minimumCount} observations an arm`)
  }
  const { lower, upper, difference, means } = outcome
  const verdict =
    spec.test === 'msprt' ? msprtVerdict(baseline, canary, margin, alpha) : outcome.verdict
  // Both are losses: the difference says by how much the candidate's is lower.
  const text =
    name === 'metric'
      ? `reward ${figure(-means.canary)} against ${figure(-means.baseline)} of the baseline: between ${figure(lower)} and ${figure(upper)} more for certain, less than ${figure(-margin)} is too little`
      : `${percent(means.canary)} of requests failed against ${percent(means.baseline)} of the baseline's: between ${percent(-upper)} and ${percent(-lower)} more for certain, at most ${percent(margin)} may`
  const status =
    verdict === 'worse' ? 'broken' : verdict === 'better' && name === 'metric' ? 'better' : 'kept'
  return { name, status, text, value: difference, lower, upper, limit: -margin, samples }
}

/** The same by the mixture sequential probability ratio test of a difference from the margin. */
function msprtVerdict(
  baseline: ArmTotals,
  canary: ArmTotals,
  margin: number,
  alpha: number,
): 'better' | 'worse' | 'undecided' {
  const difference = baseline.mean - canary.mean
  const shifted = { ...canary, mean: canary.mean - margin }
  const worse = difference < -margin && (sequentialP(baseline, shifted) ?? 1) < alpha
  if (worse) return 'worse'
  return difference > 0 && (sequentialP(baseline, canary) ?? 1) < alpha ? 'better' : 'undecided'
}

function driftCheck(limit: number, drift: RolloutObservation['drift']): RolloutCheck {
  if (!drift) return insufficient('drift', 0, limit, 'too few answers to compare')
  const { value, samples } = drift
  const text = `answers differ from the baseline's by a population stability index of ${figure(value)}, at most ${figure(limit)} may`
  const status = value > limit ? 'broken' : 'kept'
  return { name: 'drift', status, text, value, lower: null, upper: null, limit, samples }
}

const insufficient = (
  name: RolloutCheck['name'],
  samples: number,
  limit: number,
  text: string,
): RolloutCheck => ({
  name,
  status: 'insufficient',
  text,
  value: null,
  lower: null,
  upper: null,
  limit,
  samples,
})

/** Totals of ones and zeros. */
function shareTotals(ones: number, count: number): ArmTotals {
  if (count === 0) return EMPTY_ARM
  const mean = ones / count
  return { count, mean, m2: count * mean * (1 - mean) }
}

/** Losses of units, from their rewards. */
export const lossesOf = (rewards: Iterable<number>): ArmTotals => {
  let totals = EMPTY_ARM
  for (const reward of rewards) totals = withLoss(totals, -reward)
  return totals
}

const figure = (value: number): string => String(Number(value.toPrecision(3)))
const percent = (value: number): string => `${Number((value * 100).toPrecision(3))} %`
