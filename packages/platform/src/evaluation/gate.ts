import { pairedBootstrap } from '@kaizen/ml/sampling'
import { rowLosses } from './losses.ts'
import { evaluate, metricsOf, pair } from './metrics.ts'
import type { GateCheck, GateDecision, GateInput, GateRule, MetricValues } from './model.ts'

/** Interval reported where the rule leaves the decision to the point estimate. */
const reportedConfidence = 0.95

type Improvement = NonNullable<GateDecision['improvement']>

/**
 * Decides whether a candidate may replace the champion, from their answers on the same rows.
 *
 * Floors and limits hold whatever the champion does. The improvement is the relative reduction of the champion's loss,
 * with a paired block bootstrap over the rows in time order (Efron 1979; blocks of the cube root of their number,
 * Hall 1995, because neighbouring rows resemble each other).
 */
export function decideGate(input: GateInput): GateDecision {
  const { rule, actuals } = input
  const candidate = evaluate(input.candidate, actuals)
  const champion =
    input.champion.kind === 'scored' ? evaluate(input.champion.predictions, actuals) : null
  const improvement = improvementOf(input)
  const checks = [
    rowsCheck(rule, candidate.rows),
    ...floorChecks(rule, candidate.values),
    ...championChecks(input, {
      candidate: candidate.values,
      champion: champion?.values ?? null,
      improvement,
    }),
    ...limitChecks(input),
  ]
  const passed = checks.every((check) => check.passed)
  return {
    passed,
    summary: summarise(passed, checks),
    metric: rule.metric,
    rule,
    rows: candidate.rows,
    candidate: definite(input.candidate.task, candidate.values),
    champion: champion && definite(input.candidate.task, champion.values),
    improvement,
    checks,
  }
}

/** The failed conditions, or what carried the decision. */
function summarise(passed: boolean, checks: readonly GateCheck[]): string {
  const failed = checks.filter((check) => !check.passed).map((check) => check.reason)
  if (!passed) return `refused: ${failed.join('; ')}`
  const decisive = checks.find((check) => check.name === 'improvement' || check.name === 'champion')
  return `passed: ${(decisive ?? checks.at(-1))?.reason ?? 'nothing was asked'}`
}

function improvementOf({
  rule,
  actuals,
  candidate,
  champion,
  seed,
}: GateInput): Improvement | null {
  if (champion.kind !== 'scored') return null
  const loss = rowLosses[rule.metric]
  const both = commonRows(pair(champion.predictions, actuals), pair(candidate, actuals), loss.of)
  if (!both) return null
  const confidence = rule.confidence ?? reportedConfidence
  const found = pairedBootstrap(both.champion, both.candidate, {
    resamples: rule.resamples,
    confidence,
    seed,
    blockLength: Math.max(1, Math.round(Math.cbrt(both.champion.length))),
  })
  if (found.status !== 'ok') return null
  const share = (difference: number): number => loss.share(found.meanA, difference)
  return {
    estimate: share(found.meanDifference),
    lower: share(found.lowerBound),
    upper: share(found.interval[1]),
    confidence,
    resamples: found.resamples,
    probabilityBetter: found.probabilityOfImprovement,
  }
}

/** Losses of both models on the rows that both have answered. */
function commonRows(
  champion: ReturnType<typeof pair>,
  candidate: ReturnType<typeof pair>,
  lossOf: (scored: ReturnType<typeof pair>) => Float64Array | null,
): { readonly champion: Float64Array; readonly candidate: Float64Array } | null {
  const [before, after] = [lossOf(champion), lossOf(candidate)]
  if (!before || !after) return null
  const place = new Map(Array.from(champion.rows, (row, index) => [row, index]))
  const places = Array.from(candidate.rows, (row) => place.get(row) ?? -1)
  const kept = places.flatMap((at, index) => (at < 0 ? [] : [{ at, index }]))
  return {
    champion: Float64Array.from(kept, ({ at }) => before[at]!),
    candidate: Float64Array.from(kept, ({ index }) => after[index]!),
  }
}

function rowsCheck(rule: GateRule, rows: number): GateCheck {
  const passed = rows >= rule.minRows
  return {
    name: 'rows',
    passed,
    reason: passed
      ? `${rows} labelled rows, ${rule.minRows} needed`
      : `not enough data: ${rows} of ${rule.minRows} labelled rows`,
    candidate: rows,
    champion: null,
    bound: rule.minRows,
  }
}

function floorChecks(rule: GateRule, values: MetricValues): readonly GateCheck[] {
  return rule.floors.flatMap(({ metric, min, max }) => {
    const value = values[metric] ?? null
    const bounds = [
      ...(min === undefined ? [] : [{ side: 'at least', bound: min }]),
      ...(max === undefined ? [] : [{ side: 'at most', bound: max }]),
    ]
    return bounds.map(({ side, bound }): GateCheck => {
      const passed = value !== null && (side === 'at least' ? value >= bound : value <= bound)
      const found = value === null ? 'unknown' : figure(value)
      const verdict = passed ? 'is' : 'is not'
      return {
        name: `floor:${metric}`,
        passed,
        reason: `${metric} ${found} ${verdict} ${side} ${figure(bound)}`,
        candidate: value,
        champion: null,
        bound,
      }
    })
  })
}

interface Compared {
  readonly candidate: MetricValues
  readonly champion: MetricValues | null
  readonly improvement: Improvement | null
}

function championChecks(input: GateInput, compared: Compared): readonly GateCheck[] {
  const { rule, champion } = input
  const candidate = compared.candidate[rule.metric] ?? null
  const nothing = { candidate, champion: null, bound: null }
  if (champion.kind === 'none') {
    const reason = 'there is no champion to beat; the absolute floors decide'
    return [{ name: 'champion', passed: true, reason, ...nothing }]
  }
  if (champion.kind === 'unscored') {
    const reason = `not comparable: champion v${champion.version} cannot answer these rows (${champion.reason})`
    return [{ name: 'champion', passed: false, reason, ...nothing }]
  }
  const before = compared.champion?.[rule.metric] ?? null
  if (!compared.improvement || candidate === null || before === null) {
    const reason = `not comparable: ${rule.metric} is not defined on these rows for both models`
    return [
      { name: 'improvement', passed: false, reason, candidate, champion: before, bound: null },
    ]
  }
  const { improvement } = compared
  const judged = rule.confidence === null ? improvement.estimate : improvement.lower
  const passed = judged > rule.minImprovement
  return [
    {
      name: 'improvement',
      passed,
      reason: improvementReason(rule, { candidate, champion: before, improvement, passed }),
      candidate,
      champion: before,
      bound: rule.minImprovement,
    },
  ]
}

function improvementReason(
  rule: GateRule,
  found: {
    readonly candidate: number
    readonly champion: number
    readonly improvement: Improvement
    readonly passed: boolean
  },
): string {
  const { estimate, lower, confidence } = found.improvement
  const values = `${rule.metric} ${figure(found.candidate)} against the champion's ${figure(found.champion)}`
  const by = `${estimate < 0 ? 'worse' : 'better'} by ${percent(Math.abs(estimate))}`
  const bound =
    rule.confidence === null
      ? ''
      : `, at least ${percent(lower)} with ${percent(confidence)} confidence`
  const verdict = found.passed ? 'more than' : 'not more than'
  return `${values}: ${by}${bound} (${rowLosses[rule.metric].name}), ${verdict} the ${percent(rule.minImprovement)} asked`
}

function limitChecks({ rule, latencyMs, sizeBytes }: GateInput): readonly GateCheck[] {
  return [
    limit('latency', rule.maxLatencyMs, latencyMs, (value) => `${figure(value)} ms a row`),
    limit('size', rule.maxSizeBytes, sizeBytes, (value) => `${value} bytes`),
  ].flat()
}

function limit(
  name: string,
  bound: number | undefined,
  value: number | null,
  words: (value: number) => string,
): readonly GateCheck[] {
  if (bound === undefined) return []
  const passed = value !== null && value <= bound
  const found = value === null ? 'was not measured' : `is ${words(value)}`
  const reason = `${name} ${found}, ${passed ? 'within' : 'the limit is'} ${words(bound)}`
  return [{ name, passed, reason, candidate: value, champion: null, bound }]
}

/** Every metric of the task, null where it is unknown. */
const definite = (
  task: Parameters<typeof metricsOf>[0],
  values: MetricValues,
): Record<string, number | null> =>
  Object.fromEntries(metricsOf(task).map((metric) => [metric, values[metric] ?? null]))

const figure = (value: number): string => String(Number(value.toPrecision(4)))
const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`
