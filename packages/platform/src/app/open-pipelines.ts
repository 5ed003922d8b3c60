import { join } from 'node:path'
import type { DataService } from '../data/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import { openLocalExecutor, PipelineService, pipelineRoutes } from '../pipelines/index.ts'
import type { TrackingService } from '../tracking/index.ts'
import { trainingSteps } from '../training/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'

export interface Pipelines extends AsyncDisposable {
  readonly pipelines: PipelineService
  readonly surfaces: readonly Surface[]
}

/** Pipelines, with the executor that runs their steps beside the server. */
export async function openPipelines(
  { database, audit, blobs, clock, ids, directory }: Foundation,
  config: ServerConfig,
  neighbours: {
    readonly jobs: JobQueue
    readonly data: DataService
    readonly tracking: TrackingService
  },
): Promise<Pipelines> {
  const executor = await openLocalExecutor({
    blobs,
    folder: await directory.folder('steps'),
    builtins: trainingSteps,
    concurrency: config.jobConcurrency,
  })
  const pipelines = new PipelineService({
    ...{ database, audit, blobs, clock, ids, executor },
    ...neighbours,
    builtins: trainingSteps,
    logFolder: join(directory.root, 'logs'),
  })
  return {
    pipelines,
    surfaces: [ownSurface('pipelines', pipelineRoutes(pipelines, blobs))],
    [Symbol.asyncDispose]: () => executor[Symbol.asyncDispose](),
  }
}
