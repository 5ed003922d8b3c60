import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { CacheEntry } from './model.ts'
import type { PipelineTables } from './tables.ts'

const toEntry = (row: PipelineTables['pipeline_cache']): CacheEntry => ({
  key: row.key,
  pipeline: row.pipeline,
  node: row.node,
  run: row.run,
  parts: JSON.parse(row.parts) as CacheEntry['parts'],
  outputs: JSON.parse(row.outputs) as CacheEntry['outputs'],
  createdAt: row.created_at,
})

/** Entries by key; keys without one are absent. */
export async function findEntries(
  reader: Reader,
  keys: readonly string[],
): Promise<ReadonlyMap<string, CacheEntry>> {
  if (keys.length === 0) return new Map()
  const rows = await tables<PipelineTables>(reader)
    .selectFrom('pipeline_cache')
    .selectAll()
    .where('key', 'in', keys)
    .execute()
  return new Map(rows.map((row) => [row.key, toEntry(row)]))
}

/** The newest entry of a node, to say what has changed since. */
export async function newestEntry(
  reader: Reader,
  pipeline: string,
  node: string,
): Promise<CacheEntry | undefined> {
  const row = await tables<PipelineTables>(reader)
    .selectFrom('pipeline_cache')
    .selectAll()
    .where('pipeline', '=', pipeline)
    .where('node', '=', node)
    .orderBy('run', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && toEntry(row)
}

/** Keeps the outputs of a step under their key; the newest run wins. */
export async function saveEntry(tx: Tx, entry: CacheEntry): Promise<void> {
  const row = {
    key: entry.key,
    pipeline: entry.pipeline,
    node: entry.node,
    run: entry.run,
    parts: JSON.stringify(entry.parts),
    outputs: JSON.stringify(entry.outputs),
    created_at: entry.createdAt,
  }
  const { key: _key, ...rest } = row
  await tables<PipelineTables>(tx)
    .insertInto('pipeline_cache')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet(rest))
    .execute()
}
