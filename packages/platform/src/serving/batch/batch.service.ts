import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import {
  type BatchFile,
  type BatchFormat,
  type BatchJob,
  isKaizenError,
  KaizenError,
  type ModelSignature,
  type NewBatchJob,
  objectName,
  type Page,
} from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import { type DataService, namedRelationOfFile, receiveFile } from '../../data/index.ts'
import type { JobQueue } from '../../jobs/index.ts'
import { type Actor, type Clock, systemActor } from '../../kernel/index.ts'
import { literal, type Tx } from '../../storage/index.ts'
import type { LiveEndpoint } from '../endpoints/live-endpoint.ts'
import type { ModelIdentity } from '../model-identities.ts'
import * as store from './batch.store.ts'
import type { BatchRunDeps } from './batch-run.ts'
import type { BatchRecord, StoredFile } from './model.ts'

export interface BatchDeps extends BatchRunDeps {
  readonly audit: AuditLog
  readonly clock: Clock
  readonly jobs: JobQueue
  readonly data: DataService
  /** What a model, an ensemble or a model of another server stands for now. @throws NOT_FOUND, UNSUPPORTED */
  readonly identify: (uri: string) => Promise<ModelIdentity>
  /** The endpoint of a name. @throws NOT_FOUND */
  readonly live: (name: string) => Promise<LiveEndpoint>
  readonly maxUploadBytes: number
}

const kind = 'serving.batch'
/** Restarts of the server that a job outlives. */
const maxAttempts = 20

type Pinned = Pick<BatchRecord, 'modelName' | 'modelVersion' | 'modelDigest'>

/** Scores files and dataset versions as jobs: counted exactly, taken up again after a crash, cancelled on request. */
export class BatchService {
  readonly #deps: BatchDeps

  constructor(deps: BatchDeps) {
    this.#deps = deps
    deps.jobs.handle(
      kind,
      ({ job, signal }) => this.#run(job.key, signal),
      (tx, job, failure) => this.#fail(tx, job.key, failure),
      { slow: true },
    )
  }

  /** Stores an uploaded file as rows that jobs can read again and again. @throws INVALID_DATA, TOO_LARGE */
  async upload(body: Readable | undefined, format: BatchFormat): Promise<BatchFile> {
    const { lake, blobs, ids, workFolder, maxUploadBytes } = this.#deps
    const name = join(workFolder, ids.next('upload'))
    const [received, rows] = [`${name}.${format}`, `${name}.rows.parquet`]
    try {
      await receiveFile(body, received, maxUploadBytes)
      const relation = `SELECT * FROM ${await namedRelationOfFile(lake, received, format)}`
      const columns = await lake.describe(relation)
      if (format !== 'parquet') await lake.copyToFile(relation, rows, 'parquet')
      const path = format === 'parquet' ? received : rows
      const rowCount = await this.#count(`read_parquet(${literal(path)})`)
      const { digest, sizeBytes } = await blobs.put(createReadStream(path))
      return { digest, sizeBytes, rowCount, columns: [...columns] }
    } finally {
      await Promise.all([received, rows].map((path) => rm(path, { force: true })))
    }
  }

  /**
   * A job that is there under the id is answered as it is. @throws NOT_FOUND, INVALID_DATA when the rows do not fit the
   * model, UNSUPPORTED
   */
  async create(
    actor: Actor,
    asked: NewBatchJob,
    id = this.#deps.ids.next('batch'),
  ): Promise<BatchJob> {
    const { database, audit, clock, jobs } = this.#deps
    const known = await store.findBatch(database.reader, id)
    if (known) return viewOf(known)
    if (asked.dataset !== undefined && asked.format !== 'parquet') {
      throw new KaizenError('INVALID_REQUEST', 'format: the output of a dataset is Parquet')
    }
    const pinned = await this.#pin(asked.model)
    const { files, rows } = await this.#filesOf(asked.input)
    await this.#check(pinned.modelDigest, files, asked)
    if (asked.dataset !== undefined) await this.#ensureDataset(actor, asked.dataset)
    const job: BatchRecord = {
      ...pinned,
      id,
      state: 'queued',
      model: asked.model,
      input: asked.input,
      files,
      columns: asked.columns,
      keep: asked.keep,
      format: asked.format,
      dataset: asked.dataset ?? null,
      datasetVersion: null,
      rowsPerSecond: asked.rowsPerSecond ?? null,
      rows,
      scored: 0,
      failed: 0,
      output: null,
      errors: null,
      error: null,
      createdAt: clock.now(),
      createdBy: actor.name,
      endedAt: null,
    }
    await database.write(async (tx) => {
      await store.insertBatch(tx, job)
      await jobs.enqueue(tx, { kind, key: job.id, payload: {}, maxAttempts })
      const { modelName, modelVersion, input, format, dataset } = job
      const data = { model: modelName, version: modelVersion, input, format, dataset, rows }
      await audit.append(tx, {
        actor,
        type: 'serving.batch.created',
        subject: `batch:${job.id}`,
        data,
      })
    })
    return viewOf(job)
  }

  /** Whether a job could be made of it now. @throws NOT_FOUND, INVALID_DATA, UNSUPPORTED, INVALID_REQUEST */
  async verify(asked: NewBatchJob): Promise<void> {
    if (asked.dataset !== undefined && asked.format !== 'parquet') {
      throw new KaizenError('INVALID_REQUEST', 'format: the output of a dataset is Parquet')
    }
    const { modelDigest } = await this.#pin(asked.model)
    const { files } = await this.#filesOf(asked.input)
    await this.#check(modelDigest, files, asked)
  }

  /** @throws NOT_FOUND */
  async get(id: string): Promise<BatchJob> {
    return viewOf(await this.#record(id))
  }

  async list(options: {
    readonly limit: number
    readonly pageToken?: string | undefined
  }): Promise<Page<BatchJob>> {
    const records = await store.listBatches(this.#deps.database.reader, {
      before: options.pageToken,
      limit: options.limit,
    })
    const items = records.map(viewOf)
    const last = records.at(-1)
    return records.length === options.limit && last ? { items, nextPageToken: last.id } : { items }
  }

  /** @throws NOT_FOUND, CONFLICT when it has ended */
  async cancel(actor: Actor, id: string): Promise<BatchJob> {
    const { database, audit, clock, jobs } = this.#deps
    const { state } = await this.#record(id)
    await database.write(async (tx) => {
      const end = { state: 'cancelled', endedAt: clock.now() } as const
      if (!(await store.moveBatch(tx, id, end))) {
        throw new KaizenError('CONFLICT', `the batch job "${id}" has ended already: ${state}`)
      }
      await jobs.cancel(tx, kind, id)
      await store.forgetPieces(tx, id)
      await audit.append(tx, { actor, type: 'serving.batch.cancelled', subject: `batch:${id}` })
    })
    return this.get(id)
  }

  /** What a job has written. @throws NOT_FOUND, CONFLICT while it is not there */
  async file(
    id: string,
    which: 'output' | 'errors',
  ): Promise<{ readonly file: StoredFile; readonly format: BatchFormat }> {
    const record = await this.#record(id)
    if (record.state !== 'succeeded') {
      throw new KaizenError('CONFLICT', `the batch job "${id}" has no output: ${record.state}`, {
        hint: 'The output is there when the job has succeeded.',
      })
    }
    const file = record[which]
    if (file) return { file, format: record.format }
    throw new KaizenError('NOT_FOUND', `no row of the batch job "${id}" was set aside`)
  }

  async #run(id: string, signal: AbortSignal): Promise<void> {
    const { database } = this.#deps
    const job = await store.findBatch(database.reader, id)
    if (!job || job.endedAt !== null) return
    try {
      await database.write((tx) => store.moveBatch(tx, id, { state: 'running' }))
      const { BatchRun } = await import('./batch-run.ts')
      await this.#succeed(job, await new BatchRun(this.#deps, job, signal).run())
    } catch (failure) {
      if (signal.aborted || !isHopeless(failure)) throw failure
      await database.write((tx) => this.#fail(tx, id, failure))
    }
  }

  async #succeed(
    { id, dataset, model }: BatchRecord,
    result: { readonly output: StoredFile; readonly errors: StoredFile | null },
  ): Promise<void> {
    const { database, audit, clock, data, blobs } = this.#deps
    const { output, errors } = result
    // Made again with the same content, a version is the one that is there.
    const version =
      dataset === null
        ? null
        : await data.addFile(dataset, {
            path: await blobs.localPath(output.digest),
            format: 'parquet',
            mode: 'create',
            origin: { kind: 'batch', job: id, model },
            actor: systemActor,
          })
    await database.write(async (tx) => {
      const datasetVersion = version?.version ?? null
      const end = { state: 'succeeded', endedAt: clock.now(), output, errors } as const
      if (!(await store.moveBatch(tx, id, { ...end, datasetVersion }))) return
      await store.forgetPieces(tx, id)
      await audit.append(tx, {
        actor: systemActor,
        type: 'serving.batch.succeeded',
        subject: `batch:${id}`,
        data: { scored: output.rowCount, failed: errors?.rowCount ?? 0, datasetVersion },
      })
    })
  }

  async #fail(tx: Tx, id: string, failure: unknown): Promise<void> {
    const { audit, clock } = this.#deps
    const error = failure instanceof Error ? failure.message : String(failure)
    if (!(await store.moveBatch(tx, id, { state: 'failed', endedAt: clock.now(), error }))) return
    await audit.append(tx, {
      actor: systemActor,
      type: 'serving.batch.failed',
      subject: `batch:${id}`,
      data: { error },
    })
  }

  /** The version that a model or endpoint stands for now: it stays the job's, whatever happens to the name. */
  async #pin(model: string): Promise<Pinned> {
    if (objectName.safeParse(model).success) {
      const { resolved } = (await this.#deps.live(model)).armFor(undefined)
      const { modelName, version, digest } = resolved
      return { modelName, modelVersion: version, modelDigest: digest }
    }
    const { modelName, version, digest } = await this.#deps.identify(model)
    return { modelName, modelVersion: version, modelDigest: digest }
  }

  async #filesOf(
    input: NewBatchJob['input'],
  ): Promise<{ readonly files: readonly string[]; readonly rows: number }> {
    const { data, blobs } = this.#deps
    if ('dataset' in input) {
      const version = await data.version(input.dataset, input.version ?? 'latest')
      return { files: version.pieces.map(({ digest }) => digest), rows: version.rowCount }
    }
    if (!(await blobs.stat(input.file))) {
      throw new KaizenError('NOT_FOUND', `the file ${input.file} is not stored`, {
        hint: 'Upload it first: POST /api/v1/batch-files?format=csv',
      })
    }
    const { relationOfFiles } = await import('./batch-run.ts')
    return {
      files: [input.file],
      rows: await this.#count(await relationOfFiles(blobs, [input.file])),
    }
  }

  /** Whether the rows fit the model, before anybody waits for it. */
  async #check(digest: string, files: readonly string[], asked: NewBatchJob): Promise<void> {
    const { lake, blobs } = this.#deps
    const { relationOfFiles } = await import('./batch-run.ts')
    const { planScoring, sqlTypeOf } = await import('./scoring-sql.ts')
    const schema = await lake.describe(`SELECT * FROM ${await relationOfFiles(blobs, files)}`)
    const signature = await this.#signature(digest)
    planScoring(signature, schema, asked.columns)
    for (const { name, datatype } of signature.outputs) sqlTypeOf(name, datatype)
    const unknown = asked.keep?.find((name) => !schema.some((column) => column.name === name))
    if (unknown === undefined) return
    throw new KaizenError('INVALID_DATA', `keep: the rows have no column "${unknown}"`, {
      hint: `The columns are: ${schema
        .slice(0, 50)
        .map(({ name }) => name)
        .join(', ')}.`,
    })
  }

  async #signature(digest: string): Promise<ModelSignature> {
    const model = await this.#deps.load(digest)
    await model.close()
    return model.signature
  }

  async #ensureDataset(actor: Actor, name: string): Promise<void> {
    const { data } = this.#deps
    try {
      await data.get(name)
    } catch (failure) {
      if (!isKaizenError(failure) || failure.code !== 'NOT_FOUND') throw failure
      await data.create(actor, { name, description: 'Rows scored by batch jobs.' })
    }
  }

  async #count(relation: string): Promise<number> {
    const counted = await this.#deps.lake.query(`SELECT count(*) AS n FROM ${relation}`)
    return Number(counted.columns[0]?.values[0] ?? 0)
  }

  async #record(id: string): Promise<BatchRecord> {
    const record = await store.findBatch(this.#deps.database.reader, id)
    if (record) return record
    throw new KaizenError('NOT_FOUND', `there is no batch job ${JSON.stringify(id)}`, {
      hint: '`kaizen batch list` shows those that there are.',
    })
  }
}

/** Failures that another try meets again. */
const isHopeless = (failure: unknown): boolean =>
  isKaizenError(failure) &&
  ['invalid', 'unsupported', 'not_found', 'bug', 'conflict'].includes(failure.kind)

function viewOf(record: BatchRecord): BatchJob {
  const { modelDigest: _model, files: _files, columns, keep, ...view } = record
  return {
    ...view,
    columns: columns ? [...columns] : null,
    keep: keep ? [...keep] : null,
  }
}
