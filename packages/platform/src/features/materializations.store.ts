import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { MaterializationRecord } from './model.ts'

interface MaterializationTables {
  feature_materialization: { id: string; view: string; content: string }
}

const toRecord = (row: { readonly content: string }): MaterializationRecord =>
  JSON.parse(row.content) as MaterializationRecord

export async function insertMaterialization(tx: Tx, record: MaterializationRecord): Promise<void> {
  await tables<MaterializationTables>(tx)
    .insertInto('feature_materialization')
    .values({ id: record.id, view: record.view, content: JSON.stringify(record) })
    .execute()
}

export async function findMaterialization(
  reader: Reader,
  id: string,
): Promise<MaterializationRecord | undefined> {
  const row = await tables<MaterializationTables>(reader)
    .selectFrom('feature_materialization')
    .select('content')
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toRecord(row)
}

export async function changeMaterialization(
  tx: Tx,
  id: string,
  change: Partial<MaterializationRecord>,
): Promise<MaterializationRecord | undefined> {
  const record = await findMaterialization(tx, id)
  if (!record) return undefined
  const changed = { ...record, ...change }
  await tables<MaterializationTables>(tx)
    .updateTable('feature_materialization')
    .set({ content: JSON.stringify(changed) })
    .where('id', '=', id)
    .execute()
  return changed
}

/** Materializations of a view before `before`, newest first. */
export async function listMaterializations(
  reader: Reader,
  view: string,
  { before, limit }: { readonly before: string | undefined; readonly limit: number },
): Promise<readonly MaterializationRecord[]> {
  let query = tables<MaterializationTables>(reader)
    .selectFrom('feature_materialization')
    .select('content')
    .where('view', '=', view)
  if (before !== undefined) query = query.where('id', '<', before)
  const rows = await query.orderBy('id', 'desc').limit(limit).execute()
  return rows.map(toRecord)
}
