import { join } from 'node:path'
import type { DataService } from '../data/index.ts'
import type { FeatureService } from '../features/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import { stepEnvironment } from '../pipelines/index.ts'
import { ModelRuntimes, OnnxRuntime } from '../runtime/index.ts'
import {
  AnySizeCodec,
  BatchScheduleService,
  BatchService,
  batchRoutes,
  batchScheduleRoutes,
  Catalogue,
  frozenPath,
  invocationsSurface,
  kserveV1Surface,
  ModelRepository,
  type ModelSource,
  openInferenceSurface,
  openKafka,
  ProjectSteps,
  RequestMemory,
  readKafkaCluster,
  registerCatalogueMetrics,
  registerServingMetrics,
  registerSinkMetrics,
  registerStreamMetrics,
  ServingService,
  SinkService,
  StreamService,
  servingRoutes,
  sinkRoutes,
  streamRoutes,
} from '../serving/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'
import type { Records } from './open-records.ts'
import { openPythonRuntime } from './python-models.ts'
import { openSecretBox } from './secret-box.ts'
import { version } from './version.ts'

export interface Serving extends AsyncDisposable {
  readonly runtime: OnnxRuntime
  readonly serving: ServingService
  readonly batch: BatchService
  readonly schedules: BatchScheduleService
  readonly streams: StreamService
  readonly sinks: SinkService
  /** Endpoints and the models of a repository folder, under the names that clients call. */
  readonly catalogue: Catalogue
  /** What bodies of requests to models may hold, over every protocol. */
  readonly requestMemory: RequestMemory
  readonly surfaces: readonly Surface[]
}

/** Everything that answers predictions, with the runtimes below it. */
export async function openServing(
  foundation: Foundation,
  config: ServerConfig,
  {
    jobs,
    data,
    records,
    features,
  }: {
    readonly jobs: JobQueue
    readonly data: DataService
    readonly records: Records
    readonly features: FeatureService
  },
): Promise<Serving> {
  const { database, audit, blobs, lake, clock, ids, logger, workFolder, directory, metrics } =
    foundation
  await using opened = new AsyncDisposableStack()
  const runtime = opened.use(new OnnxRuntime({ threads: config.inferenceWorkers }))
  const python = opened.use(
    await openPythonRuntime(foundation, config, {
      fileOf: (digest) => blobs.localPath(digest),
      folder: 'python',
    }),
  )
  const models = modelSource(records)
  const runtimes = new ModelRuntimes(runtime, python)
  const serving = opened.use(
    new ServingService({
      database,
      audit,
      clock,
      ids,
      blobs,
      lake,
      models,
      features: features.reader,
      runtime: runtimes,
      steps: new ProjectSteps({
        blobs,
        python,
        folder: join(await directory.folder('steps'), 'bundles'),
        environment: stepEnvironment(process.env, {}),
        log: (line) => logger.warn({ part: 'serving-step' }, line),
      }),
      remote: { allowPrivate: config.remoteModelsToPrivate, timeoutMs: 30_000 },
      logFolder: join(directory.root, 'predictions'),
      log: { durability: config.predictionDurability },
      onFault: (failure, what) => logger.error({ cause: failure }, what),
    }),
  )
  await serving.start()
  const batch = new BatchService({
    database,
    audit,
    clock,
    ids,
    jobs,
    data,
    blobs,
    lake,
    workFolder,
    identify: (uri) => serving.identify(uri),
    load: (digest) => serving.load(digest),
    live: (name) => serving.live(name),
    maxUploadBytes: config.uploadLimitBytes,
  })
  const schedules = new BatchScheduleService({ database, audit, clock, ids, jobs, batch })
  const cluster = config.kafka && (await readKafkaCluster(config.kafka))
  const streams = opened.use(
    new StreamService({
      database,
      audit,
      clock,
      ids,
      live: (name) => serving.live(name),
      kafka: cluster && (() => openKafka(cluster)),
    }),
  )
  registerStreamMetrics(metrics, streams)
  const sinks = opened.use(
    await SinkService.open({
      database,
      audit,
      clock,
      ids,
      live: (name) => serving.live(name),
      topics: (broker) => streams.port(broker),
      secrets: await openSecretBox(config, directory.root),
      logFolder: join(directory.root, 'predictions'),
      allowPrivate: config.webhooksToPrivate,
    }),
  )
  registerSinkMetrics(metrics, sinks)
  const repository = opened.use(await openRepository(foundation, config, runtime))
  const catalogue = new Catalogue({ serving, repository: repository.models, clock })
  registerCatalogueMetrics(metrics, catalogue)
  registerServingMetrics(metrics, serving)
  const codec = opened.use(new AnySizeCodec())
  const memory = new RequestMemory()
  const asked = { catalogue, codec, memory, maxBodyBytes: config.bodyLimitBytes }
  const kept = opened.move()
  return {
    runtime,
    serving,
    batch,
    schedules,
    streams,
    sinks,
    catalogue,
    requestMemory: memory,
    surfaces: [
      ownSurface('serving', servingRoutes(serving)),
      ownSurface('batch', [...batchRoutes(batch, blobs), ...batchScheduleRoutes(schedules)]),
      ownSurface('streams', streamRoutes(streams)),
      ownSurface('sinks', sinkRoutes(sinks)),
      openInferenceSurface({ ...asked, version }),
      invocationsSurface(asked),
      kserveV1Surface(asked),
    ],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** The folder of models that are served without being registered, where there is one. */
async function openRepository(
  foundation: Foundation,
  config: ServerConfig,
  onnx: OnnxRuntime,
): Promise<AsyncDisposable & { readonly models: ModelRepository | undefined }> {
  const { database, audit, clock, ids, workFolder } = foundation
  await using opened = new AsyncDisposableStack()
  const { modelRepository: folder } = config
  const copies = join(workFolder, 'repository')
  let models: ModelRepository | undefined
  if (folder !== undefined) {
    // Copies of its files lie beside the blobs, for nothing of it is registered.
    const python = await openPythonRuntime(foundation, config, {
      fileOf: async (digest) => frozenPath(copies, digest),
      folder: 'python-repository',
    })
    const runtime = new ModelRuntimes(onnx, opened.use(python))
    const deps = { database, audit, runtime, clock, ids, folder, workFolder: copies }
    models = opened.use(await ModelRepository.open(deps))
  }
  const kept = opened.move()
  return { models, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** The registry, as serving sees it. */
function modelSource({ registry, folders }: Records): ModelSource {
  return {
    resolve: (uri) => registry.resolve(uri),
    folderOf: (version) => folders.folderOf(version),
    exampleOf: (version) => folders.exampleOf(version),
    admit: (served) => registry.admit(served),
  }
}
