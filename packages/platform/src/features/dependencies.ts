import type { AuditLog } from '../audit/index.ts'
import type { DataService } from '../data/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import type { Clock, Ids } from '../kernel/index.ts'
import type { BlobStore, Database, Lake } from '../storage/index.ts'
import type { FeatureFunctions } from './on-demand.ts'
import type { OnlineStore } from './online-store.ts'

/** What the services of this stage are made from. */
export interface FeatureDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly jobs: JobQueue
  readonly data: DataService
  readonly blobs: BlobStore
  readonly lake: Lake
  readonly clock: Clock
  readonly ids: Ids
  readonly online: OnlineStore
  readonly functions: FeatureFunctions
  /** A folder that the lake may read and write. */
  readonly workFolder: string
}
