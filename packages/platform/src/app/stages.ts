import type { Subscription } from '../audit/index.ts'
import { DataService } from '../data/index.ts'
import type { Surface } from '../http/index.ts'
import { JobQueue } from '../jobs/index.ts'
import type { Ticker } from '../kernel/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'

/** The lifecycle, wired: each stage gets the doors of the stages above it. */
export interface Stages extends AsyncDisposable {
  readonly jobs: JobQueue
  readonly data: DataService
  readonly surfaces: readonly Surface[]
  readonly tickers: readonly Ticker[]
  readonly subscriptions: readonly Subscription[]
  readonly checks: Readonly<Record<string, () => Promise<void>>>
}

export async function openStages(foundation: Foundation, config: ServerConfig): Promise<Stages> {
  const { database, audit, blobs, lake, clock, ids, logger, workFolder } = foundation
  await using opened = new AsyncDisposableStack()
  const jobs = opened.use(
    new JobQueue({
      database,
      clock,
      ids,
      concurrency: config.jobConcurrency,
      soleOwner: config.databaseUrl === undefined,
      onFailure: (job, failure) =>
        logger.error({ job: job.id, kind: job.kind, cause: failure }, 'a job failed'),
    }),
  )
  const data = new DataService({ database, audit, blobs, lake, clock, ids, workFolder })
  const kept = opened.move()
  return {
    jobs,
    data,
    surfaces: [],
    tickers: [],
    subscriptions: [],
    checks: {},
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
