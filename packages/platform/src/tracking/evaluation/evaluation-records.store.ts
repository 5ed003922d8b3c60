import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { EvaluationRecord, Json, JsonObject } from './evaluation-datasets.ts'
import type { EvaluationTables } from './evaluation-schema.store.ts'

type RecordRow = EvaluationTables['evaluation_record']

const toRecord = (row: RecordRow): EvaluationRecord => ({
  recordId: row.id,
  inputs: JSON.parse(row.inputs) as JsonObject,
  outputs: row.outputs === null ? undefined : (JSON.parse(row.outputs) as Json),
  expectations:
    row.expectations === null ? undefined : (JSON.parse(row.expectations) as JsonObject),
  tags: JSON.parse(row.tags) as EvaluationRecord['tags'],
  source: row.source === null ? undefined : (JSON.parse(row.source) as JsonObject),
  sourceId: row.source_id ?? undefined,
  sourceType: row.source_type ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  createdBy: row.created_by,
  updatedBy: row.updated_by,
})

/** Adds a record, or writes what is kept under its id anew. */
export async function putRecord(
  tx: Tx,
  datasetId: string,
  digest: string,
  record: EvaluationRecord,
): Promise<void> {
  const row: RecordRow = {
    dataset_id: datasetId,
    id: record.recordId,
    inputs_digest: digest,
    inputs: JSON.stringify(record.inputs),
    outputs: record.outputs === undefined ? null : JSON.stringify(record.outputs),
    expectations: record.expectations === undefined ? null : JSON.stringify(record.expectations),
    tags: JSON.stringify(record.tags),
    source: record.source === undefined ? null : JSON.stringify(record.source),
    source_id: record.sourceId ?? null,
    source_type: record.sourceType ?? null,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    created_by: record.createdBy,
    updated_by: record.updatedBy,
  }
  const { dataset_id: _, id: __, ...changes } = row
  await tables<EvaluationTables>(tx)
    .insertInto('evaluation_record')
    .values(row)
    .onConflict((conflict) => conflict.columns(['dataset_id', 'id']).doUpdateSet(changes))
    .execute()
}

/** Records by the digest of what goes in. */
export async function findRecords(
  reader: Reader,
  datasetId: string,
  digests: readonly string[],
): Promise<ReadonlyMap<string, EvaluationRecord>> {
  const found = new Map<string, EvaluationRecord>()
  for (let at = 0; at < digests.length; at += 500) {
    const rows = await tables<EvaluationTables>(reader)
      .selectFrom('evaluation_record')
      .selectAll()
      .where('dataset_id', '=', datasetId)
      .where('inputs_digest', 'in', digests.slice(at, at + 500))
      .execute()
    for (const row of rows) found.set(row.inputs_digest, toRecord(row))
  }
  return found
}

/** Records in the order in which they were added. */
export async function readRecords(
  reader: Reader,
  datasetId: string,
  page: { readonly after?: readonly [number, string] | undefined; readonly limit: number },
): Promise<readonly EvaluationRecord[]> {
  let query = tables<EvaluationTables>(reader)
    .selectFrom('evaluation_record')
    .selectAll()
    .where('dataset_id', '=', datasetId)
  if (page.after) {
    const [createdAt, id] = page.after
    query = query.where(({ eb, or, and }) =>
      or([
        eb('created_at', '>', createdAt),
        and([eb('created_at', '=', createdAt), eb('id', '>', id)]),
      ]),
    )
  }
  const rows = await query.orderBy('created_at').orderBy('id').limit(page.limit).execute()
  return rows.map(toRecord)
}

/** Answers how many there were. */
export async function deleteRecords(
  tx: Tx,
  datasetId: string,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0
  const { numDeletedRows } = await tables<EvaluationTables>(tx)
    .deleteFrom('evaluation_record')
    .where('dataset_id', '=', datasetId)
    .where('id', 'in', [...ids])
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
