import type { AuditLog } from '../audit/index.ts'
import type { Clock, Ids } from '../kernel/index.ts'
import type { BlobStore, Database, Lake } from '../storage/index.ts'

/** What the services of this stage are made from. */
export interface DataDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly blobs: BlobStore
  readonly lake: Lake
  readonly clock: Clock
  readonly ids: Ids
  /** A folder that the lake may write to. */
  readonly workFolder: string
}
