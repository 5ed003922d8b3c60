import type { BatchFormat, BatchState, NewBatchJob } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { BatchPiece, BatchRecord, StoredFile } from './model.ts'

interface BatchTables {
  serving_batch: {
    id: string
    state: BatchState
    model: string
    model_name: string
    model_version: number
    model_digest: string
    /** JSON: what was asked to be scored and how. */
    request: string
    files: string
    format: BatchFormat
    dataset: string | null
    dataset_version: number | null
    rows_per_second: number | null
    row_count: number
    output: string | null
    errors: string | null
    error: string | null
    created_at: number
    created_by: string
    ended_at: number | null
  }
  serving_batch_piece: {
    job: string
    seq: number
    digest: string
    row_count: number
    failed: number
    /** JSON: what its columns hold. */
    columns: string
  }
}

type Request = Pick<NewBatchJob, 'input'> & Pick<BatchRecord, 'columns' | 'keep'>

export async function insertBatch(tx: Tx, job: BatchRecord): Promise<void> {
  const request: Request = { input: job.input, columns: job.columns, keep: job.keep }
  await tables<BatchTables>(tx)
    .insertInto('serving_batch')
    .values({
      id: job.id,
      state: job.state,
      model: job.model,
      model_name: job.modelName,
      model_version: job.modelVersion,
      model_digest: job.modelDigest,
      request: JSON.stringify(request),
      files: JSON.stringify(job.files),
      format: job.format,
      dataset: job.dataset,
      dataset_version: null,
      rows_per_second: job.rowsPerSecond,
      row_count: job.rows,
      output: null,
      errors: null,
      error: null,
      created_at: job.createdAt,
      created_by: job.createdBy,
      ended_at: null,
    })
    .execute()
}

export interface BatchEnd {
  readonly state: BatchState
  readonly endedAt: number
  readonly error?: string
  readonly output?: StoredFile
  readonly errors?: StoredFile | null
  readonly datasetVersion?: number | null
}

/** Takes a job that has not ended to another state; false where it has. */
export async function moveBatch(
  tx: Tx,
  id: string,
  change: BatchEnd | { readonly state: 'running' },
): Promise<boolean> {
  const ended = 'endedAt' in change ? change : undefined
  const result = await tables<BatchTables>(tx)
    .updateTable('serving_batch')
    .set({
      state: change.state,
      ended_at: ended?.endedAt ?? null,
      error: ended?.error ?? null,
      output: ended?.output ? JSON.stringify(ended.output) : null,
      errors: ended?.errors ? JSON.stringify(ended.errors) : null,
      dataset_version: ended?.datasetVersion ?? null,
    })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

export async function findBatch(reader: Reader, id: string): Promise<BatchRecord | undefined> {
  const row = await tables<BatchTables>(reader)
    .selectFrom('serving_batch')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toBatch(row, await countsOf(reader, row.id))
}

/** Newest first, before an id. */
export async function listBatches(
  reader: Reader,
  options: { readonly before: string | undefined; readonly limit: number },
): Promise<readonly BatchRecord[]> {
  let query = tables<BatchTables>(reader)
    .selectFrom('serving_batch')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(options.limit)
  if (options.before !== undefined) query = query.where('id', '<', options.before)
  const rows = await query.execute()
  return Promise.all(rows.map(async (row) => toBatch(row, await countsOf(reader, row.id))))
}

/** Keeps a piece; kept again by a job that runs twice, it changes nothing. */
export async function insertPiece(tx: Tx, job: string, piece: BatchPiece): Promise<void> {
  await tables<BatchTables>(tx)
    .insertInto('serving_batch_piece')
    .values({
      job,
      seq: piece.seq,
      digest: piece.digest,
      row_count: piece.rows,
      failed: piece.failed,
      columns: JSON.stringify(piece.columns),
    })
    .onConflict((conflict) => conflict.columns(['job', 'seq']).doNothing())
    .execute()
}

/** In the order of the rows. */
export async function listPieces(reader: Reader, job: string): Promise<readonly BatchPiece[]> {
  const rows = await tables<BatchTables>(reader)
    .selectFrom('serving_batch_piece')
    .selectAll()
    .where('job', '=', job)
    .orderBy('seq')
    .execute()
  return rows.map(({ seq, digest, row_count, failed, columns }) => ({
    seq,
    digest,
    rows: row_count,
    failed,
    columns: JSON.parse(columns) as BatchPiece['columns'],
  }))
}

/** Lets go of what the pieces hold, which is in the output; their counts stay. */
export async function forgetPieces(tx: Tx, job: string): Promise<void> {
  await tables<BatchTables>(tx)
    .updateTable('serving_batch_piece')
    .set({ digest: '' })
    .where('job', '=', job)
    .execute()
}

interface Counts {
  readonly rows: number
  readonly failed: number
}

async function countsOf(reader: Reader, job: string): Promise<Counts> {
  const sums = await tables<BatchTables>(reader)
    .selectFrom('serving_batch_piece')
    .select(({ fn }) => [
      fn.sum<number | string | null>('row_count').as('rows'),
      fn.sum<number | string | null>('failed').as('failed'),
    ])
    .where('job', '=', job)
    .executeTakeFirst()
  return { rows: Number(sums?.rows ?? 0), failed: Number(sums?.failed ?? 0) }
}

const fileOf = (text: string | null): StoredFile | null =>
  text === null ? null : (JSON.parse(text) as StoredFile)

function toBatch(row: BatchTables['serving_batch'], counts: Counts): BatchRecord {
  const { input, columns, keep } = JSON.parse(row.request) as Request
  return {
    id: row.id,
    state: row.state,
    model: row.model,
    modelName: row.model_name,
    modelVersion: row.model_version,
    modelDigest: row.model_digest,
    input,
    files: JSON.parse(row.files) as readonly string[],
    columns,
    keep,
    format: row.format,
    dataset: row.dataset,
    datasetVersion: row.dataset_version,
    rowsPerSecond: row.rows_per_second,
    rows: row.row_count,
    scored: counts.rows - counts.failed,
    failed: counts.failed,
    output: fileOf(row.output),
    errors: fileOf(row.errors),
    error: row.error,
    createdAt: row.created_at,
    createdBy: row.created_by,
    endedAt: row.ended_at,
  }
}
