import type { AuditLog } from '../audit/index.ts'
import type { Actor, Clock } from '../kernel/index.ts'
import { collectWorkingFiles, type Removed, type WorkingFiles } from '../pipelines/index.ts'
import { type BlobMarks, type BlobStore, type Database, markBlobs } from '../storage/index.ts'
import type { Expired, TrackingService } from '../tracking/index.ts'
import { bundlesOfDefinitions, ownersOfVersions } from './collection.store.ts'

export interface CollectionDeps {
  readonly database: Database
  /** The database as another connection opens it: an address or a path. */
  readonly databaseLocation: string
  readonly blobs: BlobStore
  readonly audit: AuditLog
  readonly clock: Clock
  readonly tracking: TrackingService
  /** Where this server keeps logs of runs, and code that it runs. */
  readonly workingFiles: Omit<WorkingFiles, 'database'>
}

export interface CollectionSpec {
  /** Runs, logged models and experiments deleted longer ago go for good. */
  readonly olderThanMs: number
  /** Content younger than this is left alone: what it belongs to may not be written yet. */
  readonly graceMs: number
  /** Logs of pipeline runs that ended longer ago; all stay where it is absent. */
  readonly logsOlderThanMs?: number | undefined
  readonly dryRun: boolean
}

interface Tally {
  blobs: number
  sizeBytes: number
}

export interface Collected {
  readonly expired: Expired
  /** Content that nothing refers to, set aside until the next collection after the grace period. */
  readonly retired: Readonly<Tally>
  /** Content set aside earlier that is gone now. */
  readonly purged: Readonly<Tally>
  /** Content set aside earlier that is needed after all. */
  readonly restored: number
  readonly unfinishedUploads: number
  readonly logs: Removed
  readonly bundles: Removed
  readonly referenced: number
}

/** Digests in the audit log tell what was; they keep nothing. */
const historyTables = ['audit_event', 'audit_event_subject', 'audit_head']

/**
 * Collects what nothing needs: first what was deleted long ago, then content that no text of the database refers to.
 * Content leaves in two steps: a collection sets it aside, where any read or later reference finds it again, and the next
 * one after the grace period removes it. So an upload that meets the collection loses nothing.
 */
export async function collectGarbage(
  deps: CollectionDeps,
  actor: Actor,
  spec: CollectionSpec,
): Promise<Collected> {
  const { blobs, database, clock, audit } = deps
  const keep = await ownersOfVersions(database.reader)
  const expiry = { before: clock.now() - spec.olderThanMs, keep }
  const { deletions } = deps.tracking
  // Who only asks is told what would be free once the deleted runs are gone.
  const { expired, rows: gone } = spec.dryRun
    ? await deletions.expirable(actor, expiry)
    : { expired: await deletions.expire(actor, { ...expiry, dryRun: false }), rows: [] }
  // Blobs carry the times of their store, which no replayed clock moves.
  const before = Date.now() - spec.graceMs
  const unfinishedUploads = spec.dryRun ? 0 : await blobs.retirement.discardUnfinished(before)
  const marks = await markBlobs({ database: deps.databaseLocation, except: historyTables, gone })
  const { purged, restored } = await settleRetired(blobs, { marks, before, dryRun: spec.dryRun })
  const retired = await retireUnmarked(blobs, { marks, before, dryRun: spec.dryRun })
  const { logs, bundles } = await collectWorkingFiles(
    { database, ...deps.workingFiles },
    {
      endedBefore:
        spec.logsOlderThanMs === undefined ? undefined : clock.now() - spec.logsOlderThanMs,
      writtenBefore: before,
      keep: await bundlesOfDefinitions(database.reader),
      dryRun: spec.dryRun,
    },
  )
  const collected = {
    expired,
    retired,
    purged,
    restored,
    unfinishedUploads,
    logs,
    bundles,
    referenced: marks.count,
  }
  if (!spec.dryRun) {
    await database.write((tx) =>
      audit.append(tx, {
        actor,
        type: 'storage.collected',
        subject: 'storage:blobs',
        data: { ...spec, ...collected },
      }),
    )
  }
  return collected
}

interface Sweep {
  readonly marks: BlobMarks
  readonly before: number
  readonly dryRun: boolean
}

async function settleRetired(
  { retirement }: BlobStore,
  { marks, before, dryRun }: Sweep,
): Promise<{ readonly purged: Tally; readonly restored: number }> {
  const purged: Tally = { blobs: 0, sizeBytes: 0 }
  let restored = 0
  for await (const { digest, sizeBytes, at } of retirement.retired()) {
    if (marks.has(digest)) {
      restored++
      if (!dryRun) await retirement.restore(digest)
    } else if (at < before) {
      purged.blobs++
      purged.sizeBytes += sizeBytes
      if (!dryRun) await retirement.purge(digest)
    }
  }
  return { purged, restored }
}

async function retireUnmarked(
  { retirement }: BlobStore,
  { marks, before, dryRun }: Sweep,
): Promise<Tally> {
  const retired: Tally = { blobs: 0, sizeBytes: 0 }
  for await (const { digest, sizeBytes, at } of retirement.stored()) {
    if (at >= before || marks.has(digest)) continue
    retired.blobs++
    retired.sizeBytes += sizeBytes
    if (!dryRun) await retirement.retire(digest)
  }
  return retired
}
