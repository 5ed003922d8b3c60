import type { AuditEvent } from '@kaizen/contracts'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import {
  type Dialect,
  PreparedInsert,
  PreparedQuery,
  type Reader,
  type Tx,
  tables,
} from '../storage/index.ts'
import { readListed } from './subjects.store.ts'

interface AuditTables {
  audit_event: {
    seq: number
    at: number
    actor: string
    type: string
    subject: string
    data: string
    request_id: string | null
    previous_hash: string
    hash: string
  }
  /** One row: the newest event. It also shows a chain whose end was cut off. */
  audit_head: { id: number; seq: number; hash: string }
  audit_cursor: { name: string; seq: number }
  audit_event_subject: { subject: string; seq: number }
}
type EventRow = AuditTables['audit_event']
type HeadRow = Pick<AuditTables['audit_head'], 'seq' | 'hash'>

const headId = 1

export interface AuditFilter {
  readonly type?: string | undefined
  readonly subject?: string | undefined
}

const toEvent = (row: EventRow): AuditEvent => ({
  seq: row.seq,
  at: row.at,
  actor: row.actor,
  type: row.type,
  subject: row.subject,
  data: JSON.parse(row.data) as AuditEvent['data'],
  requestId: row.request_id,
  previousHash: row.previous_hash,
  hash: row.hash,
})

const toRow = (event: AuditEvent): EventRow => ({
  seq: event.seq,
  at: event.at,
  actor: event.actor,
  type: event.type,
  subject: event.subject,
  data: JSON.stringify(event.data),
  request_id: event.requestId,
  previous_hash: event.previousHash,
  hash: event.hash,
})

const head = {
  sqlite: new PreparedQuery<readonly [id: number], HeadRow>((tx, id) => headRow(tx, id)),
  postgres: new PreparedQuery<readonly [id: number], HeadRow>((tx, id) =>
    headRow(tx, id).forUpdate(),
  ),
}

const headRow = (tx: Reader, id: number) =>
  tables<AuditTables>(tx).selectFrom('audit_head').select(['seq', 'hash']).where('id', '=', id)

/** The head, locked until the transaction ends so that processes sharing a database append one after the other. */
export async function lockHead(tx: Tx, dialect: Dialect): Promise<HeadRow> {
  const [row] = await head[dialect].run(tx, dialect, headId)
  if (!row) throw new Error('the log of events has no head')
  return row
}

const moveHead = new PreparedQuery<readonly [seq: number, hash: string, id: number], never>(
  (tx, seq, hash, id) =>
    tables<AuditTables>(tx).updateTable('audit_head').set({ seq, hash }).where('id', '=', id),
)

const events = new PreparedInsert<EventRow>(
  ['seq', 'at', 'actor', 'type', 'subject', 'data', 'request_id', 'previous_hash', 'hash'],
  (tx, rows) => tables<AuditTables>(tx).insertInto('audit_event').values(rows),
)

/** Adds events to the end of the log and moves its head to the last of them. */
export async function insertEvents(
  tx: Tx,
  dialect: Dialect,
  appended: readonly AuditEvent[],
): Promise<void> {
  const last = appended.at(-1)
  if (!last) return
  await Promise.all([
    events.run(tx, dialect, appended.map(toRow)),
    moveHead.run(tx, dialect, last.seq, last.hash, headId),
  ])
}

export async function readHead(reader: Reader): Promise<HeadRow> {
  return tables<AuditTables>(reader)
    .selectFrom('audit_head')
    .select(['seq', 'hash'])
    .where('id', '=', 1)
    .executeTakeFirstOrThrow()
}

/** Events after `seq`, oldest first. */
export async function readAfter(
  reader: Reader,
  seq: number,
  limit: number,
): Promise<readonly AuditEvent[]> {
  const rows = await tables<AuditTables>(reader)
    .selectFrom('audit_event')
    .selectAll()
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map(toEvent)
}

/** Events before `seq`, newest first. A type or subject ending in `*` matches by prefix. */
export async function readBefore(
  reader: Reader,
  dialect: Dialect,
  {
    before,
    limit,
    type,
    subject,
  }: AuditFilter & { readonly before: number; readonly limit: number },
): Promise<readonly AuditEvent[]> {
  const matching = tables<AuditTables>(reader)
    .selectFrom('audit_event')
    .selectAll('audit_event')
    .$if(type !== undefined, (query) => query.where(matches('audit_event.type', type ?? '')))
    .orderBy('audit_event.seq', 'desc')
  if (subject === undefined || subject.endsWith('*')) {
    const rows = await matching
      .$if(subject !== undefined, (query) =>
        query.where(matches('audit_event.subject', subject ?? '')),
      )
      .where('audit_event.seq', '<', before)
      .limit(limit)
      .execute()
    return rows.map(toEvent)
  }
  // What is listed never becomes fewer, so whatever is listed meanwhile is found in one part or the other.
  const listed = await readListed(reader, dialect)
  const late = await matching
    .where('audit_event.seq', '>', listed)
    .where('audit_event.seq', '<', before)
    .where('audit_event.subject', '=', subject)
    .limit(limit)
    .execute()
  if (late.length === limit) return late.map(toEvent)
  const early = await matching
    .innerJoin('audit_event_subject as named', (join) =>
      join
        .onRef('named.seq', '=', 'audit_event.seq')
        .onRef('named.subject', '=', 'audit_event.subject'),
    )
    .where('named.subject', '=', subject)
    .where('named.seq', '<=', Math.min(listed, before - 1))
    .clearOrderBy()
    .orderBy('named.seq', 'desc')
    .limit(limit - late.length)
    .execute()
  return [...late, ...early].map(toEvent)
}

const matches = (column: string, wanted: string): RawBuilder<SqlBool> =>
  wanted.endsWith('*')
    ? sql`substr(${sql.ref(column)}, 1, ${sql.lit(wanted.length - 1)}) = ${wanted.slice(0, -1)}`
    : sql`${sql.ref(column)} = ${wanted}`

export async function readCursor(reader: Reader, name: string): Promise<number | undefined> {
  const row = await tables<AuditTables>(reader)
    .selectFrom('audit_cursor')
    .select('seq')
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.seq
}

/** Leaves a cursor that exists where it is. */
export async function insertCursor(tx: Tx, name: string, seq: number): Promise<void> {
  await tables<AuditTables>(tx)
    .insertInto('audit_cursor')
    .values({ name, seq })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
}

/**
 * Moves a cursor on to `seq` and keeps it from others until the transaction ends; false when it stands there already or
 * another process is moving it. That one is not waited for: it may wait for what this transaction holds.
 */
export async function advanceCursor(
  tx: Tx,
  dialect: Dialect,
  { name, seq }: { readonly name: string; readonly seq: number },
): Promise<boolean> {
  const db = tables<AuditTables>(tx)
  let query = db.selectFrom('audit_cursor').select('seq').where('name', '=', name)
  if (dialect === 'postgres') query = query.forUpdate().skipLocked()
  const row = await query.executeTakeFirst()
  if (!row || row.seq >= seq) return false
  await db.updateTable('audit_cursor').set({ seq }).where('name', '=', name).execute()
  return true
}
