import { channelBody, monitorDeclaration } from '@kaizen/contracts'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { JobQueue, jobMigrations } from '../jobs/index.ts'
import { ReplayClock, randomIds, systemActor } from '../kernel/index.ts'
import type { BlobStore, Database } from '../storage/index.ts'
import { Notifier } from './alerting/notifier.ts'
import { Sender } from './alerting/send.ts'
import { AlertingService } from './alerting/service.ts'
import { monitoringMigrations } from './migrations.ts'
import { MonitoringService } from './service.ts'
import { BatchRows } from './sources/batches.ts'
import { TestPredictionLog } from './test-prediction-log.ts'

export { openFileBlobs, openPostgres } from '../storage/index.ts'

const hourMs = 3_600_000
const start = Date.UTC(2026, 0, 5)

export const manyMonitorsMigrations = [
  ...auditMigrations,
  ...jobMigrations,
  ...monitoringMigrations,
]

/** Rows of each hour: the second and third are over the bound of every monitor's rule. */
const rowsOfHours = [10, 30, 30, 10]
export const hoursOfMany = rowsOfHours.length

function logOfHours(): TestPredictionLog {
  const log = new TestPredictionLog()
  rowsOfHours.forEach((rows, hour) => {
    for (let row = 0; row < rows; row++)
      log.add({ at: start + hour * hourMs + row * 1000, inputs: { temp: row }, answer: 1 })
  })
  return log
}

/** One server of several on a database: it closes windows and sends what is to be told. */
function serverOn(database: Database, blobs: BlobStore) {
  const clock = new ReplayClock(start)
  const ids = randomIds()
  const audit = new AuditLog(database, clock)
  const sender = new Sender({ allowInner: true })
  const failures: unknown[] = []
  const jobs = new JobQueue({
    database,
    clock,
    ids,
    concurrency: 8,
    soleOwner: false,
    onFailure: (_job, failure) => failures.push(failure),
  })
  const log = logOfHours()
  const nothing = {
    rows: () => Promise.reject(new Error('nothing else is watched here')),
    span: () => Promise.resolve(undefined),
    version: () => Promise.reject(new Error('nothing else is watched here')),
  }
  const service = new MonitoringService({
    database,
    audit,
    blobs,
    clock,
    ids,
    serving: log,
    datasets: nothing,
    runs: nothing,
    features: nothing,
    batches: new BatchRows({ database, audit, blobs, clock }),
    notifier: new Notifier({ database, clock, ids, jobs, sender }),
  })
  const alerting = new AlertingService({ database, audit, clock, ids, sender })
  return { clock, jobs, log, service, alerting, failures, database }
}

/** Many monitors of one kind on servers that share their databases, each with a rule that opens and resolves an alert. */
export class ManyMonitors implements AsyncDisposable {
  readonly servers: readonly ReturnType<typeof serverOn>[]
  readonly count: number

  private constructor(servers: ManyMonitors['servers'], count: number) {
    this.servers = servers
    this.count = count
  }

  static async open(
    databases: readonly Database[],
    given: { readonly blobs: BlobStore; readonly count: number; readonly hook: string },
  ): Promise<ManyMonitors> {
    const many = new ManyMonitors(
      databases.map((database) => serverOn(database, given.blobs)),
      given.count,
    )
    const [first] = many.servers
    if (!first) throw new RangeError('at least one server')
    const target = { kind: 'webhook', url: given.hook }
    const channel = channelBody.parse({ target, events: ['opened', 'resolved'] })
    await first.alerting.putChannel(systemActor, 'hook', channel)
    await first.database.write(async (tx) => {
      for (let number = 0; number < given.count; number++) {
        const declaration = monitorDeclaration.parse({
          name: `watch-${String(number).padStart(5, '0')}`,
          endpoint: 'offers',
          window: '1h',
          alerts: [{ name: 'many-rows', metric: 'volume:rows', above: 20 }],
        })
        await first.service.declare(tx, systemActor, declaration, { project: 'many' })
      }
    })
    for (const { jobs } of many.servers) await jobs.start()
    return many
  }

  /** Lets an hour pass on all servers, which close what is due at the same time. */
  async pass(hour: number): Promise<void> {
    const now = start + hour * hourMs
    await Promise.all(
      this.servers.map(async ({ clock, service }) => {
        clock.moveTo(now)
        while (await service.tick(now));
      }),
    )
  }

  /** Resolves when everything has been told. */
  async settled(): Promise<void> {
    await Promise.all(this.servers.map(({ jobs }) => jobs.settled()))
  }

  /** How often rows were read: once for each window, and once more where two servers met at it. */
  get reads(): number {
    return this.servers.reduce((sum, { log }) => sum + log.reads, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { jobs, service } of this.servers) {
      await jobs[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
    }
  }
}
