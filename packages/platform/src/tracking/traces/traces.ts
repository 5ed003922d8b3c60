import { KaizenError } from '@kaizen/contracts'
import type { KeyValue } from '../model.ts'
import { checkLength, invalidValue } from '../rules.ts'

export const traceStates = ['STATE_UNSPECIFIED', 'IN_PROGRESS', 'OK', 'ERROR'] as const
export type TraceState = (typeof traceStates)[number]

/** Tags and metadata that clients read, or that tell where a trace came from. */
export const traceKeys = {
  name: 'mlflow.traceName',
  artifactLocation: 'mlflow.artifactLocation',
  spansLocation: 'mlflow.trace.spansLocation',
  linkedPrompts: 'mlflow.linkedPrompts',
  sourceRun: 'mlflow.sourceRun',
  session: 'mlflow.trace.session',
  user: 'mlflow.trace.user',
  tokenUsage: 'mlflow.trace.tokenUsage',
  cost: 'mlflow.trace.cost',
  schemaVersion: 'mlflow.trace_schema.version',
  finalized: 'mlflow.trace.infoFinalized',
} as const

/** Spans are in the database, where clients would otherwise look for them among the artifacts. */
export const spansInStore = 'TRACKING_STORE'

export interface Assessment {
  readonly assessmentId: string
  readonly traceId: string
  readonly name: string
  readonly kind: 'feedback' | 'expectation' | 'issue'
  /** JSON of what was said; `null` where only an error is known. */
  readonly value: string
  /** JSON of the error that the judge met. */
  readonly error: string | null
  /** How the value is told: as it is, or as text that clients parse. */
  readonly serialized: boolean
  readonly sourceType: string
  readonly sourceId: string
  readonly spanId: string | null
  readonly rationale: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly overrides: string | null
  readonly valid: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

export interface TraceInfo {
  readonly traceId: string
  readonly experimentId: string
  readonly timestampMs: number
  /** `null` while it runs. */
  readonly executionMs: number | null
  readonly state: TraceState
  readonly clientRequestId: string | null
  readonly requestPreview: string | null
  readonly responsePreview: string | null
  readonly metadata: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly assessments: readonly Assessment[]
}

const valueLimit = 8000

/** Metadata and tags as they are kept: an overlong value is cut. @throws INVALID_REQUEST */
export function checkedPairs(pairs: readonly KeyValue[], parameter: string): readonly KeyValue[] {
  return pairs.map(({ key, value }) => {
    if (key === '') throw invalidValue(parameter, key, 'a key may not be empty.')
    checkLength(`${parameter}.key`, key, 250)
    return { key, value: value.slice(0, valueLimit) }
  })
}

/** @throws INVALID_REQUEST */
export function checkTraceId(traceId: string): string {
  if (/^[\w][\w.:-]{0,99}$/.test(traceId)) return traceId
  throw invalidValue(
    'trace_id',
    traceId,
    'an id has at most 100 letters, digits and characters of "_.:-".',
  )
}

/** A state that MLflow does not know is none. */
export const traceStateOf = (text: string | undefined): TraceState =>
  traceStates.find((state) => state === text) ?? 'STATE_UNSPECIFIED'

export const noSuchTrace = (traceId: string): KaizenError =>
  new KaizenError('NOT_FOUND', `Trace with ID '${traceId.slice(0, 100)}' not found.`)

/** A trace stays in its experiment: who may write to one experiment takes nothing from another. @throws CONFLICT */
export function checkExperiment(traceId: string, known: number, experimentId: string): void {
  if (String(known) === experimentId) return
  throw new KaizenError('CONFLICT', `Trace ${traceId} belongs to another experiment`, {
    hint: 'Send all spans of a trace to one experiment.',
  })
}
