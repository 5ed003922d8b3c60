import {
  type ComparedMetric,
  type ComparedOutput,
  equivalentWithin,
  type JsonValue,
  type Reproduction,
} from '@kaizen/contracts'
import type { ArtifactRef, StepRecord } from '../model.ts'

/** What is compared of a run: what it was given, measured and made, step by step where it had steps. */
export interface ComparedRun {
  readonly ended: 'succeeded' | 'failed' | 'cancelled'
  readonly params: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, number>>
  readonly outputs: Readonly<Record<string, ArtifactRef>>
  readonly steps: readonly StepRecord[]
}

export type Predictions = NonNullable<ComparedOutput['predictions']>
/** How far two models of one output are from each other; a note where it cannot be told. */
export type Probed = { readonly predictions: Predictions } | { readonly note: string }

type Compared = Pick<Reproduction, 'verdict' | 'findings' | 'params' | 'metrics' | 'outputs'>

/**
 * Compares a run with one that did it again: identical to the bit, equivalent within a relative 1e-6 (numbers, and the
 * predictions of models), different, or failed. Files count by digest, models whose files differ by their predictions.
 */
export function compareAgain(
  original: ComparedRun,
  again: ComparedRun,
  probed: Readonly<Record<string, Probed>>,
): Compared {
  const params = differentParams(original.params, again.params)
  const metrics = comparedMetrics(original.metrics, again.metrics)
  const outputs = comparedOutputs(original.outputs, again.outputs, probed)
  const same = [...metrics, ...outputs].map((one) => one.same)
  const worst = same.includes('different')
    ? 'different'
    : same.includes('equivalent')
      ? 'equivalent'
      : 'identical'
  const verdict = again.ended !== 'succeeded' ? 'failed' : params.length > 0 ? 'different' : worst
  return {
    verdict,
    params,
    metrics,
    outputs,
    findings: [
      ...(again.ended === 'succeeded'
        ? []
        : [`the run that did it again ${endWords[again.ended]}`]),
      ...(params.length === 0 ? [] : [`${counted(params.length, 'parameter')} not the same`]),
      ...found(metrics, 'metric'),
      ...found(outputs, 'output'),
      ...firstDifference(original.steps, again.steps),
      ...(metrics.length + outputs.length === 0 ? ['neither run has metrics or outputs'] : []),
    ],
  }
}

const endWords = { failed: 'failed', cancelled: 'was cancelled' } as const

const counted = (count: number, what: string): string =>
  count === 1 ? `1 ${what} is` : `${count} ${what}s are`

function found(
  items: readonly { readonly name: string; readonly same: string }[],
  what: string,
): readonly string[] {
  if (items.length === 0) return []
  const names = (same: string) => items.filter((one) => one.same === same).map(({ name }) => name)
  const different = names('different')
  const equivalent = names('equivalent')
  const identical = items.length - different.length - equivalent.length
  return [
    ...(different.length === 0
      ? []
      : [`${counted(different.length, what)} different: ${listed(different)}`]),
    ...(equivalent.length === 0
      ? []
      : [`${counted(equivalent.length, what)} equivalent: ${listed(equivalent)}`]),
    ...(identical === 0 ? [] : [`${counted(identical, what)} identical`]),
  ]
}

const listed = (names: readonly string[]): string =>
  names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`

function differentParams(
  original: ComparedRun['params'],
  again: ComparedRun['params'],
): Compared['params'] {
  return namesOf(original, again)
    .filter((name) => original[name] !== again[name])
    .map((name) => ({ name, original: original[name] ?? null, again: again[name] ?? null }))
}

const namesOf = (...records: readonly Readonly<Record<string, unknown>>[]): readonly string[] =>
  [...new Set(records.flatMap(Object.keys))].sort()

function comparedMetrics(
  original: ComparedRun['metrics'],
  again: ComparedRun['metrics'],
): ComparedMetric[] {
  return namesOf(original, again).map((name) => {
    const [a, b] = [original[name], again[name]]
    const relativeDifference = a === undefined || b === undefined ? null : relative(a, b)
    return {
      name,
      original: asJson(a),
      again: asJson(b),
      relativeDifference,
      same: Object.is(a, b) ? 'identical' : grade(relativeDifference),
    }
  })
}

/** Of the larger of both; null where one is no finite number. */
function relative(a: number, b: number): number | null {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return null
  const largest = Math.max(Math.abs(a), Math.abs(b))
  return largest === 0 ? 0 : Math.abs(a - b) / largest
}

const grade = (difference: number | null): 'equivalent' | 'different' =>
  difference !== null && difference <= equivalentWithin ? 'equivalent' : 'different'

const asJson = (value: number | undefined): JsonValue =>
  value === undefined ? null : Number.isFinite(value) ? value : String(value)

function comparedOutputs(
  original: ComparedRun['outputs'],
  again: ComparedRun['outputs'],
  probed: Readonly<Record<string, Probed>>,
): ComparedOutput[] {
  return namesOf(original, again).map((name) => {
    const [a, b] = [original[name], again[name]]
    const probe = probed[name]
    const predictions = probe && 'predictions' in probe ? probe.predictions : null
    const missing =
      a === undefined ? 'only the new run has it' : b === undefined ? 'the new run lacks it' : null
    return {
      name,
      kind: (a ?? b)?.kind ?? 'value',
      original: a?.digest ?? null,
      again: b?.digest ?? null,
      same:
        missing === null && a?.digest === b?.digest
          ? 'identical'
          : grade(predictions?.relativeDifference ?? numbersApart(a, b)),
      predictions,
      note: missing ?? (probe && 'note' in probe ? probe.note : null),
    }
  })
}

function numbersApart(a: ArtifactRef | undefined, b: ArtifactRef | undefined): number | null {
  return typeof a?.value === 'number' && typeof b?.value === 'number'
    ? relative(a.value, b.value)
    : null
}

/** Where two runs of one graph part, and what was not the same there. */
function firstDifference(
  original: readonly StepRecord[],
  again: readonly StepRecord[],
): readonly string[] {
  const others = new Map(again.map((step) => [step.node, step]))
  for (const step of original) {
    const other = others.get(step.node)
    if (!other || digestsOf(step) === digestsOf(other)) continue
    return [`the first step whose outputs differ is ${step.node}: ${reasonOf(step, other)}`]
  }
  return []
}

const digestsOf = ({ outputs }: StepRecord): string =>
  Object.entries(outputs)
    .map(([name, { digest }]) => `${name}=${digest}`)
    .sort()
    .join()

function reasonOf(step: StepRecord, other: StepRecord): string {
  const [a, b] = [step.lineage, other.lineage]
  if (other.error) return `it failed: ${other.error.message}`
  if (!a || !b) return 'one of the runs has no record of what went into it'
  const inputs = namesOf(a.inputs, b.inputs).filter(
    (name) => inputDigest(a.inputs[name]) !== inputDigest(b.inputs[name]),
  )
  const environment = namesOf(a.environment, b.environment).filter(
    (name) => a.environment[name] !== b.environment[name],
  )
  const reasons = [
    ...(a.codeDigest === b.codeDigest ? [] : ['its code is not the same']),
    ...inputs.map((name) => `its input ${name} is not the same`),
    ...(a.seed === b.seed ? [] : [`its seed was ${a.seed} and is ${b.seed}`]),
    ...environment.map(
      (name) =>
        `${name} was ${JSON.stringify(a.environment[name] ?? null)} and is ${JSON.stringify(b.environment[name] ?? null)}`,
    ),
  ]
  return reasons.length === 0
    ? 'code, inputs, seed and recorded environment are the same, so the step itself does not repeat'
    : reasons.join('; ')
}

const inputDigest = (input: JsonValue | undefined): JsonValue | undefined =>
  typeof input === 'object' && input !== null && !Array.isArray(input)
    ? (input as Readonly<Record<string, JsonValue>>)['digest']
    : input
