import { sql } from 'kysely'
import { type Dialect, type Reader, type Tx, tables } from '../storage/index.ts'
import type { Job, JobState } from './model.ts'

interface JobRow {
  id: string
  kind: string
  key: string
  payload: string
  state: JobState
  attempt: number
  max_attempts: number
  run_at: number
  /** Wall-clock milliseconds until which the running process holds the job. */
  lease_until: number | null
  /** Fencing token: raised with each claim, so that a holder that lost its lease can change nothing. */
  lease_token: number
  error: string | null
  created_at: number
  ended_at: number | null
}
interface JobTables {
  job: JobRow
}

const toJob = (row: JobRow): Job => ({
  id: row.id,
  kind: row.kind,
  key: row.key,
  payload: JSON.parse(row.payload) as Job['payload'],
  state: row.state,
  attempt: row.attempt,
  maxAttempts: row.max_attempts,
  runAt: row.run_at,
  error: row.error,
})

export async function insertJob(tx: Tx, job: Job, createdAt: number): Promise<void> {
  await tables<JobTables>(tx)
    .insertInto('job')
    .values({
      id: job.id,
      kind: job.kind,
      key: job.key,
      payload: JSON.stringify(job.payload),
      state: job.state,
      attempt: job.attempt,
      max_attempts: job.maxAttempts,
      run_at: job.runAt,
      lease_until: null,
      lease_token: 0,
      error: null,
      created_at: createdAt,
      ended_at: null,
    })
    .execute()
}

export async function findUnfinished(tx: Tx, kind: string, key: string): Promise<Job | undefined> {
  const row = await tables<JobTables>(tx)
    .selectFrom('job')
    .selectAll()
    .where('kind', '=', kind)
    .where('key', '=', key)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst()
  return row && toJob(row)
}

export async function getJob(reader: Reader, id: string): Promise<Job | undefined> {
  const row = await tables<JobTables>(reader)
    .selectFrom('job')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toJob(row)
}

export interface Lease {
  readonly job: Job
  readonly token: number
}

/** Takes the oldest due job of the given kinds: one that waits, or one whose holder let its lease run out. */
export async function claimJob(
  tx: Tx,
  dialect: Dialect,
  due: {
    readonly kinds: readonly string[]
    readonly now: number
    readonly wallMs: number
    readonly leaseUntil: number
  },
): Promise<Lease | undefined> {
  const db = tables<JobTables>(tx)
  let query = db
    .selectFrom('job')
    .selectAll()
    .where('kind', 'in', due.kinds)
    .where((where) =>
      where.or([
        where.and([where('state', '=', 'queued'), where('run_at', '<=', due.now)]),
        where.and([where('state', '=', 'running'), where('lease_until', '<', due.wallMs)]),
      ]),
    )
    .orderBy('run_at')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
  if (dialect === 'postgres') query = query.forUpdate().skipLocked()
  const row = await query.executeTakeFirst()
  if (!row) return undefined
  const token = row.lease_token + 1
  const claimed = {
    state: 'running',
    attempt: row.attempt + 1,
    lease_until: due.leaseUntil,
    lease_token: token,
  } as const
  await db.updateTable('job').set(claimed).where('id', '=', row.id).execute()
  return { job: toJob({ ...row, ...claimed }), token }
}

/** Prolongs a lease; false when it was lost or the job was cancelled. */
export async function heartbeat(
  tx: Tx,
  id: string,
  token: number,
  leaseUntil: number,
): Promise<boolean> {
  const result = await tables<JobTables>(tx)
    .updateTable('job')
    .set({ lease_until: leaseUntil })
    .where('id', '=', id)
    .where('lease_token', '=', token)
    .where('state', '=', 'running')
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/** Ends or re-queues a job; false when this holder holds it no more, and nothing has changed. */
export async function releaseJob(
  tx: Tx,
  lease: Lease,
  outcome: {
    readonly state: JobState
    readonly error: string | null
    readonly runAt?: number
    readonly now: number
  },
): Promise<boolean> {
  const result = await tables<JobTables>(tx)
    .updateTable('job')
    .set({
      state: outcome.state,
      error: outcome.error,
      lease_until: null,
      run_at: outcome.runAt ?? lease.job.runAt,
      ended_at: outcome.state === 'queued' ? null : outcome.now,
    })
    .where('id', '=', lease.job.id)
    .where('lease_token', '=', lease.token)
    .where('state', '=', 'running')
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

export async function cancelByKey(
  tx: Tx,
  kind: string,
  key: string,
  now: number,
): Promise<readonly string[]> {
  const rows = await tables<JobTables>(tx)
    .updateTable('job')
    .set({ state: 'cancelled', ended_at: now, lease_until: null })
    .where('kind', '=', kind)
    .where('key', '=', key)
    .where('state', 'in', ['queued', 'running'])
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

/** How many jobs are due or running now, and when the next waiting one is due. */
export async function pending(
  reader: Reader,
  now: number,
): Promise<{ active: number; nextRunAt: number | null }> {
  const row = await tables<JobTables>(reader)
    .selectFrom('job')
    .select([
      sql<number>`coalesce(sum(case when state = 'running' or run_at <= ${now} then 1 else 0 end), 0)`.as(
        'active',
      ),
      sql<number | null>`min(case when state = 'queued' and run_at > ${now} then run_at end)`.as(
        'next',
      ),
    ])
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirstOrThrow()
  return { active: Number(row.active), nextRunAt: row.next === null ? null : Number(row.next) }
}

/** Gives back what a process that has ended was running, of these kinds: other queues of this process may have begun theirs. */
export async function releaseOrphans(tx: Tx, kinds: readonly string[]): Promise<void> {
  if (kinds.length === 0) return
  await tables<JobTables>(tx)
    .updateTable('job')
    .set({ state: 'queued', lease_until: null })
    .where('state', '=', 'running')
    .where('kind', 'in', kinds)
    .execute()
}
