import { join } from 'node:path'
import type { Subscription } from '../audit/index.ts'
import { DataService, dataRoutes } from '../data/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import { JobQueue } from '../jobs/index.ts'
import type { Ticker } from '../kernel/index.ts'
import { MonitoringService, monitoringRoutes } from '../monitoring/index.ts'
import { openLocalExecutor, PipelineService, pipelineRoutes } from '../pipelines/index.ts'
import { RegistryService, registrySurfaces } from '../registry/index.ts'
import { inspectModel, OnnxRuntime } from '../runtime/index.ts'
import {
  invocationsSurface,
  openInferenceSurface,
  registerServingMetrics,
  ServingService,
  servingRoutes,
} from '../serving/index.ts'
import { TrackingService, trackingSurface } from '../tracking/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'
import { version } from './version.ts'

/** The lifecycle, wired: each stage gets the doors of the stages above it. */
export interface Stages extends AsyncDisposable {
  readonly jobs: JobQueue
  readonly surfaces: readonly Surface[]
  readonly tickers: readonly Ticker[]
  readonly subscriptions: readonly Subscription[]
  readonly checks: Readonly<Record<string, () => Promise<void>>>
}

export async function openStages(foundation: Foundation, config: ServerConfig): Promise<Stages> {
  const { database, audit, blobs, lake, clock, ids, logger, workFolder, directory, metrics } =
    foundation
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
  const runtime = opened.use(new OnnxRuntime({ threads: config.inferenceWorkers }))
  const data = new DataService({ database, audit, blobs, lake, clock, ids, workFolder })
  const tracking = new TrackingService({ database, blobs, audit, clock, ids })
  const registry = new RegistryService({ database, audit, clock })
  const builtins = {}
  const executor = opened.use(
    await openLocalExecutor({
      blobs,
      folder: await directory.folder('steps'),
      builtins,
      concurrency: config.jobConcurrency,
    }),
  )
  const pipelines = new PipelineService({
    database,
    audit,
    blobs,
    clock,
    ids,
    jobs,
    data,
    tracking,
    executor,
    builtins,
    logFolder: join(directory.root, 'logs'),
  })
  const serving = opened.use(
    new ServingService({
      database,
      audit,
      clock,
      ids,
      blobs,
      models: registry,
      runtime,
      logFolder: join(directory.root, 'predictions'),
      onFault: (failure, what) => logger.error({ cause: failure }, what),
    }),
  )
  await serving.start()
  registerServingMetrics(metrics, serving)
  const monitoring = new MonitoringService({ database, audit, blobs, clock, ids, serving })
  const kept = opened.move()
  return {
    jobs,
    surfaces: [
      ownSurface(
        'data',
        dataRoutes(data, { uploadFolder: workFolder, maxUploadBytes: config.uploadLimitBytes }),
      ),
      trackingSurface(tracking, database),
      ...registrySurfaces({ registry, tracking, database, blobs, inspectModel }),
      ownSurface('pipelines', pipelineRoutes(pipelines, blobs)),
      ownSurface('serving', servingRoutes(serving)),
      openInferenceSurface({ serving, version, maxBodyBytes: config.bodyLimitBytes }),
      invocationsSurface({ serving, maxBodyBytes: config.bodyLimitBytes }),
      ownSurface('monitoring', monitoringRoutes(monitoring)),
    ],
    tickers: [monitoring],
    subscriptions: [],
    checks: {},
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
