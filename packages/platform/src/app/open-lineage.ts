import { Subscription } from '../audit/index.ts'
import type { DataService } from '../data/index.ts'
import { LineageService, lineageRoutes } from '../delivery/index.ts'
import type { FeatureService } from '../features/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import { JobQueue } from '../jobs/index.ts'
import { systemClock } from '../kernel/index.ts'
import type { PipelineService } from '../pipelines/index.ts'
import type { RegistryService } from '../registry/index.ts'
import type { BatchService } from '../serving/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'

/** Lineage by OpenLineage, with a queue of its own: a receiver that is down holds up nothing else. */
export async function openLineage(
  { database, audit, ids, logger }: Foundation,
  { openlineage, databaseUrl }: ServerConfig,
  stages: {
    readonly data: DataService
    readonly pipelines: PipelineService
    readonly registry: RegistryService
    readonly batch: BatchService
    readonly features: FeatureService
  },
): Promise<{ readonly surfaces: readonly Surface[] } & AsyncDisposable> {
  const jobs = new JobQueue({
    database,
    // Receivers live in real time, also while the server's clock is moved by hand.
    clock: systemClock,
    ids,
    concurrency: 2,
    soleOwner: databaseUrl === undefined,
    onFailure: (job, failure) =>
      logger.warn({ job: job.id, cause: failure }, 'lineage could not be told'),
  })
  const lineage = new LineageService({
    ...stages,
    reader: database.reader,
    audit,
    jobs,
    namespace: openlineage?.namespace ?? 'kaizen',
    receiver: openlineage && { url: openlineage.url, apiKey: openlineage.apiKey },
  })
  await using opened = new AsyncDisposableStack()
  if (openlineage) {
    await jobs.start()
    opened.use(jobs)
    opened.use(
      new Subscription(
        database,
        audit,
        lineage.reactions((failure, event) =>
          logger.error(
            { event: event?.seq, cause: failure },
            'an event could not be taken for lineage',
          ),
        ),
      ),
    )
  }
  const kept = opened.move()
  return {
    surfaces: [ownSurface('lineage', lineageRoutes(lineage))],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
