import type { Branded } from '../kernel/index.ts'

/** 32 hexadecimal characters. */
export type RunId = Branded<'RunId'>

/** `deleted` is a mark that can be taken back; deleted objects are still readable, never writable. */
export const lifecycles = ['active', 'deleted'] as const
export type Lifecycle = (typeof lifecycles)[number]

export const runStatuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const
export type RunStatus = (typeof runStatuses)[number]
export type EndedStatus = Extract<RunStatus, 'FINISHED' | 'FAILED' | 'KILLED'>

/** A group of runs that are compared with each other. */
export interface Experiment {
  /** Decimal digits; `0` is the experiment `Default`, which always exists. */
  readonly experimentId: string
  readonly name: string
  /** Where the artifacts of its runs go: a URI. */
  readonly artifactLocation: string
  readonly lifecycle: Lifecycle
  readonly createdAt: number
  readonly updatedAt: number
  readonly tags: Readonly<Record<string, string>>
  readonly workspace: string
}

/** One execution of some code, with everything it logged. */
export interface Run {
  readonly runId: string
  readonly experimentId: string
  readonly name: string
  readonly userId: string
  readonly status: RunStatus
  readonly startTime: number
  readonly endTime: number | null
  readonly lifecycle: Lifecycle
  readonly artifactUri: string
}

/** One point of a metric's curve. The value may be NaN; infinities are stored as the largest finite numbers. */
export interface MetricPoint {
  readonly key: string
  readonly value: number
  readonly step: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
}

/** A point that is also attributed to a logged model or measured on a data set. */
export interface AttributedMetric extends MetricPoint {
  readonly modelId?: string | undefined
  readonly datasetName?: string | undefined
  readonly datasetDigest?: string | undefined
}

export interface KeyValue {
  readonly key: string
  readonly value: string
}

/** What one call logs to a run; all of it is kept, or nothing. */
export interface RunLog {
  readonly metrics?: readonly AttributedMetric[]
  readonly params?: readonly KeyValue[]
  readonly tags?: readonly KeyValue[]
}

/** A data set that a run read, as the client describes it. */
export interface DatasetInput {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  readonly source: string
  readonly schema: string | null
  readonly profile: string | null
  readonly tags: readonly KeyValue[]
}

/** A logged model that a run read or wrote. */
export interface ModelUse {
  readonly modelId: string
  readonly step: number
}

/** A run with all that it logged: the newest point of each metric, parameters, tags, inputs and outputs. */
export interface RunDetail {
  readonly run: Run
  readonly metrics: readonly MetricPoint[]
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly datasetInputs: readonly DatasetInput[]
  readonly modelInputs: readonly ModelUse[]
  readonly modelOutputs: readonly ModelUse[]
}

export const loggedModelStatuses = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
] as const
export type LoggedModelStatus = (typeof loggedModelStatuses)[number]

/** A model as a run logged it, before or without registration. */
export interface LoggedModel {
  /** `m-` and 32 hexadecimal characters. */
  readonly modelId: string
  readonly experimentId: string
  readonly name: string
  readonly modelType: string
  readonly sourceRunId: string
  readonly status: LoggedModelStatus
  readonly statusMessage: string
  readonly artifactUri: string
  readonly creatorId: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly metrics: readonly (AttributedMetric & { readonly runId: string })[]
}

/** A file or folder of an artifact tree. */
export interface ArtifactEntry {
  readonly name: string
  readonly isFolder: boolean
  readonly digest: string | null
  readonly sizeBytes: number | null
}
