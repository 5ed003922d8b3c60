import type { PolicyDeclaration } from './model.ts'

/** Fewer requests than this say nothing about a rate or a percentile. */
const minRequests = 20

/** How the candidate's arm has served in the rollout step so far. */
export interface GuardrailInput {
  readonly guardrails: PolicyDeclaration['guardrails']
  readonly requests: number
  readonly errors: number
  readonly p99Ms: number | null
  /** Mean absolute difference of both models' answers over the champion's mean absolute answer; null when unknown. */
  readonly disagreement: number | null
  /** Rows that the disagreement was computed on. */
  readonly compared: number
  /** Whether the step's time is over: then errors count however few requests there were. */
  readonly isFinal: boolean
}

/** Which guardrail is broken, in words with numbers; null while all are kept. */
export function brokenGuardrail(input: GuardrailInput): string | null {
  const { guardrails, requests, errors, p99Ms, disagreement, compared, isFinal } = input
  const enough = requests >= minRequests
  const rate = requests > 0 ? errors / requests : 0
  if ((enough || isFinal) && rate > guardrails.maxErrorRate) {
    return `${errors} of ${requests} requests failed (${percent(rate)}), at most ${percent(guardrails.maxErrorRate)} may`
  }
  if (enough && p99Ms !== null && p99Ms > guardrails.maxP99Ms) {
    return `p99 latency ${figure(p99Ms)} ms over ${requests} requests is above ${figure(guardrails.maxP99Ms)} ms`
  }
  const { maxDisagreement } = guardrails
  if (maxDisagreement === undefined || disagreement === null) return null
  if (compared < minRequests) return null
  return disagreement > maxDisagreement
    ? `answers differ from the champion's by ${figure(disagreement)} of its mean answer over ${compared} rows, at most ${figure(maxDisagreement)} is allowed`
    : null
}

/** Mean absolute difference of two models' answers to the same rows, over the mean absolute answer of the first. */
export function disagreementOf(
  champion: ArrayLike<number>,
  candidate: ArrayLike<number>,
): { readonly value: number | null; readonly rows: number } {
  let [rows, difference, size] = [0, 0, 0]
  for (let row = 0; row < champion.length; row++) {
    const [before, after] = [champion[row]!, candidate[row]!]
    if (!Number.isFinite(before) || !Number.isFinite(after)) continue
    rows++
    difference += Math.abs(after - before)
    size += Math.abs(before)
  }
  if (rows === 0) return { value: null, rows }
  return { value: size > 0 ? difference / size : difference > 0 ? Number.MAX_VALUE : 0, rows }
}

const figure = (value: number): string => String(Number(value.toPrecision(4)))
const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`
