import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { BatchJob, NewBatchJob } from '@kaizen/contracts'
import { AuditLog, auditMigrations } from '../../audit/index.ts'
import { DataService, dataMigrations } from '../../data/index.ts'
import { JobQueue, jobMigrations } from '../../jobs/index.ts'
import { ReplayClock, randomIds } from '../../kernel/index.ts'
import { inspectModel, OnnxRuntime } from '../../runtime/index.ts'
import { type Database, type Lake, openDuckdbLake, openFileBlobs } from '../../storage/index.ts'
import { servingMigrations } from '../migrations.ts'
import { editor, TestModels } from '../test-serving.ts'
import { type BatchDeps, BatchService } from './batch.service.ts'
import { BatchScheduleService } from './schedules.service.ts'

export const batchMigrations = [
  ...auditMigrations,
  ...jobMigrations,
  ...dataMigrations,
  ...servingMigrations,
]

export interface TestBatch extends AsyncDisposable {
  readonly batch: BatchService
  readonly data: DataService
  readonly audit: AuditLog
  readonly lake: Lake
  readonly jobs: JobQueue
  readonly clock: ReplayClock
  readonly schedules: BatchScheduleService
  /** Failures of jobs. */
  readonly failures: unknown[]
  register(name: string, model: Uint8Array): Promise<string>
  upload(format: 'csv' | 'jsonl', text: string): Promise<string>
  /** Runs a job to its end. */
  run(asked: Omit<NewBatchJob, 'format'> & Partial<NewBatchJob>): Promise<BatchJob>
  /** Local path of what a job has written. */
  path(id: string, which: 'output' | 'errors'): Promise<string>
}

/** Batch jobs on real threads, files and tables. */
export async function testBatch(
  folder: string,
  database: Database,
  options: { readonly pieceRows?: number; readonly concurrency?: number } & Partial<
    Pick<BatchDeps, 'identify' | 'load' | 'live'>
  > = {},
): Promise<TestBatch> {
  await using opened = new AsyncDisposableStack()
  const clock = new ReplayClock(Date.UTC(2026, 0, 1))
  const ids = randomIds()
  const audit = new AuditLog(database, clock)
  const lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
  opened.defer(() => lake.close())
  const blobs = await openFileBlobs(join(folder, 'blobs'))
  const data = new DataService({ database, audit, blobs, lake, clock, ids, workFolder: folder })
  const runtime = opened.use(new OnnxRuntime({ threads: 2 }))
  const failures: unknown[] = []
  const jobs = new JobQueue({
    database,
    clock,
    ids,
    concurrency: options.concurrency ?? 1,
    soleOwner: true,
    onFailure: (_job, failure) => failures.push(failure),
  })
  const models = new TestModels()
  const batch = new BatchService({
    database,
    audit,
    clock,
    ids,
    jobs,
    data,
    blobs,
    lake,
    load: async (digest) => runtime.load(await blobs.localPath(digest)),
    identify: async (uri) => {
      const { name, version, modelDigest } = await models.resolve(uri)
      return { modelName: name, version, digest: modelDigest! }
    },
    workFolder: folder,
    maxUploadBytes: 1e8,
    live: (name) => Promise.reject(new Error(`there is no endpoint ${name}`)),
    ...options,
  })
  const schedules = new BatchScheduleService({ database, audit, clock, ids, jobs, batch })
  opened.use(jobs)
  await jobs.start()
  const kept = opened.move()
  return {
    batch,
    data,
    audit,
    lake,
    jobs,
    clock,
    schedules,
    failures,
    async register(name, model) {
      const { digest, sizeBytes } = await blobs.put(model)
      return models.add({
        name,
        modelDigest: digest,
        modelSizeBytes: sizeBytes,
        signature: await inspectModel(model),
      })
    },
    upload: async (format, text) =>
      (await batch.upload(Readable.from([Buffer.from(text)]), format)).digest,
    async run(asked) {
      const { id } = await batch.create(editor, { format: 'parquet', ...asked })
      await jobs.settled()
      return batch.get(id)
    },
    path: async (id, which) => blobs.localPath((await batch.file(id, which)).file.digest),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
