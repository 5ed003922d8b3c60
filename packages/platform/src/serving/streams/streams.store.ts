import type { SetAsideRecord, StreamState, TopicRef } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { Positions, SetAside, StreamRecord } from './model.ts'

interface StreamTables {
  serving_stream: {
    name: string
    id: string
    endpoint: string
    source: string
    target: string | null
    state: StreamState
    positions: string
    answered: number
    set_aside: number
    created_at: number
    created_by: string
    last_at: number | null
  }
  serving_stream_set_aside: {
    stream: string
    seq: number
    part: number
    position: number
    reason: string
    value: string
    at: number
  }
}

const toStream = (row: StreamTables['serving_stream']): StreamRecord => ({
  id: row.id,
  name: row.name,
  endpoint: row.endpoint,
  source: JSON.parse(row.source) as TopicRef,
  target: row.target === null ? null : (JSON.parse(row.target) as TopicRef),
  state: row.state,
  positions: JSON.parse(row.positions) as Positions,
  answered: row.answered,
  setAside: row.set_aside,
  createdAt: row.created_at,
  createdBy: row.created_by,
  lastAt: row.last_at,
})

export async function insertStream(tx: Tx, stream: StreamRecord): Promise<void> {
  await tables<StreamTables>(tx)
    .insertInto('serving_stream')
    .values({
      name: stream.name,
      id: stream.id,
      endpoint: stream.endpoint,
      source: JSON.stringify(stream.source),
      target: stream.target && JSON.stringify(stream.target),
      state: stream.state,
      positions: JSON.stringify(stream.positions),
      answered: stream.answered,
      set_aside: stream.setAside,
      created_at: stream.createdAt,
      created_by: stream.createdBy,
      last_at: stream.lastAt,
    })
    .execute()
}

export async function findStream(reader: Reader, name: string): Promise<StreamRecord | undefined> {
  const row = await tables<StreamTables>(reader)
    .selectFrom('serving_stream')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toStream(row)
}

/** By name, after one. */
export async function listStreams(
  reader: Reader,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly StreamRecord[]> {
  const rows = await tables<StreamTables>(reader)
    .selectFrom('serving_stream')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toStream)
}

export async function setStreamState(tx: Tx, name: string, state: StreamState): Promise<void> {
  await tables<StreamTables>(tx)
    .updateTable('serving_stream')
    .set({ state })
    .where('name', '=', name)
    .execute()
}

export interface Progress {
  readonly from: Positions
  readonly to: Positions
  readonly answered: number
  readonly setAside: readonly SetAside[]
  readonly at: number
}

/** The most of a record that is kept. */
const keptText = 10_000

/** Notes how far a running stream is; false where it is not running, or where another has moved it meanwhile. */
export async function advanceStream(tx: Tx, id: string, progress: Progress): Promise<boolean> {
  const db = tables<StreamTables>(tx)
  const moved = await db
    .updateTable('serving_stream')
    .set((eb) => ({
      positions: JSON.stringify(progress.to),
      answered: eb('answered', '+', progress.answered),
      set_aside: eb('set_aside', '+', progress.setAside.length),
      last_at: progress.at,
    }))
    .where('id', '=', id)
    .where('state', '=', 'running')
    .where('positions', '=', JSON.stringify(progress.from))
    .returning('set_aside')
    .executeTakeFirst()
  if (!moved) return false
  const first = moved.set_aside - progress.setAside.length
  if (progress.setAside.length > 0) {
    await db
      .insertInto('serving_stream_set_aside')
      .values(
        progress.setAside.map(({ record, reason }, i) => ({
          stream: id,
          seq: first + i,
          part: record.partition,
          position: record.position,
          reason: reason.slice(0, 2000),
          value: record.value.slice(0, keptText),
          at: progress.at,
        })),
      )
      .execute()
  }
  return true
}

export async function deleteStream(tx: Tx, { id, name }: StreamRecord): Promise<void> {
  const db = tables<StreamTables>(tx)
  await db.deleteFrom('serving_stream').where('name', '=', name).execute()
  await db.deleteFrom('serving_stream_set_aside').where('stream', '=', id).execute()
}

/** Newest first, before a number. */
export async function listSetAside(
  reader: Reader,
  id: string,
  { before, limit }: { readonly before: number; readonly limit: number },
): Promise<readonly (SetAsideRecord & { readonly seq: number })[]> {
  const rows = await tables<StreamTables>(reader)
    .selectFrom('serving_stream_set_aside')
    .selectAll()
    .where('stream', '=', id)
    .where('seq', '<', before)
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ seq, part: partition, position, reason, value, at }) => ({
    seq,
    partition,
    position,
    reason,
    value,
    at,
  }))
}
