import { sql } from 'kysely'
import {
  type Dialect,
  PreparedInsert,
  PreparedQuery,
  type Reader,
  type Tx,
  tables,
} from '../../storage/index.ts'
import type { KeyValue } from '../model.ts'
import { readAssessments } from './assessments.store.ts'
import type { TraceTables } from './trace-schema.store.ts'
import type { TraceInfo, TraceState } from './traces.ts'

export type TraceRow = TraceTables['trace']
type PairTable = 'trace_tag' | 'trace_metadata'

const insertion = new PreparedQuery<readonly (string | number | null)[], { number: number }>(
  (reader, id, experiment, time, execution, state, client, request, response, finalized) =>
    tables<TraceTables>(reader)
      .insertInto('trace')
      .values({
        id: id as string,
        experiment_number: experiment as number,
        timestamp_ms: time as number,
        execution_ms: execution as number | null,
        state: state as string,
        client_request_id: client as string | null,
        request_preview: request as string | null,
        response_preview: response as string | null,
        finalized: finalized as number,
      } as TraceRow)
      .returning('number'),
)

/** Adds a trace; answers its number. */
export async function insertTrace(
  tx: Tx,
  dialect: Dialect,
  row: Omit<TraceRow, 'number'>,
): Promise<number> {
  const [inserted] = await insertion.run(
    tx,
    dialect,
    row.id,
    row.experiment_number,
    row.timestamp_ms,
    row.execution_ms,
    row.state,
    row.client_request_id,
    row.request_preview,
    row.response_preview,
    row.finalized,
  )
  if (!inserted) throw new Error('a trace was not inserted')
  return inserted.number
}

export async function updateTrace(
  tx: Tx,
  number: number,
  changes: Partial<Omit<TraceRow, 'number' | 'id'>>,
): Promise<void> {
  if (Object.keys(changes).length === 0) return
  await tables<TraceTables>(tx)
    .updateTable('trace')
    .set(changes)
    .where('number', '=', number)
    .execute()
}

/** Rows by id, in no order; those that are not there are left out. */
export async function findTraces(
  reader: Reader,
  ids: readonly string[],
): Promise<readonly TraceRow[]> {
  if (ids.length === 0) return []
  return tables<TraceTables>(reader)
    .selectFrom('trace')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute()
}

const pairInsert = (table: PairTable, replace: boolean) =>
  new PreparedInsert<{ trace_number: number; key: string; value: string }>(
    ['trace_number', 'key', 'value'],
    (tx, rows) =>
      tables<TraceTables>(tx)
        .insertInto(table)
        .values(rows)
        .onConflict((conflict) =>
          replace
            ? conflict
                .columns(['trace_number', 'key'])
                .doUpdateSet({ value: sql<string>`excluded.value` })
            : conflict.doNothing(),
        ),
  )
const pairInserts = {
  trace_tag: { put: pairInsert('trace_tag', true), add: pairInsert('trace_tag', false) },
  trace_metadata: {
    put: pairInsert('trace_metadata', true),
    add: pairInsert('trace_metadata', false),
  },
} as const

/** Sets pairs of a trace; the last of two with one key stands. */
export async function putPairs(
  tx: Tx,
  dialect: Dialect,
  table: PairTable,
  pairs: readonly { readonly traceNumber: number; readonly key: string; readonly value: string }[],
  mode: 'put' | 'add' = 'put',
): Promise<void> {
  const last = new Map(
    pairs.map(({ traceNumber, key, value }) => [
      `${traceNumber}\0${key}`,
      { trace_number: traceNumber, key, value },
    ]),
  )
  await pairInserts[table][mode].run(tx, dialect, [...last.values()])
}

/** Answers whether there was such a tag. */
export async function deleteTraceTag(tx: Tx, number: number, key: string): Promise<boolean> {
  const { numDeletedRows } = await tables<TraceTables>(tx)
    .deleteFrom('trace_tag')
    .where('trace_number', '=', number)
    .where('key', '=', key)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}

export async function readTraceTag(
  reader: Reader,
  number: number,
  key: string,
): Promise<string | undefined> {
  const row = await tables<TraceTables>(reader)
    .selectFrom('trace_tag')
    .select('value')
    .where('trace_number', '=', number)
    .where('key', '=', key)
    .executeTakeFirst()
  return row?.value
}

/** Whole traces, without their spans, in the order of `numbers`. */
export async function readTraces(
  reader: Reader,
  numbers: readonly number[],
): Promise<readonly TraceInfo[]> {
  if (numbers.length === 0) return []
  const rows = await tables<TraceTables>(reader)
    .selectFrom('trace')
    .selectAll()
    .where('number', 'in', [...numbers])
    .execute()
  const tags = await readPairs(reader, 'trace_tag', numbers)
  const metadata = await readPairs(reader, 'trace_metadata', numbers)
  const assessments = await readAssessments(reader, numbers)
  const found = new Map(rows.map((row) => [row.number, row]))
  return numbers.flatMap((number) => {
    const row = found.get(number)
    if (!row) return []
    const told = assessments.get(number) ?? []
    return [toTraceInfo(row, metadata.get(number) ?? [], tags.get(number) ?? [], told)]
  })
}

const toTraceInfo = (
  row: TraceRow,
  metadata: readonly KeyValue[],
  tags: readonly KeyValue[],
  assessments: TraceInfo['assessments'],
): TraceInfo => ({
  traceId: row.id,
  experimentId: String(row.experiment_number),
  timestampMs: row.timestamp_ms,
  executionMs: row.execution_ms,
  state: row.state as TraceState,
  clientRequestId: row.client_request_id,
  requestPreview: row.request_preview,
  responsePreview: row.response_preview,
  metadata,
  tags,
  assessments,
})

async function readPairs(
  reader: Reader,
  table: PairTable,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, readonly KeyValue[]>> {
  const rows = await tables<TraceTables>(reader)
    .selectFrom(table)
    .selectAll()
    .where('trace_number', 'in', [...numbers])
    .orderBy('trace_number')
    .orderBy('key')
    .execute()
  const found = new Map<number, KeyValue[]>()
  for (const { trace_number, key, value } of rows) {
    const list = found.get(trace_number)
    if (list) list.push({ key, value })
    else found.set(trace_number, [{ key, value }])
  }
  return found
}

export async function linkRuns(tx: Tx, runId: string, numbers: readonly number[]): Promise<void> {
  if (numbers.length === 0) return
  await tables<TraceTables>(tx)
    .insertInto('trace_run')
    .values(numbers.map((number) => ({ run_id: runId, trace_number: number })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function linkPrompts(
  tx: Tx,
  number: number,
  prompts: readonly string[],
): Promise<void> {
  if (prompts.length === 0) return
  await tables<TraceTables>(tx)
    .insertInto('trace_prompt')
    .values(prompts.map((prompt) => ({ prompt, trace_number: number })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Traces of an experiment that began at `until` or before, the oldest first. */
export async function oldestTraces(
  reader: Reader,
  experimentNumber: number,
  until: number,
  limit: number,
): Promise<readonly TraceRow[]> {
  return tables<TraceTables>(reader)
    .selectFrom('trace')
    .selectAll()
    .where('experiment_number', '=', experimentNumber)
    .where('timestamp_ms', '<=', until)
    .orderBy('timestamp_ms')
    .orderBy('id')
    .limit(limit)
    .execute()
}

const owned = [
  'trace_tag',
  'trace_metadata',
  'trace_run',
  'trace_prompt',
  'trace_chunk',
  'trace_span_group',
  'trace_assessment',
] as const

/** Deletes traces with all that belongs to them. */
export async function deleteTraces(tx: Tx, numbers: readonly number[]): Promise<void> {
  if (numbers.length === 0) return
  for (const table of owned) {
    await tables<TraceTables>(tx)
      .deleteFrom(table)
      .where('trace_number', 'in', [...numbers])
      .execute()
  }
  await tables<TraceTables>(tx)
    .deleteFrom('trace')
    .where('number', 'in', [...numbers])
    .execute()
}
