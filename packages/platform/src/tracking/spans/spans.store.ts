import { type Dialect, PreparedInsert, type Reader, type Tx, tables } from '../../storage/index.ts'
import type { TraceTables } from '../traces/trace-schema.store.ts'
import type { SpanChunk } from './span-chunks.ts'
import { uncompressed } from './span-compression.ts'

export type ChunkRow = TraceTables['trace_chunk']
type GroupRow = TraceTables['trace_span_group']

const chunks = new PreparedInsert<ChunkRow>(
  ['trace_number', 'chunk', 'span_count', 'tree', 'used', 'content'],
  (tx, rows) => tables<TraceTables>(tx).insertInto('trace_chunk').values(rows),
)
const groups = new PreparedInsert<GroupRow>(
  [
    'trace_number',
    'chunk',
    'item',
    'name',
    'type',
    'status',
    'model',
    'provider',
    'span_count',
    'points',
  ],
  (tx, rows) => tables<TraceTables>(tx).insertInto('trace_span_group').values(rows),
)

export interface NewChunk {
  readonly traceNumber: number
  readonly number: number
  readonly chunk: SpanChunk
}

export async function insertChunks(
  tx: Tx,
  dialect: Dialect,
  added: readonly NewChunk[],
): Promise<void> {
  await chunks.run(
    tx,
    dialect,
    added.map(({ traceNumber, number, chunk }) => ({
      trace_number: traceNumber,
      chunk: number,
      span_count: chunk.spanCount,
      tree: chunk.tree,
      used: chunk.used,
      content: chunk.content,
    })),
  )
  await groups.run(
    tx,
    dialect,
    added.flatMap(({ traceNumber, number, chunk }) =>
      chunk.groups.map((group, item) => ({
        trace_number: traceNumber,
        chunk: number,
        item,
        name: group.name,
        type: group.type,
        status: group.status,
        model: group.model,
        provider: group.provider,
        span_count: group.spanCount,
        points: group.points,
      })),
    ),
  )
}

export async function deleteChunk(tx: Tx, traceNumber: number, chunk: number): Promise<void> {
  for (const table of ['trace_chunk', 'trace_span_group'] as const) {
    await tables<TraceTables>(tx)
      .deleteFrom(table)
      .where('trace_number', '=', traceNumber)
      .where('chunk', '=', chunk)
      .execute()
  }
}

/** What chunks of traces hold, without the spans themselves. */
export async function readChunkHeads(
  reader: Reader,
  traceNumbers: readonly number[],
): Promise<readonly Omit<ChunkRow, 'content'>[]> {
  if (traceNumbers.length === 0) return []
  return tables<TraceTables>(reader)
    .selectFrom('trace_chunk')
    .select(['trace_number', 'chunk', 'span_count', 'tree', 'used'])
    .where('trace_number', 'in', [...traceNumbers])
    .orderBy('trace_number')
    .orderBy('chunk')
    .execute()
}

/** The spans of traces, by trace in the order in which they arrived. */
export async function readContents(
  reader: Reader,
  traceNumbers: readonly number[],
): Promise<ReadonlyMap<number, readonly Uint8Array[]>> {
  if (traceNumbers.length === 0) return new Map()
  const rows = await tables<TraceTables>(reader)
    .selectFrom('trace_chunk')
    .select(['trace_number', 'content'])
    .where('trace_number', 'in', [...traceNumbers])
    .orderBy('trace_number')
    .orderBy('chunk')
    .execute()
  const contents = new Map<number, Uint8Array[]>()
  for (const { trace_number: number, content: stored } of rows) {
    const content = uncompressed(stored)
    const known = contents.get(number)
    if (known) known.push(content)
    else contents.set(number, [content])
  }
  return contents
}

export async function readContent(
  reader: Reader,
  traceNumber: number,
  chunk: number,
): Promise<Uint8Array | undefined> {
  const row = await tables<TraceTables>(reader)
    .selectFrom('trace_chunk')
    .select('content')
    .where('trace_number', '=', traceNumber)
    .where('chunk', '=', chunk)
    .executeTakeFirst()
  return row && uncompressed(row.content)
}
