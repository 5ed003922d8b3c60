import type {
  Column,
  ColumnProfile,
  DatasetVersion,
  EventTimeSpec,
  RowRule,
} from '@kaizen/contracts'
import type { Actor } from '../kernel/index.ts'

export type {
  Column,
  ColumnProfile,
  Dataset,
  DatasetVersion,
  EventTimeSpec,
  RowRule,
} from '@kaizen/contracts'

/** A dataset as declared, without what its versions add. */
export interface DatasetRecord {
  readonly name: string
  readonly project: string | null
  readonly description: string
  readonly eventTime: EventTimeSpec | null
  readonly rules: readonly RowRule[]
  readonly createdAt: number
  readonly updatedAt: number
}

/** A version with the digests of what is stored beside its rows. */
export interface VersionRecord extends DatasetVersion {
  /** Rows that broke a rule, as one Parquet blob. */
  readonly quarantineDigest: string | null
  /** By which event time the bounds were measured; absent in versions that an older program made. */
  readonly measuredBy?: EventTimeSpec | null
}

/** A version with what reports on it read. */
export interface ReadableVersion extends VersionRecord {
  /** Its rows, in SQL. */
  readonly relation: string
  readonly profile: readonly ColumnProfile[]
}

/** Where the rows of a new version come from and how they join those before. */
export interface FileSource {
  readonly path: string
  readonly format: 'csv' | 'parquet'
  /** `create`: these rows alone; `append`: after the rows of the latest version. */
  readonly mode: 'create' | 'append'
  /** Only rows with event time in [from, to), in milliseconds. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly origin: Readonly<Record<string, unknown>>
  /** Who adds it. */
  readonly actor: Actor
}

/** Rows in an event-time window of a version, as one Parquet file. */
export interface DataWindow {
  readonly digest: string
  readonly sizeBytes: number
  readonly rowCount: number
  /** A local file that must not be written to. */
  readonly path: string
  readonly version: number
  readonly versionDigest: string
}

/** Event time in [from, to), in milliseconds; an absent bound is open. */
export interface TimeRange {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Name of the column in which tables held in memory may bring their event time, whatever the dataset calls its own. */
export const eventTimeColumn = 'event_time'

export type Schema = readonly Column[]
