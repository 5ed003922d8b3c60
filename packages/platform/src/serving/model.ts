import type { EndpointSettings, ModelVersionView, RouterSpec } from '@kaizen/contracts'
import type { Table } from '../storage/index.ts'
import type { ArmMode } from './log/record.ts'

export type { ArmMode } from './log/record.ts'

/** What serving asks of the registry. */
export interface ModelSource {
  /** `models:/NAME/VERSION` or `models:/NAME@ALIAS`. @throws NOT_FOUND */
  resolve(uri: string): Promise<ModelVersionView>
  /** The digest of a version's folder, packed, where it is a model for Python. */
  folderOf?(version: ModelVersionView): Promise<string | undefined>
  /** The request that was logged with a version as an example, in JSON of MLflow's scoring protocol. */
  exampleOf?(version: ModelVersionView): Promise<Buffer | undefined>
  /** @throws FORBIDDEN for a version that may not be served, or that does not hold what would be loaded */
  admit(served: {
    readonly name: string
    readonly version: number
    readonly digest: string
  }): Promise<void>
}

/** Event time in [from, to), in milliseconds. */
export interface TimeSpan {
  readonly from: number
  readonly to: number
}

export type Label = number | string | boolean

/** Logged predictions by columns of equal length, in order of event time. */
export interface PredictionTable {
  readonly inferenceId: readonly string[]
  readonly at: Float64Array
  readonly arm: readonly string[]
  readonly mode: readonly ArmMode[]
  readonly version: Float64Array
  readonly latencyMs: Float64Array
  readonly error: readonly (string | null)[]
  readonly inputs: Table
  readonly outputs: Table
  /** Ground truth where it has come. */
  readonly actual: readonly (Label | null)[]
}

/** What an arm did in a span of event time. */
export interface ArmStats {
  readonly arm: string
  readonly mode: ArmMode
  readonly version: number
  readonly requests: number
  readonly errors: number
  /** Latency percentiles in milliseconds; null without requests. */
  readonly p50: number | null
  readonly p99: number | null
}

/** What happened to the items of one call of feedback. */
export interface FeedbackCounts {
  readonly accepted: number
  readonly corrected: number
  readonly unchanged: number
  /** Inference ids that the log does not hold; nothing is kept of them. */
  readonly unknown: readonly string[]
}

/** An endpoint as it is stored. */
export interface EndpointRecord {
  readonly name: string
  readonly project: string | null
  readonly description: string
  readonly model: string
  readonly target: string | null
  readonly settings: EndpointSettings
  /** Declared by a project, and not in force yet. */
  readonly routerDue: RouterSpec | null
  /** Number of the route in force; 0 before the first. */
  readonly revision: number
  readonly createdAt: number
  readonly updatedAt: number
}
