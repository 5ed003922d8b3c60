import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { type Actor, ReplayClock, randomIds } from '../kernel/index.ts'
import {
  type BlobStore,
  type Database,
  type Dialect,
  type Migration,
  openFileBlobs,
} from '../storage/index.ts'
import { testDatabase } from '../storage/test-databases.ts'
import { trackingMigrations } from './migrations.ts'
import { TrackingService } from './service.ts'

/** A tracking service on a database and blob folder of its own. */
export interface TestTracking extends AsyncDisposable {
  readonly tracking: TrackingService
  readonly database: Database
  readonly blobs: BlobStore
  readonly audit: AuditLog
  readonly clock: ReplayClock
}

export const tester: Actor = { name: 'user:tester', role: 'editor' }
export const testStart = Date.UTC(2026, 0, 1)

export async function testTracking(
  dialect: Dialect,
  moreMigrations: readonly Migration[] = [],
): Promise<TestTracking> {
  const databases = await testDatabase(dialect, [
    ...auditMigrations,
    ...trackingMigrations,
    ...moreMigrations,
  ])
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-blobs-'))
  const { database } = databases
  const clock = new ReplayClock(testStart)
  const blobs = await openFileBlobs(folder)
  const audit = new AuditLog(database, clock)
  const ids = randomIds(() => clock.now())
  return {
    tracking: new TrackingService({ database, blobs, audit, clock, ids }),
    database,
    blobs,
    audit,
    clock,
    async [Symbol.asyncDispose]() {
      await databases[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
