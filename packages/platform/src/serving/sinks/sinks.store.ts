import type { SinkState, SinkTarget } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { LogPlace } from '../log/log-place.ts'
import type { SinkPlace, SinkRecord } from './model.ts'

interface SinkTables {
  serving_sink: {
    name: string
    id: string
    endpoint: string
    target: string
    token: string | null
    arms: SinkRecord['arms']
    redact: string
    begins: SinkRecord['from']
    state: SinkState
    created_at: number
    created_by: string
  }
  serving_sink_place: {
    sink: string
    log: string
    segment: number
    row: number
    sent: number
    refused: number
    refusal: string | null
    last_at: number | null
  }
}

const toSink = (row: SinkTables['serving_sink']): SinkRecord => ({
  id: row.id,
  name: row.name,
  endpoint: row.endpoint,
  target: JSON.parse(row.target) as SinkTarget,
  token: row.token,
  arms: row.arms,
  redact: JSON.parse(row.redact) as string[],
  from: row.begins,
  state: row.state,
  createdAt: row.created_at,
  createdBy: row.created_by,
})

const toPlace = (row: SinkTables['serving_sink_place']): SinkPlace => ({
  sink: row.sink,
  log: row.log,
  place: { segment: row.segment, row: row.row },
  sent: row.sent,
  refused: row.refused,
  refusal: row.refusal,
  lastAt: row.last_at,
})

export async function insertSink(tx: Tx, sink: SinkRecord): Promise<void> {
  await tables<SinkTables>(tx)
    .insertInto('serving_sink')
    .values({
      name: sink.name,
      id: sink.id,
      endpoint: sink.endpoint,
      target: JSON.stringify(sink.target),
      token: sink.token,
      arms: sink.arms,
      redact: JSON.stringify(sink.redact),
      begins: sink.from,
      state: sink.state,
      created_at: sink.createdAt,
      created_by: sink.createdBy,
    })
    .execute()
}

export async function findSink(reader: Reader, name: string): Promise<SinkRecord | undefined> {
  const row = await tables<SinkTables>(reader)
    .selectFrom('serving_sink')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toSink(row)
}

/** By name, after one; of one endpoint where it is named. */
export async function listSinks(
  reader: Reader,
  {
    after,
    limit,
    endpoint,
  }: { readonly after: string; readonly limit: number; readonly endpoint?: string | undefined },
): Promise<readonly SinkRecord[]> {
  const query = tables<SinkTables>(reader)
    .selectFrom('serving_sink')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
  const rows = await (endpoint === undefined
    ? query
    : query.where('endpoint', '=', endpoint)
  ).execute()
  return rows.map(toSink)
}

export async function setSinkState(tx: Tx, name: string, state: SinkState): Promise<void> {
  await tables<SinkTables>(tx)
    .updateTable('serving_sink')
    .set({ state })
    .where('name', '=', name)
    .execute()
}

export async function deleteSink(tx: Tx, { id, name }: SinkRecord): Promise<void> {
  const db = tables<SinkTables>(tx)
  await db.deleteFrom('serving_sink').where('name', '=', name).execute()
  await db.deleteFrom('serving_sink_place').where('sink', '=', id).execute()
}

/** How far a sink is, in every log. */
export async function placesOf(reader: Reader, sink: string): Promise<readonly SinkPlace[]> {
  const rows = await tables<SinkTables>(reader)
    .selectFrom('serving_sink_place')
    .selectAll()
    .where('sink', '=', sink)
    .execute()
  return rows.map(toPlace)
}

/** Where a sink begins in a log; nothing happens where it has begun. */
export async function beginPlace(
  tx: Tx,
  { sink, log, place }: Pick<SinkPlace, 'sink' | 'log' | 'place'>,
): Promise<void> {
  await tables<SinkTables>(tx)
    .insertInto('serving_sink_place')
    .values({
      sink,
      log,
      segment: place.segment,
      row: place.row,
      sent: 0,
      refused: 0,
      refusal: null,
      last_at: null,
    })
    .onConflict((conflict) => conflict.columns(['sink', 'log']).doNothing())
    .execute()
}

export interface SinkProgress {
  readonly from: LogPlace
  readonly to: LogPlace
  readonly sent: number
  readonly refused: number
  readonly refusal: string | null
  readonly at: number
}

/** Notes how far a running sink is; false where it does not run, or has been moved meanwhile. */
export async function advanceSink(
  tx: Tx,
  { sink, log }: Pick<SinkPlace, 'sink' | 'log'>,
  { from, to, sent, refused, refusal, at }: SinkProgress,
): Promise<boolean> {
  const db = tables<SinkTables>(tx)
  const moved = await db
    .updateTable('serving_sink_place')
    .set((eb) => ({
      segment: to.segment,
      row: to.row,
      sent: eb('sent', '+', sent),
      refused: eb('refused', '+', refused),
      ...(refusal === null ? {} : { refusal }),
      ...(sent + refused === 0 ? {} : { last_at: at }),
    }))
    .where('sink', '=', sink)
    .where('log', '=', log)
    .where('segment', '=', from.segment)
    .where('row', '=', from.row)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('serving_sink')
          .select('id')
          .where('id', '=', sink)
          .where('state', '=', 'running'),
      ),
    )
    .returning('sent')
    .executeTakeFirst()
  return moved !== undefined
}
