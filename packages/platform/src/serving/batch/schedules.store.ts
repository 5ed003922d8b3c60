import type { BatchScheduleView } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'

interface ScheduleTables {
  serving_batch_schedule: {
    name: string
    job: string
    cron: string
    time_zone: string
    missed: BatchScheduleView['missed']
    overlap: BatchScheduleView['overlap']
    state: BatchScheduleView['state']
    next_at: number | null
    last_at: number | null
    last_outcome: BatchScheduleView['lastOutcome']
    last_reason: string | null
    last_job: string | null
    created_at: number
    created_by: string
  }
}

const toSchedule = (row: ScheduleTables['serving_batch_schedule']): BatchScheduleView => ({
  name: row.name,
  job: JSON.parse(row.job) as BatchScheduleView['job'],
  cron: row.cron,
  timeZone: row.time_zone,
  missed: row.missed,
  overlap: row.overlap,
  state: row.state,
  nextAt: row.next_at,
  lastAt: row.last_at,
  lastOutcome: row.last_outcome,
  lastReason: row.last_reason,
  lastJob: row.last_job,
  createdAt: row.created_at,
  createdBy: row.created_by,
})

export async function insertSchedule(tx: Tx, schedule: BatchScheduleView): Promise<void> {
  await tables<ScheduleTables>(tx)
    .insertInto('serving_batch_schedule')
    .values({
      name: schedule.name,
      job: JSON.stringify(schedule.job),
      cron: schedule.cron,
      time_zone: schedule.timeZone,
      missed: schedule.missed,
      overlap: schedule.overlap,
      state: schedule.state,
      next_at: schedule.nextAt,
      last_at: null,
      last_outcome: null,
      last_reason: null,
      last_job: null,
      created_at: schedule.createdAt,
      created_by: schedule.createdBy,
    })
    .execute()
}

export async function findSchedule(
  reader: Reader,
  name: string,
): Promise<BatchScheduleView | undefined> {
  const row = await tables<ScheduleTables>(reader)
    .selectFrom('serving_batch_schedule')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toSchedule(row)
}

export async function listSchedules(
  reader: Reader,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly BatchScheduleView[]> {
  const rows = await tables<ScheduleTables>(reader)
    .selectFrom('serving_batch_schedule')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toSchedule)
}

/** Schedules whose time has come. */
export async function dueSchedules(
  reader: Reader,
  now: number,
): Promise<readonly BatchScheduleView[]> {
  const rows = await tables<ScheduleTables>(reader)
    .selectFrom('serving_batch_schedule')
    .selectAll()
    .where('state', '=', 'running')
    .where('next_at', '<=', now)
    .orderBy('next_at')
    .limit(1000)
    .execute()
  return rows.map(toSchedule)
}

/** Takes a time that has come, so that no other server does; false where another has. */
export async function takeDue(
  tx: Tx,
  name: string,
  { due, next }: { readonly due: number; readonly next: number | null },
): Promise<boolean> {
  const result = await tables<ScheduleTables>(tx)
    .updateTable('serving_batch_schedule')
    .set({ next_at: next, last_at: due })
    .where('name', '=', name)
    .where('state', '=', 'running')
    .where('next_at', '=', due)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

export async function noteOutcome(
  tx: Tx,
  name: string,
  {
    outcome,
    reason,
    job,
    at,
  }: {
    readonly outcome: NonNullable<BatchScheduleView['lastOutcome']>
    readonly reason: string | null
    /** Where one was started. */
    readonly job?: string
    /** Where the time was not taken before. */
    readonly at?: number
  },
): Promise<void> {
  await tables<ScheduleTables>(tx)
    .updateTable('serving_batch_schedule')
    .set({
      last_outcome: outcome,
      last_reason: reason,
      ...(job !== undefined && { last_job: job }),
      ...(at !== undefined && { last_at: at }),
    })
    .where('name', '=', name)
    .execute()
}

export async function setScheduleState(
  tx: Tx,
  name: string,
  { state, nextAt }: Pick<BatchScheduleView, 'state' | 'nextAt'>,
): Promise<void> {
  await tables<ScheduleTables>(tx)
    .updateTable('serving_batch_schedule')
    .set({ state, next_at: nextAt })
    .where('name', '=', name)
    .execute()
}

export async function deleteSchedule(tx: Tx, name: string): Promise<void> {
  await tables<ScheduleTables>(tx)
    .deleteFrom('serving_batch_schedule')
    .where('name', '=', name)
    .execute()
}
