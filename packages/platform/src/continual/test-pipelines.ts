import type { JsonValue, PipelineRunDetail } from '@kaizen/contracts'
import { numericColumn, tableOf } from '@kaizen/ml/data'
import { trainers } from '@kaizen/ml/estimators'
import type { AuditLog } from '../audit/index.ts'
import type { DataService } from '../data/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import type { Actor, Ids } from '../kernel/index.ts'
import {
  type BlobStore,
  type Database,
  type Lake,
  literal,
  type Migration,
  type Reader,
  type Tx,
  tables,
} from '../storage/index.ts'
import type { PipelineDoor } from './model.ts'

interface TestTables {
  test_run: {
    id: string
    params: string
    seed: number
    trigger: string
    state: PipelineRunDetail['state']
    model: string | null
    error: string | null
  }
}

export const testPipelineMigrations: readonly Migration[] = [
  {
    name: '9900-test-runs',
    async up(db, types) {
      await db.schema
        .createTable('test_run')
        .addColumn('id', types.text, (column) => column.primaryKey())
        .addColumn('params', types.text, (column) => column.notNull())
        .addColumn('seed', types.integer, (column) => column.notNull())
        .addColumn('trigger', types.text, (column) => column.notNull())
        .addColumn('state', types.text, (column) => column.notNull())
        .addColumn('model', types.text)
        .addColumn('error', types.text)
        .execute()
    },
  },
]

export interface TestPipelineDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly jobs: JobQueue
  readonly blobs: BlobStore
  readonly lake: Lake
  readonly data: DataService
  readonly ids: Ids
  readonly dataset: string
  readonly features: readonly string[]
  readonly target: string
}

const trainJob = 'test.train'

/**
 * The pipeline door over one job that fits a linear model in this process: as durable as the real one, and fast enough
 * to crash the loop at each of its steps.
 */
export class TestPipelines implements PipelineDoor {
  readonly #deps: TestPipelineDeps
  /** Makes the next runs fail with this message. */
  failWith: string | null = null

  constructor(deps: TestPipelineDeps) {
    this.#deps = deps
    deps.jobs.handle(trainJob, ({ job }) => this.#train(job.key))
  }

  async enqueue(
    tx: Tx,
    actor: Actor,
    _name: string,
    options: {
      readonly params: Readonly<Record<string, JsonValue>>
      readonly seed?: number
      readonly trigger: string
    },
  ): Promise<string> {
    const { ids, jobs, audit } = this.#deps
    const id = ids.next('run')
    await tables<TestTables>(tx)
      .insertInto('test_run')
      .values({
        id,
        params: JSON.stringify(options.params),
        seed: options.seed ?? 0,
        trigger: options.trigger,
        state: 'queued',
        model: null,
        error: null,
      })
      .execute()
    await jobs.enqueue(tx, { kind: trainJob, key: id, payload: {} })
    await audit.append(tx, { actor, type: 'pipelines.run.queued', subject: `pipeline-run:${id}` })
    return id
  }

  async get(id: string): Promise<PipelineRunDetail> {
    const row = await this.#row(this.#deps.database.reader, id)
    const model =
      row.model === null ? null : (JSON.parse(row.model) as { digest: string; sizeBytes: number })
    return {
      id,
      pipeline: 'fit',
      project: null,
      state: row.state,
      params: JSON.parse(row.params) as PipelineRunDetail['params'],
      trigger: row.trigger,
      trackingRunId: null,
      createdAt: 0,
      startedAt: 0,
      endedAt: null,
      steps: { total: 1, done: 0, cached: 0, failed: 0 },
      error: row.error === null ? null : { code: 'STEP_FAILED', message: row.error },
      stepRuns: [],
      outputs: model ? { model: { kind: 'model', ...model } } : {},
    }
  }

  /** Windows that were trained on, in order. */
  async runs(): Promise<readonly Readonly<Record<string, number>>[]> {
    const rows = await tables<TestTables>(this.#deps.database.reader)
      .selectFrom('test_run')
      .select('params')
      .orderBy('id')
      .execute()
    return rows.map(({ params }) => JSON.parse(params) as Record<string, number>)
  }

  async #train(id: string): Promise<void> {
    const { database, audit, blobs } = this.#deps
    const row = await this.#row(database.reader, id)
    const error = this.failWith
    const model =
      error === null
        ? await blobs.put(await this.#fit(JSON.parse(row.params) as Record<string, number>))
        : null
    const state = model ? 'succeeded' : 'failed'
    await database.write(async (tx) => {
      await tables<TestTables>(tx)
        .updateTable('test_run')
        .set({ state, model: model && JSON.stringify(model), error })
        .where('id', '=', id)
        .execute()
      await audit.append(tx, {
        actor: 'system',
        type: `pipelines.run.${state}`,
        subject: `pipeline-run:${id}`,
        data: { trigger: row.trigger },
      })
    })
  }

  async #fit(params: Readonly<Record<string, number>>): Promise<Uint8Array> {
    const { data, dataset, lake, features, target } = this.#deps
    const window = await data.window(dataset, params['datasetVersion'] ?? 'latest', {
      from: params['trainFrom'],
      to: params['trainTo'],
    })
    const rows = await lake.query(`SELECT * FROM read_parquet(${literal(window.path)})`)
    const columns = [...features, target].map((name) => {
      const values = rows.columns.find((column) => column.name === name)?.values
      if (!(values instanceof Float64Array)) throw new Error(`no numbers in "${name}"`)
      return numericColumn(name, values)
    })
    return trainers.linear.fit(tableOf(columns), target).toOnnx()
  }

  #row(reader: Reader, id: string): Promise<TestTables['test_run']> {
    return tables<TestTables>(reader)
      .selectFrom('test_run')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  }
}
