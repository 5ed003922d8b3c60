import type { AuditLog } from '../audit/index.ts'
import type { Clock, Ids } from '../kernel/index.ts'
import type { ModelRuntime } from '../runtime/index.ts'
import type { BlobStore, Database, Lake } from '../storage/index.ts'
import type { StepOpener } from './ensembles/ensembles.service.ts'
import type { PredictionLogOptions } from './log/prediction-log.ts'
import type { FeatureSource } from './lookup/feature-lookup.ts'
import type { ModelSource } from './model.ts'
import type { RemoteClientOptions } from './remote/remote-client.ts'

/** What serving is built on. */
export interface ServingDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly blobs: Pick<BlobStore, 'localPath'>
  readonly models: ModelSource
  readonly runtime: ModelRuntime
  /** Runs the steps of ensembles; without it there are none. */
  readonly steps?: StepOpener
  /** Features for endpoints whose settings name some. */
  readonly features?: FeatureSource | undefined
  /** Which other servers arms may ask; public ones by https unless told. */
  readonly remote?: RemoteClientOptions
  /** Reads the Parquet of prediction logs; their folder must be one of its folders. */
  readonly lake: Lake
  /** Folder of the prediction logs, one folder an endpoint. */
  readonly logFolder: string
  readonly log?: PredictionLogOptions
  /** Told of failures that no caller sees. */
  readonly onFault: (failure: unknown, what: string) => void
}
