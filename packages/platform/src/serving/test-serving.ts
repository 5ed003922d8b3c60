import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KaizenError, type ModelVersionView } from '@kaizen/contracts'
import { GraphBuilder } from '@kaizen/ml/onnx'
import fastify from 'fastify'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { mountSurface, ownSurface } from '../http/index.ts'
import { type Actor, ReplayClock, randomIds } from '../kernel/index.ts'
import { inspectModel, ModelRuntimes, OnnxRuntime, PythonRuntime } from '../runtime/index.ts'
import {
  type BlobStore,
  type Database,
  openDuckdbLake,
  openFileBlobs,
  openSqlite,
} from '../storage/index.ts'
import { Catalogue } from './catalogue.ts'
import { AnySizeCodec } from './codec/large.ts'
import { ProjectSteps } from './ensembles/project-steps.ts'
import { invocationsSurface } from './invocations.routes.ts'
import { kserveV1Surface } from './kserve-v1.routes.ts'
import type { FeatureSource } from './lookup/feature-lookup.ts'
import { servingMigrations } from './migrations.ts'
import type { ModelSource } from './model.ts'
import { openInferenceSurface } from './open-inference.routes.ts'
import type { RemoteClientOptions } from './remote/remote-client.ts'
import { frozenPath } from './repository/frozen-files.ts'
import { ModelRepository } from './repository/model-repository.ts'
import { servingRoutes } from './routes.ts'
import { ServingService } from './service.ts'
import { RequestMemory } from './wire/request-memory.ts'

export const editor: Actor = { name: 'user:test', role: 'editor' }

/** `variable = temp + amount`, with a text column that does not matter. */
export function addingModel(amount: number): Uint8Array {
  const graph = new GraphBuilder()
  const temp = graph.input({ name: 'temp', type: 'float', shape: [1] })
  const season = graph.input({ name: 'season', type: 'string', shape: [1] })
  graph.add('Identity', [season])
  const sum = graph.add('Add', [graph.cast(temp, 'double'), graph.doubles([amount])])
  graph.output(graph.cast(sum, 'float'), { name: 'variable', type: 'float', shape: [1] })
  return graph.finish('adding', {})
}

/** Passes a tensor of each type through, to try out what arrives. */
export function echoModel(): Uint8Array {
  const graph = new GraphBuilder()
  for (const type of ['float', 'double', 'int64', 'uint8', 'string'] as const) {
    const value = graph.input({ name: type, type, shape: [2] })
    graph.output(graph.add('Identity', [value]), { name: `${type}_out`, type, shape: [2] })
  }
  return graph.finish('echo', {})
}

/** Squares pairs of numbers: one input of shape [N, 2]. */
export function squareModel(): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'float', shape: [2] })
  graph.output(graph.add('Mul', [x, x]), { name: 'y', type: 'float', shape: [2] })
  return graph.finish('square', {})
}

/** What nobody looks at in a version of a model. */
const plainVersion = {
  status: 'READY',
  description: '',
  source: '',
  runId: null,
  aliases: [],
  tags: {},
  lineage: {},
  createdAt: 0,
  createdBy: editor.name,
} satisfies Partial<ModelVersionView>

export type TestVersion = Pick<
  ModelVersionView,
  'name' | 'modelDigest' | 'modelSizeBytes' | 'signature'
> &
  Partial<Omit<ModelVersionView, 'version'>>

/** Registered versions: number n of a model is the n-th added. */
export class TestModels implements ModelSource {
  readonly #versions = new Map<string, ModelVersionView[]>()

  add(version: TestVersion): string {
    const versions = this.#versions.get(version.name) ?? []
    versions.push({ ...plainVersion, ...version, version: versions.length + 1 })
    this.#versions.set(version.name, versions)
    return `models:/${version.name}/${versions.length}`
  }

  async resolve(uri: string): Promise<ModelVersionView> {
    const match = /^models:\/([^/@]+)\/(\d+)$/.exec(uri)
    const found = match && this.#versions.get(match[1]!)?.[Number(match[2]) - 1]
    if (!found) throw new KaizenError('NOT_FOUND', `there is no model ${uri}`)
    return found
  }

  exampleOf: NonNullable<ModelSource['exampleOf']> = async () => undefined

  /** These models ask for no signatures. */
  admit: ModelSource['admit'] = async () => {}
}

export interface TestServing extends AsyncDisposable {
  readonly serving: ServingService
  readonly database: Database
  readonly blobs: BlobStore
  readonly catalogue: Catalogue
  readonly audit: AuditLog
  readonly clock: ReplayClock
  readonly runtime: OnnxRuntime
  readonly models: TestModels
  readonly url: string
  readonly folder: string
  /** Failures that no caller saw. */
  readonly faults: unknown[]
  /** Registers a model; answers its URI. */
  register(name: string, model: Uint8Array): Promise<string>
  /** Makes an endpoint that serves a model alone. */
  deploy(endpoint: string, model: string): Promise<void>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
}

/** Serving over HTTP on a free port, with real inference threads, database and log. */
export async function testServing(
  options: {
    readonly folder?: string
    readonly models?: TestModels
    readonly repository?: string
    readonly remote?: RemoteClientOptions
    /** Features for endpoints that look some up. */
    readonly features?: FeatureSource
    /** One of the caller's, instead of SQLite in the folder. */
    readonly database?: Database
    /** Runs models for Python and steps of projects with this interpreter. */
    readonly python?: string
    /** What bodies of requests may hold together. */
    readonly requestMemoryBytes?: number
  } = {},
): Promise<TestServing> {
  await using opened = new AsyncDisposableStack()
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'kaizen-serving-')))
  if (!options.folder) opened.defer(() => rm(folder, { recursive: true, force: true }))
  const database =
    options.database ??
    (await openSqlite(join(folder, 'kaizen.db'), [...auditMigrations, ...servingMigrations]))
  if (!options.database) opened.defer(() => database.close())
  const clock = new ReplayClock(Date.UTC(2026, 0, 1))
  const audit = new AuditLog(database, clock)
  const blobs = await openFileBlobs(join(folder, 'blobs'))
  const lake = openDuckdbLake({ folders: [folder], tempFolder: join(folder, 'lake') })
  opened.defer(() => lake.close())
  const models = options.models ?? new TestModels()
  const runtime = opened.use(new OnnxRuntime({ threads: 2 }))
  const faults: unknown[] = []
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder }
  const log = (line: string) => void faults.push(line)
  const python =
    options.python === undefined
      ? undefined
      : opened.use(
          new PythonRuntime({
            mode: 'installed',
            interpreter: options.python,
            environment,
            folder: join(folder, 'python'),
            fileOf: (digest) => blobs.localPath(digest),
            log,
          }),
        )
  const serving = opened.use(
    new ServingService({
      database,
      audit,
      clock,
      ids: randomIds(),
      blobs,
      lake,
      models,
      runtime: python ? new ModelRuntimes(runtime, python) : runtime,
      ...(python && {
        steps: new ProjectSteps({
          blobs,
          python,
          environment,
          log,
          folder: join(folder, 'bundles'),
        }),
      }),
      ...(options.remote && { remote: options.remote }),
      features: options.features,
      logFolder: join(folder, 'predictions'),
      onFault: (failure) => faults.push(failure),
    }),
  )
  await serving.start()
  const copies = join(folder, 'repository')
  const forFolders =
    python &&
    opened.use(
      new PythonRuntime({
        mode: 'installed',
        interpreter: options.python!,
        environment,
        log,
        folder: join(folder, 'python-repository'),
        fileOf: async (digest) => frozenPath(copies, digest),
      }),
    )
  const repository = options.repository
    ? opened.use(
        await ModelRepository.open({
          folder: options.repository,
          workFolder: copies,
          database,
          audit,
          runtime: forFolders ? new ModelRuntimes(runtime, forFolders) : runtime,
          clock,
          ids: randomIds(),
        }),
      )
    : undefined
  const catalogue = new Catalogue({ serving, repository, clock })
  const codec = opened.use(new AnySizeCodec())
  const app = fastify({ routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true } })
  opened.defer(() => app.close())
  const mount = { authenticate: async () => editor, onDefect: (error: Error) => faults.push(error) }
  await mountSurface(app, ownSurface('serving', servingRoutes(serving)), mount)
  const memory = new RequestMemory(options.requestMemoryBytes)
  const asked = { catalogue, codec, memory }
  await mountSurface(app, openInferenceSurface({ ...asked, version: '0.0.0' }), mount)
  await mountSurface(app, invocationsSurface(asked), mount)
  await mountSurface(app, kserveV1Surface(asked), mount)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const kept = opened.move()
  return {
    serving,
    database,
    blobs,
    catalogue,
    audit,
    clock,
    runtime,
    models,
    url,
    folder,
    faults,
    async register(name, model) {
      const { digest, sizeBytes } = await blobs.put(model)
      return models.add({
        name,
        modelDigest: digest,
        modelSizeBytes: sizeBytes,
        signature: await inspectModel(model),
        createdAt: clock.now(),
      })
    },
    async deploy(endpoint, model) {
      await serving.create(editor, { name: endpoint, description: '', model, target: null })
      const arms = [{ name: 'champion', model, mode: 'live' as const, weight: 1 }]
      await serving.setRoute(editor, endpoint, { arms }, 'first')
    },
    post: (path, body, headers = {}) =>
      fetch(url + path, {
        method: 'POST',
        headers,
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
