import type {
  AssessmentFields,
  MlflowAssessment,
  MlflowTraceInfo,
  MlflowTraceInfoV2,
} from '@kaizen/contracts'
import { unlessEmpty } from '../mlflow-wire.ts'
import type { KeyValue } from '../model.ts'
import type { Assessment, TraceInfo } from './traces.ts'

/** A Timestamp of protocol buffers: no fraction where there is none. */
const wireTime = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z')

/** A Duration of protocol buffers: whole seconds, or three digits more. */
const wireDuration = (ms: number): string => `${(ms / 1000).toFixed(ms % 1000 === 0 ? 0 : 3)}s`

const record = (pairs: readonly KeyValue[]): Readonly<Record<string, string>> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value]))

const unlessNull = <K extends string, T>(name: K, value: T | null): { readonly [P in K]?: T } =>
  (value === null ? {} : { [name]: value }) as { readonly [P in K]?: T }

export const toWireTraceInfo = (trace: TraceInfo): MlflowTraceInfo => ({
  trace_id: trace.traceId,
  ...unlessNull('client_request_id', trace.clientRequestId),
  trace_location: {
    type: 'MLFLOW_EXPERIMENT',
    mlflow_experiment: { experiment_id: trace.experimentId },
  },
  ...unlessNull('request_preview', trace.requestPreview),
  ...unlessNull('response_preview', trace.responsePreview),
  request_time: wireTime(trace.timestampMs),
  ...unlessNull(
    'execution_duration',
    trace.executionMs === null ? null : wireDuration(trace.executionMs),
  ),
  state: trace.state,
  ...(trace.metadata.length === 0 ? {} : { trace_metadata: record(trace.metadata) }),
  ...(trace.assessments.length === 0
    ? {}
    : { assessments: trace.assessments.map(toWireAssessment) }),
  ...(trace.tags.length === 0 ? {} : { tags: record(trace.tags) }),
})

export const toWireTraceInfoV2 = (trace: TraceInfo) =>
  ({
    request_id: trace.traceId,
    experiment_id: trace.experimentId,
    timestamp_ms: trace.timestampMs,
    execution_time_ms: trace.executionMs ?? 0,
    status: trace.state === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : trace.state,
    ...unlessEmpty('request_metadata', trace.metadata),
    ...unlessEmpty('tags', trace.tags),
  }) satisfies {
    readonly [K in keyof MlflowTraceInfoV2]: MlflowTraceInfoV2[K] | readonly KeyValue[]
  }

export function toWireAssessment(assessment: Assessment): MlflowAssessment {
  const error = assessment.error === null ? null : (JSON.parse(assessment.error) as object)
  return {
    assessment_id: assessment.assessmentId,
    assessment_name: assessment.name,
    trace_id: assessment.traceId,
    ...unlessNull('span_id', assessment.spanId),
    source: { source_type: assessment.sourceType, source_id: assessment.sourceId },
    create_time: wireTime(assessment.createdAt),
    last_update_time: wireTime(assessment.updatedAt),
    ...told(assessment, error),
    ...unlessNull('rationale', assessment.rationale),
    ...(Object.keys(assessment.metadata).length === 0 ? {} : { metadata: assessment.metadata }),
    ...unlessNull('overrides', assessment.overrides),
    valid: assessment.valid,
  }
}

function told(
  { kind, value, serialized }: Assessment,
  error: object | null,
): Pick<MlflowAssessment, 'feedback' | 'expectation' | 'issue'> {
  const plain = JSON.parse(value) as unknown
  if (kind === 'issue') return { issue: { issue_name: String(plain) } }
  if (kind === 'feedback') return { feedback: { value: plain, ...(error ? { error } : {}) } }
  return {
    expectation: serialized
      ? { serialized_value: { serialization_format: 'JSON_FORMAT', value } }
      : { value: plain },
  }
}

/** What a client says: of its three forms exactly one. */
export type AssessmentValue = Pick<Assessment, 'kind' | 'value' | 'error' | 'serialized'>

/** `undefined` when nothing, or more than one thing, is said. */
export function saidOf(fields: AssessmentFields): AssessmentValue | undefined {
  const { feedback, expectation, issue } = fields
  if (
    [feedback, expectation, issue].filter((said) => said !== undefined && said !== null).length !==
    1
  )
    return undefined
  if (feedback) {
    const error = feedback.error ? JSON.stringify(feedback.error) : null
    return { kind: 'feedback', value: json(feedback.value), error, serialized: false }
  }
  if (issue) return { kind: 'issue', value: json(issue.issue_name), error: null, serialized: false }
  const text = expectation?.serialized_value?.value
  if (text === undefined) {
    // What is expected has to be said; `null` can be it.
    if (expectation?.value === undefined) return undefined
    return { kind: 'expectation', value: json(expectation.value), error: null, serialized: false }
  }
  const parsed = parsedJson(text)
  return parsed === undefined
    ? undefined
    : { kind: 'expectation', value: parsed, error: null, serialized: true }
}

const json = (value: unknown): string => JSON.stringify(value ?? null)

function parsedJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return undefined
  }
}
