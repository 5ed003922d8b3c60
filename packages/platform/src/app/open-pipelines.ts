import { join } from 'node:path'
import type { DataService } from '../data/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import {
  openLocalExecutor,
  PipelineService,
  pipelineRoutes,
  reproductionRoutes,
} from '../pipelines/index.ts'
import { OnnxRuntime } from '../runtime/index.ts'
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
  await using opened = new AsyncDisposableStack()
  // Compares models now and then; a thread of its own holds up no endpoint, and starts with the first model.
  const runtime = opened.use(new OnnxRuntime({ threads: 1, inlineBelowMs: 0 }))
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
    executor,
    runtime,
    ...neighbours,
    builtins: trainingSteps,
    logFolder: join(directory.root, 'logs'),
  })
  const kept = opened.move()
  return {
    pipelines,
    surfaces: [
      ownSurface('pipelines', pipelineRoutes(pipelines, blobs)),
      ownSurface('reproductions', reproductionRoutes(pipelines)),
    ],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
