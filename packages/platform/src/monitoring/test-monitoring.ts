import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type MonitorDeclaration, monitorDeclaration } from '@kaizen/contracts'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { JobQueue, jobMigrations } from '../jobs/index.ts'
import { ReplayClock, randomIds, systemActor } from '../kernel/index.ts'
import type { BundleFile } from '../pipelines/index.ts'
import {
  type BlobStore,
  type Dialect,
  openFileBlobs,
  type Table,
  type TableColumn,
} from '../storage/index.ts'
import { type TestDatabase, testDatabase } from '../storage/test-databases.ts'
import { monitoringMigrations } from './migrations.ts'
import type { MonitoringDeps } from './service.ts'
import { MonitoringService } from './service.ts'
import { BatchRows } from './sources/batches.ts'
import { TestPredictionLog } from './test-prediction-log.ts'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
/** A Monday, at the start of a day. */
export const start = Date.UTC(2012, 0, 2)

/** Where monitors of tests keep what they know: one database and one folder for a whole file of tests. */
export class TestStore implements AsyncDisposable {
  readonly opened: TestDatabase
  readonly blobs: BlobStore
  readonly #folder: string

  private constructor(opened: TestDatabase, blobs: BlobStore, folder: string) {
    this.opened = opened
    this.blobs = blobs
    this.#folder = folder
  }

  static async open(dialect: Dialect): Promise<TestStore> {
    const migrations = [...auditMigrations, ...jobMigrations, ...monitoringMigrations]
    const opened = await testDatabase(dialect, migrations)
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-monitoring-'))
    return new TestStore(opened, await openFileBlobs(folder), folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.opened[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

export const noRuns: MonitoringDeps['runs'] = {
  rows: () => Promise.reject(new Error('no pipeline is watched here')),
  span: () => Promise.resolve(undefined),
}

export const noFeatures: MonitoringDeps['features'] = {
  rows: () => Promise.reject(new Error('no feature view is watched here')),
  span: () => Promise.resolve(undefined),
}

export const noDatasets: MonitoringDeps['datasets'] = {
  rows: () => Promise.reject(new Error('no dataset is watched here')),
  span: () => Promise.resolve(undefined),
  version: () => Promise.reject(new Error('no dataset is watched here')),
}

/** A monitoring stage over a log in memory, with a clock that the test moves. */
export class TestMonitoring implements AsyncDisposable {
  readonly clock = new ReplayClock(start)
  readonly log = new TestPredictionLog()
  readonly audit: AuditLog
  readonly batches: BatchRows
  readonly service: MonitoringService
  readonly jobs: JobQueue
  readonly failures: unknown[] = []
  /** What the watched is made from. */
  lineage: ReadonlySet<string> = new Set()
  readonly store: TestStore
  /** The monitor of the test. */
  readonly name: string

  constructor(
    store: TestStore,
    name: string,
    {
      datasets = noDatasets,
      runs = noRuns,
      features = noFeatures,
      metrics,
      attributions,
    }: Partial<
      Pick<MonitoringDeps, 'datasets' | 'runs' | 'features' | 'metrics' | 'attributions'>
    > = {},
  ) {
    this.store = store
    this.name = name
    const { database } = store.opened
    const { blobs } = store
    const { clock } = this
    const ids = randomIds()
    this.audit = new AuditLog(database, clock)
    this.batches = new BatchRows({ database, audit: this.audit, blobs, clock })
    const { audit, batches } = this
    this.service = new MonitoringService({
      database,
      audit,
      blobs,
      clock,
      ids,
      datasets,
      runs,
      features,
      batches,
      serving: this.log,
      metrics,
      attributions,
      lineage: { of: async () => this.lineage },
    })
    this.jobs = new JobQueue({
      database,
      clock,
      ids,
      concurrency: 1,
      soleOwner: true,
      onFailure: (_job, failure) => this.failures.push(failure),
    })
    this.service.recomputation.attach(this.jobs)
  }

  async declare(
    changes: object = {},
    bundle: readonly BundleFile[] = [],
  ): Promise<MonitorDeclaration> {
    const declaration = monitorDeclaration.parse({
      name: this.name,
      endpoint: `endpoint-${this.name}`,
      ...changes,
    })
    await this.store.opened.database.write((tx) =>
      this.service.declare(tx, systemActor, declaration, { project: 'test', bundle }),
    )
    return declaration
  }

  /** The rows that the champion was trained on, and its error on the holdout. */
  async trainedOn(
    table: Table,
    performance: Readonly<Record<string, number>> = {},
    prediction: TableColumn | null = null,
  ): Promise<void> {
    const prepared = await this.service.prepareReference(this.name, { table, prediction })
    await this.store.opened.database.write((tx) =>
      this.service.setReference(tx, systemActor, this.name, {
        modelVersion: 1,
        prepared,
        performance,
      }),
    )
  }

  /** Moves time and does what falls due. */
  async advance(to: number): Promise<void> {
    this.clock.moveTo(to)
    while (await this.service.tick(to));
  }

  /** The newest value of each metric by its name. */
  async metrics() {
    const points = await this.service.reader.metrics(this.name)
    return new Map(points.map((point) => [point.metric, point]))
  }

  series(metric: string) {
    return this.service.reader.series(this.name, metric, { from: 0, to: Number.MAX_SAFE_INTEGER })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.jobs[Symbol.asyncDispose]()
    await this.store.opened.database.write((tx) => this.service.remove(tx, systemActor, this.name))
    await this.service[Symbol.asyncDispose]()
  }
}

/** A table of columns of numbers or texts. */
export const tableOf = (
  columns: Readonly<Record<string, readonly (number | string)[]>>,
): Table => ({
  rowCount: Object.values(columns)[0]?.length ?? 0,
  columns: Object.entries(columns).map(([name, values]) =>
    typeof values[0] === 'string'
      ? { name, type: 'string', values: values.map(String) }
      : { name, type: 'number', values: Float64Array.from(values, Number) },
  ),
})
