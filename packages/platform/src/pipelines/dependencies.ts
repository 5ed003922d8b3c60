import type { AuditLog } from '../audit/index.ts'
import type { DataService } from '../data/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import type { Clock, Ids } from '../kernel/index.ts'
import type { ModelRuntime } from '../runtime/index.ts'
import type { BlobStore, Database } from '../storage/index.ts'
import type { TrackingService } from '../tracking/index.ts'
import type { StepExecutor } from './execution/executor.ts'
import type { BuiltinStep } from './model.ts'

/** What the services of this stage are made from. */
export interface PipelineDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly ids: Ids
  readonly jobs: JobQueue
  readonly data: DataService
  readonly tracking: TrackingService
  readonly executor: StepExecutor
  /** Asks models of runs that are compared. */
  readonly runtime: Pick<ModelRuntime, 'load'>
  readonly builtins: Readonly<Record<string, BuiltinStep>>
  /** A folder of its own for the logs of runs. */
  readonly logFolder: string
  /** Of what a step prints; 64 MiB unless told. */
  readonly maxLogBytes?: number
}
