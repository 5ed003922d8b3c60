import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import type { Ids } from '../../kernel/index.ts'
import type { LoadedModel } from '../../runtime/index.ts'
import {
  type BlobStore,
  type Database,
  type FileFormat,
  type Lake,
  literal,
} from '../../storage/index.ts'
import { errorsSql, type OutputSpec, outputSql } from './answer-columns.ts'
import { insertPiece, listPieces } from './batch.store.ts'
import type { BatchPiece, BatchRecord, StoredFile } from './model.ts'
import { Pace } from './pace.ts'
import { type ScoredRows, scoreRows } from './row-scorer.ts'
import { planScoring, type ScoringPlan } from './scoring-sql.ts'

export interface BatchRunDeps {
  readonly database: Database
  readonly blobs: BlobStore
  readonly lake: Lake
  /** A model by its digest, for this job alone where it can be. @throws NOT_FOUND, INVALID_MODEL, UNAVAILABLE */
  readonly load: (digest: string) => Promise<LoadedModel>
  readonly ids: Ids
  /** A folder that the lake may write to. */
  readonly workFolder: string
  /** Rows of a piece at least, where no rate asks for smaller ones. */
  readonly pieceRows?: number
}

const usualPieceRows = 65_536
const leastPieceRows = 2048
/** A piece of a limited job takes about so long: what a crash can cost. */
const pieceSeconds = 10

export interface BatchResult {
  readonly output: StoredFile
  readonly errors: StoredFile | null
}

/** Rows of a job, in SQL. */
export async function relationOfFiles(
  blobs: Pick<BlobStore, 'localPath'>,
  files: readonly string[],
): Promise<string> {
  const paths = await Promise.all(files.map((digest) => blobs.localPath(digest)))
  return `read_parquet([${paths.map(literal).join(', ')}], union_by_name = true)`
}

/**
 * Scores what no piece holds yet, piece after piece, and then writes the output. The rows are read by DuckDB, the model
 * runs in its threads, and each piece is committed under its digest: a job that is run again goes on behind the last.
 */
export class BatchRun {
  readonly #deps: BatchRunDeps
  readonly #job: BatchRecord
  readonly #signal: AbortSignal

  constructor(deps: BatchRunDeps, job: BatchRecord, signal: AbortSignal) {
    this.#deps = deps
    this.#job = job
    this.#signal = signal
  }

  async run(): Promise<BatchResult> {
    const { lake, blobs, load, database } = this.#deps
    const rows = await relationOfFiles(blobs, this.#job.files)
    const schema = await lake.describe(`SELECT * FROM ${rows}`)
    const done = await listPieces(database.reader, this.#job.id)
    const from = done.reduce((sum, piece) => sum + piece.rows, 0)
    if (from < this.#job.rows) {
      const model = await load(this.#job.modelDigest)
      try {
        const plan = planScoring(model.signature, schema, this.#job.columns)
        const sql = `SELECT ${plan.select} FROM ${rows} OFFSET ${from}`
        await this.#scoreAll(model, plan, { sql, seq: done.length })
      } finally {
        await model.close()
      }
    }
    return this.#finish(
      rows,
      schema.map(({ name }) => name),
    )
  }

  /** One piece is scored while the next is read and the one before is written. */
  async #scoreAll(
    model: LoadedModel,
    plan: ScoringPlan,
    start: { readonly sql: string; readonly seq: number },
  ): Promise<void> {
    const { rowsPerSecond } = this.#job
    const pace = rowsPerSecond === null ? undefined : new Pace(rowsPerSecond, this.#signal)
    let { seq } = start
    let last: Promise<void> = Promise.resolve()
    for await (const rows of this.#deps.lake.scan(start.sql, { leastRows: this.#leastRows() })) {
      this.#signal.throwIfAborted()
      const number = seq++
      const scoring = scoreRows(model, plan, rows, pace)
      scoring.catch(() => undefined)
      const before = last
      last = before.then(async () => this.#keep(number, await scoring))
      last.catch(() => undefined)
      await before
    }
    await last
  }

  #leastRows(): number {
    const { rowsPerSecond } = this.#job
    const usual = this.#deps.pieceRows ?? usualPieceRows
    if (rowsPerSecond === null) return usual
    return Math.min(usual, Math.max(leastPieceRows, rowsPerSecond * pieceSeconds))
  }

  async #keep(seq: number, { table, columns, failed }: ScoredRows): Promise<void> {
    this.#signal.throwIfAborted()
    const { lake, database } = this.#deps
    const { digest } = await this.#stored('parquet', async (path) => {
      await lake.writeTable(table, path)
      return { rowCount: table.rowCount }
    })
    const piece: BatchPiece = { seq, digest, rows: table.rowCount, failed, columns }
    await database.write((tx) => insertPiece(tx, this.#job.id, piece))
  }

  /** Puts rows and answers side by side, and the rows without an answer apart. */
  async #finish(rows: string, schema: readonly string[]): Promise<BatchResult> {
    const { lake, database, blobs } = this.#deps
    const { format, keep } = this.#job
    const pieces = await listPieces(database.reader, this.#job.id)
    const total = pieces.reduce((sum, piece) => sum + piece.rows, 0)
    const failed = pieces.reduce((sum, piece) => sum + piece.failed, 0)
    const columns = pieces.find((piece) => piece.columns.length > 0)?.columns ?? []
    const spec: OutputSpec = {
      rows,
      answers: await relationOfFiles(
        blobs,
        pieces.map(({ digest }) => digest),
      ),
      columns,
      schema,
      keep: keep && (keep.length > 0 || columns.length > 0) ? keep : schema,
    }
    const write = (sql: string) =>
      this.#stored(format, (path) => lake.copyToFile(sql, path, format))
    const output = await write(outputSql(spec))
    const errors = failed === 0 ? null : await write(errorsSql(spec))
    const counted = output.rowCount + (errors?.rowCount ?? 0)
    if (total !== this.#job.rows || counted !== total || output.rowCount !== total - failed) {
      throw new KaizenError(
        'INTERNAL',
        `of ${this.#job.rows} rows ${total} were scored and ${counted} written`,
      )
    }
    return { output, errors }
  }

  async #stored(
    format: FileFormat,
    write: (path: string) => Promise<{ readonly rowCount: number }>,
  ): Promise<StoredFile> {
    const { blobs, ids, workFolder } = this.#deps
    const path = join(workFolder, `${ids.next('batch')}.${format}`)
    try {
      const { rowCount } = await write(path)
      return { ...(await blobs.put(createReadStream(path))), rowCount }
    } finally {
      await rm(path, { force: true })
    }
  }
}
