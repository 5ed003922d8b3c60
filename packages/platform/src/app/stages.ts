import { join } from 'node:path'
import { Subscription } from '../audit/index.ts'
import { ContinualService, continualRoutes, LoopService } from '../continual/index.ts'
import { DataService, dataRoutes } from '../data/index.ts'
import { DeliveryService, deliveryRoutes, exportRoutes } from '../delivery/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import type { FindResources, IdentityService } from '../identity/index.ts'
import { JobQueue } from '../jobs/index.ts'
import type { Ticker } from '../kernel/index.ts'
import {
  AlertingService,
  alertingRoutes,
  BatchRows,
  DatasetRows,
  MonitoringService,
  monitorExportRoutes,
  monitoringRoutes,
  Notifier,
  registerMonitoringMetrics,
  Sender,
} from '../monitoring/index.ts'
import { openLocalExecutor, PipelineService, pipelineRoutes } from '../pipelines/index.ts'
import { ModelFolders, RegistryService, registrySurfaces, signingKey } from '../registry/index.ts'
import { inspectModel, ModelRuntimes, OnnxRuntime } from '../runtime/index.ts'
import {
  BatchService,
  batchRoutes,
  Catalogue,
  invocationsSurface,
  kserveV1Surface,
  ModelRepository,
  type ModelSource,
  openInferenceSurface,
  registerCatalogueMetrics,
  registerServingMetrics,
  ServingService,
  servingRoutes,
} from '../serving/index.ts'
import { importRoutes, TrackingService, trackingSurface } from '../tracking/index.ts'
import { trainingSteps } from '../training/index.ts'
import { collectionRoutes } from './collection-routes.ts'
import type { ServerConfig } from './config.ts'
import { declaredKinds } from './declared-kinds.ts'
import { resourceFinder } from './find-resources.ts'
import type { Foundation } from './foundation.ts'
import { openWebhooks } from './open-webhooks.ts'
import { openPythonRuntime } from './python-models.ts'
import { version } from './version.ts'

/** The lifecycle, wired: each stage gets the doors of the stages above it. */
export interface Stages extends AsyncDisposable {
  readonly jobs: JobQueue
  readonly catalogue: Catalogue
  readonly surfaces: readonly Surface[]
  readonly tickers: readonly Ticker[]
  readonly subscriptions: readonly Subscription[]
  readonly checks: Readonly<Record<string, () => Promise<void>>>
  /** What the names in requests belong to, for permissions. */
  readonly findResources: FindResources
}

export async function openStages(
  foundation: Foundation,
  config: ServerConfig,
  { grants }: IdentityService,
): Promise<Stages> {
  const { database, audit, blobs, lake, clock, ids, logger, workFolder, directory, metrics } =
    foundation
  await using opened = new AsyncDisposableStack()
  const jobs = new JobQueue({
    database,
    clock,
    ids,
    concurrency: config.jobConcurrency,
    soleOwner: config.databaseUrl === undefined,
    onFailure: (job, failure) =>
      logger.error({ job: job.id, kind: job.kind, cause: failure }, 'a job failed'),
  })
  const runtime = opened.use(new OnnxRuntime({ threads: config.inferenceWorkers }))
  const python = opened.use(await openPythonRuntime(foundation, config))
  const data = new DataService({ database, audit, blobs, lake, clock, ids, workFolder })
  const tracking = new TrackingService({ database, blobs, audit, clock, ids, grants })
  const registry = new RegistryService({
    ...{ database, audit, clock, grants },
    signing: { blobs, key: signingKey(config.signingKey, directory.root) },
  })
  const folders = new ModelFolders({ registry, tracking, blobs, reader: database.reader })
  const executor = opened.use(
    await openLocalExecutor({
      blobs,
      folder: await directory.folder('steps'),
      builtins: trainingSteps,
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
    builtins: trainingSteps,
    logFolder: join(directory.root, 'logs'),
  })
  const models: ModelSource = {
    resolve: (uri) => registry.resolve(uri),
    folderOf: (version) => folders.folderOf(version),
    admit: (name: string, version: number) => registry.admit(name, version),
  }
  const runtimes = new ModelRuntimes(runtime, python)
  const serving = opened.use(
    new ServingService({
      database,
      audit,
      clock,
      ids,
      blobs,
      models,
      runtime: runtimes,
      logFolder: join(directory.root, 'predictions'),
      log: { durability: config.predictionDurability },
      onFault: (failure, what) => logger.error({ cause: failure }, what),
    }),
  )
  await serving.start()
  const batch = new BatchService({
    ...{ database, audit, clock, ids, jobs, data, blobs, lake, workFolder, models },
    runtime: runtimes,
    live: (name) => serving.live(name),
    maxUploadBytes: config.uploadLimitBytes,
  })
  const webhooks = opened.use(await openWebhooks(foundation, config, registry))
  const repository =
    config.modelRepository === undefined
      ? undefined
      : opened.use(
          await ModelRepository.open({
            folder: config.modelRepository,
            workFolder: join(workFolder, 'repository'),
            database,
            audit,
            runtime,
            clock,
            ids,
          }),
        )
  const catalogue = new Catalogue({ serving, repository, clock })
  registerCatalogueMetrics(metrics, catalogue)
  registerServingMetrics(metrics, serving)
  const batches = new BatchRows({ database, audit, blobs, clock })
  const datasets = new DatasetRows(data, lake)
  const sender = new Sender({ allowInner: config.allowPrivateChannels })
  const notifier = new Notifier({ database, clock, ids, jobs, sender })
  const alerting = new AlertingService({ database, audit, clock, ids, sender })
  const monitoring = opened.use(
    new MonitoringService({
      ...{ database, audit, blobs, clock, ids, serving, datasets, batches, notifier },
    }),
  )
  monitoring.recomputation.attach(jobs)
  registerMonitoringMetrics(metrics, monitoring.reader)
  const continualDeps = {
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
  const continual = new ContinualService(continualDeps)
  const loops = new LoopService(continualDeps, continual)
  const reactions = opened.use(
    new Subscription(
      database,
      audit,
      continual.reactions((failure, event) =>
        logger.error({ event: event.seq, cause: failure }, 'a reaction to an event failed'),
      ),
    ),
  )
  const delivery = new DeliveryService({
    database,
    audit,
    blobs,
    clock,
    jobs,
    data,
    kinds: declaredKinds({ data, pipelines, serving, monitoring, continual }),
  })
  // Disposed first: jobs are given back while the services that they use still stand.
  opened.use(jobs)
  const kept = opened.move()
  return {
    jobs,
    catalogue,
    surfaces: [
      ownSurface(
        'data',
        dataRoutes(data, { uploadFolder: workFolder, maxUploadBytes: config.uploadLimitBytes }),
      ),
      trackingSurface(tracking, database),
      ...webhooks.surfaces,
      ownSurface('imports', importRoutes(tracking, database)),
      ownSurface(
        'storage',
        collectionRoutes({
          database,
          databaseLocation: config.databaseUrl ?? directory.databasePath,
          blobs,
          audit,
          clock,
          tracking,
        }),
      ),
      ...registrySurfaces({ registry, tracking, database, blobs, inspectModel, audit, clock }),
      ownSurface('exports', exportRoutes({ registry, database, blobs })),
      ownSurface('pipelines', pipelineRoutes(pipelines, blobs)),
      ownSurface('serving', servingRoutes(serving)),
      ownSurface('batch', batchRoutes(batch, blobs)),
      openInferenceSurface({ catalogue, version, maxBodyBytes: config.bodyLimitBytes }),
      invocationsSurface({ catalogue, maxBodyBytes: config.bodyLimitBytes }),
      kserveV1Surface({ catalogue, maxBodyBytes: config.bodyLimitBytes }),
      ownSurface('monitoring', monitoringRoutes(monitoring, batches)),
      ownSurface('monitor-exports', monitorExportRoutes(monitoring)),
      ownSurface('alerting', alertingRoutes(monitoring, alerting)),
      ownSurface('continual', continualRoutes(continual, loops)),
      ownSurface('projects', deliveryRoutes(delivery, { maxFileBytes: config.uploadLimitBytes })),
    ],
    tickers: [monitoring, serving, continual],
    subscriptions: [reactions],
    checks: {},
    findResources: resourceFinder({ tracking, registry, reader: database.reader }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
