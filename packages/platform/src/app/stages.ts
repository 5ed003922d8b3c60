import { join } from 'node:path'
import type { Subscription } from '../audit/index.ts'
import { DataService, dataRoutes } from '../data/index.ts'
import { DeliveryService, deliveryRoutes, exportRoutes } from '../delivery/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import type { FindResources, IdentityService } from '../identity/index.ts'
import { JobQueue } from '../jobs/index.ts'
import type { Ticker } from '../kernel/index.ts'
import type { Catalogue, RequestMemory } from '../serving/index.ts'
import { collectionRoutes } from './collection-routes.ts'
import type { ServerConfig } from './config.ts'
import { declaredKinds } from './declared-kinds.ts'
import { resourceFinder } from './find-resources.ts'
import type { Foundation } from './foundation.ts'
import { openContinual } from './open-continual.ts'
import { openFeatures } from './open-features.ts'
import { openLineage } from './open-lineage.ts'
import { openMonitoring } from './open-monitoring.ts'
import { openPipelines } from './open-pipelines.ts'
import { openRecords } from './open-records.ts'
import { openServing } from './open-serving.ts'
import { openWebhooks } from './open-webhooks.ts'

/** The lifecycle, wired: each stage gets the doors of the stages above it. */
export interface Stages extends AsyncDisposable {
  readonly jobs: JobQueue
  readonly catalogue: Catalogue
  readonly requestMemory: RequestMemory
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
  identity: IdentityService,
): Promise<Stages> {
  const { database, audit, blobs, lake, clock, ids, workFolder, directory } = foundation
  await using opened = new AsyncDisposableStack()
  const jobs = openJobs(foundation, config)
  const data = new DataService({ database, audit, blobs, lake, clock, ids, workFolder })
  const featuring = opened.use(await openFeatures(foundation, config, { jobs, data }))
  const { features } = featuring
  const records = openRecords(foundation, config, identity)
  const { tracking, registry } = records
  const pipelining = opened.use(await openPipelines(foundation, config, { jobs, data, tracking }))
  const answering = opened.use(
    await openServing(foundation, config, { jobs, data, records, features }),
  )
  const webhooks = opened.use(await openWebhooks(foundation, config, registry))
  identity.workspaces.add(webhooks.contents)
  const { runtime, serving, batch, schedules, streams, sinks } = answering
  const { pipelines } = pipelining
  const watching = opened.use(
    await openMonitoring(foundation, config, {
      jobs,
      data,
      features,
      serving,
      pipelines,
      registry,
    }),
  )
  const { monitoring, reports } = watching
  const looping = opened.use(
    openContinual(foundation, {
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
    }),
  )
  const { continual } = looping
  const stages = { data, features, pipelines, serving, monitoring, reports, continual }
  const kinds = declaredKinds(stages)
  const delivery = new DeliveryService({ database, audit, blobs, clock, jobs, data, kinds })
  const lineage = opened.use(
    await openLineage(foundation, config, { data, pipelines, registry, batch, features }),
  )
  // Disposed first: jobs are given back while the services that they use still stand.
  opened.use(jobs)
  const kept = opened.move()
  const databaseLocation = config.databaseUrl ?? directory.databasePath
  return {
    jobs,
    catalogue: answering.catalogue,
    requestMemory: answering.requestMemory,
    surfaces: [
      ownSurface(
        'data',
        dataRoutes(data, { uploadFolder: workFolder, maxUploadBytes: config.uploadLimitBytes }),
      ),
      ...featuring.surfaces,
      ...records.surfaces,
      ...webhooks.surfaces,
      ownSurface(
        'storage',
        collectionRoutes({
          database,
          databaseLocation,
          blobs,
          audit,
          clock,
          tracking,
          workingFiles: {
            logFolder: join(directory.root, 'logs'),
            bundleFolder: join(directory.root, 'steps', 'bundles'),
          },
        }),
      ),
      ownSurface('exports', exportRoutes({ registry, database, blobs })),
      ...pipelining.surfaces,
      ...answering.surfaces,
      ...watching.surfaces,
      ...looping.surfaces,
      ...lineage.surfaces,
      ownSurface('projects', deliveryRoutes(delivery, { maxFileBytes: config.uploadLimitBytes })),
    ],
    tickers: [features, monitoring, serving, schedules, streams, sinks, continual, reports],
    subscriptions: [looping.reactions],
    checks: {},
    findResources: resourceFinder({
      tracking,
      registry,
      reader: database.reader,
      workspaces: identity.workspaces,
    }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function openJobs({ database, clock, ids, logger }: Foundation, config: ServerConfig): JobQueue {
  return new JobQueue({
    database,
    clock,
    ids,
    concurrency: config.jobConcurrency,
    soleOwner: config.databaseUrl === undefined,
    onFailure: (job, failure) =>
      logger.error({ job: job.id, kind: job.kind, cause: failure }, 'a job failed'),
  })
}
