import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { PipelineRecord, PipelineRevision } from './model.ts'
import type { PipelineTables } from './tables.ts'

const textOf = (source: PipelineRecord['source']): string | null =>
  source === null ? null : JSON.stringify(source)

const toPipeline = (row: PipelineTables['pipeline']): PipelineRecord => ({
  ...row,
  source: row.source === null ? null : (JSON.parse(row.source) as PipelineRecord['source']),
})

/** Puts a pipeline into force; its revision is kept for the runs that point at it. */
export async function savePipeline(
  tx: Tx,
  pipeline: PipelineRecord,
  revision: PipelineRevision,
): Promise<void> {
  const db = tables<PipelineTables>(tx)
  await db
    .insertInto('pipeline_revision')
    .values({
      digest: revision.digest,
      declaration: JSON.stringify(revision.declaration),
      bundle: JSON.stringify(revision.bundle),
    })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .execute()
  const row = { ...pipeline, source: textOf(pipeline.source) }
  const { name: _name, ...rest } = row
  await db
    .insertInto('pipeline')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(rest))
    .execute()
}

export async function findPipeline(
  reader: Reader,
  name: string,
): Promise<PipelineRecord | undefined> {
  const row = await tables<PipelineTables>(reader)
    .selectFrom('pipeline')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toPipeline(row)
}

/** Notes that the same revision now stands in another state of the repository. */
export async function setSource(
  tx: Tx,
  name: string,
  source: PipelineRecord['source'],
): Promise<void> {
  await tables<PipelineTables>(tx)
    .updateTable('pipeline')
    .set({ source: textOf(source) })
    .where('name', '=', name)
    .execute()
}

/** By name, after `after`. */
export async function listPipelines(
  reader: Reader,
  after: string,
  limit: number,
): Promise<readonly PipelineRecord[]> {
  const rows = await tables<PipelineTables>(reader)
    .selectFrom('pipeline')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toPipeline)
}

export async function readRevision(reader: Reader, digest: string): Promise<PipelineRevision> {
  const row = await tables<PipelineTables>(reader)
    .selectFrom('pipeline_revision')
    .selectAll()
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow()
  return {
    digest: row.digest,
    declaration: JSON.parse(row.declaration) as PipelineRevision['declaration'],
    bundle: JSON.parse(row.bundle) as PipelineRevision['bundle'],
  }
}

export async function removePipeline(tx: Tx, name: string): Promise<boolean> {
  const result = await tables<PipelineTables>(tx)
    .deleteFrom('pipeline')
    .where('name', '=', name)
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}
