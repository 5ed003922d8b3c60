import { join } from 'node:path'
import type { MonitorDeclaration } from '@kaizen/contracts'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { jobMigrations } from '../jobs/index.ts'
import { ReplayClock, randomIds, systemActor } from '../kernel/index.ts'
import { openFileBlobs, openSqlite, type Table } from '../storage/index.ts'
import { monitoringMigrations } from './migrations.ts'
import type { LoggedPredictions, PredictionLog } from './model.ts'
import { MonitoringService } from './service.ts'
import { BatchRows } from './sources/batches.ts'

/** The stage over hours of predictions held in memory, for benchmarks: what is measured is closing, not reading. */
export async function measuredMonitoring(
  folder: string,
  hours: readonly LoggedPredictions[],
  { start, hourMs }: { readonly start: number; readonly hourMs: number },
) {
  const migrations = [...auditMigrations, ...jobMigrations, ...monitoringMigrations]
  const database = await openSqlite(join(folder, 'bench.db'), migrations)
  const blobs = await openFileBlobs(join(folder, 'blobs'))
  const clock = new ReplayClock(start)
  const audit = new AuditLog(database, clock)
  const serving: PredictionLog = {
    predictions: async (_endpoint, { from }) => {
      const hour = hours[(from - start) / hourMs]
      if (!hour) throw new RangeError(`no hour begins at ${from}`)
      return hour
    },
    logSpan: async () => ({ from: start, to: start + hours.length * hourMs }),
    feedbackChangedSince: async (_endpoint, cursor) => ({ cursor, span: null }),
  }
  const nothing = {
    rows: () => Promise.reject(new Error('no dataset is watched here')),
    span: () => Promise.resolve(undefined),
    version: () => Promise.reject(new Error('no dataset is watched here')),
  }
  const monitoring = new MonitoringService({
    database,
    audit,
    blobs,
    clock,
    serving,
    ids: randomIds(),
    datasets: nothing,
    runs: nothing,
    features: nothing,
    batches: new BatchRows({ database, audit, blobs, clock }),
  })
  return {
    async declare(declaration: MonitorDeclaration, trained: Table): Promise<void> {
      await database.write((tx) =>
        monitoring.declare(tx, systemActor, declaration, { project: 'bench' }),
      )
      const rows = { table: trained, prediction: null }
      const prepared = await monitoring.prepareReference(declaration.name, rows)
      await database.write(async (tx) => {
        const reference = { modelVersion: 1, prepared, performance: {} }
        await monitoring.setReference(tx, systemActor, declaration.name, reference)
      })
    },
    /** Closes the hour that ends at a time. */
    async close(to: number): Promise<void> {
      clock.moveTo(to)
      await monitoring.tick(to)
      const { windows } = await monitoring.reader.view('bench')
      if (windows !== 2 * ((to - start) / hourMs))
        throw new Error(`${windows} windows have closed by ${new Date(to).toISOString()}`)
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await monitoring[Symbol.asyncDispose]()
      await database.close()
    },
  }
}
