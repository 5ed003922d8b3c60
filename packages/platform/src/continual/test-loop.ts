import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorDeclaration, type PolicyDeclaration, policyDeclaration } from '@kaizen/contracts'
import { AuditLog, auditMigrations, Subscription } from '../audit/index.ts'
import { DataService, dataMigrations } from '../data/index.ts'
import { JobQueue, jobMigrations } from '../jobs/index.ts'
import { ReplayClock, randomIds, systemActor } from '../kernel/index.ts'
import {
  BatchRows,
  DatasetRows,
  MonitoringService,
  monitoringMigrations,
} from '../monitoring/index.ts'
import { RegistryService, registryMigrations } from '../registry/index.ts'
import { OnnxRuntime } from '../runtime/index.ts'
import { ServingService, servingMigrations } from '../serving/index.ts'
import {
  type Database,
  type Dialect,
  openDuckdbLake,
  openFileBlobs,
  type Table,
} from '../storage/index.ts'
import { type TestDatabase, testDatabase } from '../storage/test-databases.ts'
import { trackingMigrations } from '../tracking/index.ts'
import { LoopService } from './loops.service.ts'
import { continualMigrations } from './migrations.ts'
import type { ContinualDeps } from './model.ts'
import { ContinualService } from './service.ts'
import { TestPipelines, testPipelineMigrations } from './test-pipelines.ts'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
export const start = Date.UTC(2012, 0, 1)

const migrations = [
  ...auditMigrations,
  ...jobMigrations,
  ...dataMigrations,
  ...trackingMigrations,
  ...registryMigrations,
  ...servingMigrations,
  ...monitoringMigrations,
  ...continualMigrations,
  ...testPipelineMigrations,
]

/** A smooth course between 0 and 1 over a day. */
export const temp = (at: number): number =>
  0.5 + 0.4 * Math.sin((2 * Math.PI * (at % dayMs)) / dayMs)
/** Noise that is the same whenever it is asked for. */
const noise = (at: number): number => {
  const x = Math.sin(at / 7919) * 43_758.5453
  return x - Math.floor(x) - 0.5
}

export interface TestWorld {
  /** The truth at a time; change it to make the world change. */
  slope: (at: number) => number
}

/** What survives a crash: database, files and the world. */
export interface TestStorage extends AsyncDisposable {
  readonly opened: TestDatabase
  readonly folder: string
  readonly clock: ReplayClock
  readonly world: TestWorld
}

export async function testStorage(dialect: Dialect): Promise<TestStorage> {
  const opened = await testDatabase(dialect, migrations)
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-loop-'))
  await mkdir(join(folder, 'work'))
  return {
    opened,
    folder,
    clock: new ReplayClock(start),
    world: { slope: () => 100 },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** One process over a storage: every stage of the loop, with a linear model in place of pipelines of processes. */
export class TestLoop implements AsyncDisposable {
  readonly storage: TestStorage
  readonly continual: ContinualService
  readonly loops: LoopService
  readonly monitoring: MonitoringService
  readonly serving: ServingService
  readonly registry: RegistryService
  readonly data: DataService
  readonly audit: AuditLog
  readonly pipelines: TestPipelines
  readonly failures: unknown[] = []
  readonly #jobs: JobQueue
  readonly #runtime: OnnxRuntime
  readonly #reactions: Subscription
  readonly #lake: ReturnType<typeof openDuckdbLake>

  private constructor(storage: TestStorage, database: Database, blobs: ContinualDeps['blobs']) {
    this.storage = storage
    const { folder, clock } = storage
    const ids = randomIds()
    const audit = new AuditLog(database, clock)
    const lake = openDuckdbLake({ folders: [folder], tempFolder: folder, threads: 1 })
    const runtime = new OnnxRuntime({ threads: 1 })
    const jobs = new JobQueue({
      database,
      clock,
      ids,
      concurrency: 2,
      soleOwner: true,
      onFailure: (_job, failure) => this.failures.push(failure),
    })
    const data = new DataService({
      database,
      audit,
      blobs,
      lake,
      clock,
      ids,
      workFolder: join(folder, 'work'),
    })
    const registry = new RegistryService({ database, audit, clock })
    const serving = new ServingService({
      database,
      audit,
      clock,
      ids,
      blobs,
      lake,
      models: registry,
      runtime,
      logFolder: join(folder, 'predictions'),
      onFault: (failure) => this.failures.push(failure),
    })
    const nothing = {
      rows: () => Promise.reject(new Error('only datasets and endpoints are watched')),
      span: async () => undefined,
    }
    const monitoring = new MonitoringService({
      database,
      audit,
      blobs,
      clock,
      ids,
      serving,
      datasets: new DatasetRows(data, lake),
      runs: nothing,
      features: nothing,
      batches: new BatchRows({ database, audit, blobs, clock }),
    })
    const pipelines = new TestPipelines({
      database,
      audit,
      jobs,
      blobs,
      lake,
      data,
      ids,
      dataset: 'rides',
      features: ['temp'],
      target: 'count',
    })
    const deps: ContinualDeps = {
      database,
      audit,
      jobs,
      clock,
      ids,
      blobs,
      lake,
      runtime,
      data,
      registry,
      pipelines,
      serving,
      monitoring,
    }
    const continual = new ContinualService(deps)
    this.#reactions = new Subscription(
      database,
      audit,
      continual.reactions((failure) => this.failures.push(failure)),
    )
    this.continual = continual
    this.loops = new LoopService(deps, continual)
    this.monitoring = monitoring
    this.serving = serving
    this.registry = registry
    this.data = data
    this.audit = audit
    this.pipelines = pipelines
    this.#jobs = jobs
    this.#runtime = runtime
    this.#lake = lake
  }

  /** Starts a process, on a connection of its own where one is given. */
  static async start(
    storage: TestStorage,
    database: Database = storage.opened.database,
  ): Promise<TestLoop> {
    const blobs = await openFileBlobs(join(storage.folder, 'blobs'))
    const loop = new TestLoop(storage, database, blobs)
    await loop.#jobs.start()
    await loop.serving.start()
    return loop
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reactions[Symbol.asyncDispose]()
    await this.#jobs[Symbol.asyncDispose]()
    await this.serving[Symbol.asyncDispose]()
    await this.#runtime[Symbol.asyncDispose]()
    await this.#lake.close()
  }

  /** Dataset with the days before the start, endpoint, monitor and policy. */
  async declare(policy: object = {}, monitor: object = {}): Promise<void> {
    const declared: PolicyDeclaration = policyDeclaration.parse({
      name: 'loop',
      endpoint: 'demand',
      monitor: 'watch',
      pipeline: 'fit',
      dataset: 'rides',
      triggers: [{ kind: 'performance', metric: 'mae', aboveReference: 1.25 }],
      cooldown: '5d',
      training: { kind: 'sliding', length: '10d', holdout: '2d', minRows: 48 },
      gate: { metric: 'mae' },
      rollout: [
        { kind: 'shadow', duration: '6h' },
        { kind: 'canary', weight: 0.5, duration: '6h' },
      ],
      freeze: '2d',
      ...policy,
    })
    const watched = monitorDeclaration.parse({
      name: 'watch',
      endpoint: 'demand',
      performance: { metrics: ['mae'], window: '2d', minSamples: 12 },
      ...monitor,
    })
    await this.storage.opened.database.write(async (tx) => {
      const dataset = {
        name: 'rides',
        description: '',
        source: null,
        collect: null,
        eventTime: { column: 'at' },
        rules: [{ column: 'temp', min: 0, max: 1 }],
      }
      await this.data.declare(tx, systemActor, dataset, 'test')
      const endpoint = { name: 'demand', description: '', model: 'demand', target: 'count' }
      await this.serving.declare(tx, systemActor, endpoint, 'test')
      await this.monitoring.declare(tx, systemActor, watched, { project: 'test' })
      await this.continual.declare(tx, systemActor, declared, 'test')
    })
  }

  async addHistory(days: number): Promise<void> {
    const at = Array.from({ length: days * 24 }, (_, hour) => start - (days * 24 - hour) * hourMs)
    await this.data.addTable(systemActor, 'rides', this.#rows(at), { kind: 'history' })
  }

  /** Moves time and does what falls due, as the server's replay does. */
  async advance(to: number): Promise<void> {
    this.storage.clock.moveTo(Math.max(to, this.storage.clock.now()))
    await this.settle()
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      const now = this.storage.clock.now()
      const worked = [await this.monitoring.tick(now), await this.continual.tick(now)]
      await this.#reactions.caughtUp()
      await this.#jobs.settled()
      await this.#reactions.caughtUp()
      if (!worked.includes(true) && !(await this.#jobs.isBusy())) return
    }
    throw new Error('the loop did not come to rest')
  }

  /** Hours of traffic, one prediction each, with the truth a day late. */
  async live(
    hours: number,
    planted: { readonly temp?: (value: number) => number; readonly labels?: boolean } = {},
  ): Promise<void> {
    for (let hour = 0; hour < hours; hour++) {
      const at = this.storage.clock.now()
      await this.predict(at, planted.temp?.(temp(at)) ?? temp(at))
      if (planted.labels ?? true) await this.label(at - dayMs)
      await this.advance(at + hourMs)
    }
  }

  async predict(at: number, value: number): Promise<void> {
    const endpoint = await this.serving.live('demand')
    const data = Float32Array.of(value)
    const tensor = { datatype: 'FP32', shape: [1, 1], data } as const
    await endpoint.predict({
      context: { id: `at-${at}`, inferenceIds: undefined, at },
      bind: () => ({ tensors: { temp: tensor }, rows: 1 }),
    })
  }

  async label(at: number): Promise<void> {
    await this.serving.feedback(systemActor, 'demand', [
      { inferenceId: `at-${at}`, value: this.truth(at) },
    ])
  }

  truth(at: number): number {
    return 50 + this.storage.world.slope(at) * temp(at) + 4 * noise(at)
  }

  #rows(at: readonly number[]): Table {
    const times = Float64Array.from(at)
    return {
      rowCount: at.length,
      columns: [
        { name: 'at', type: 'timestamp', values: times },
        { name: 'temp', type: 'number', values: times.map(temp) },
        { name: 'count', type: 'number', values: times.map((time) => this.truth(time)) },
      ],
    }
  }
}
