import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CodeSource,
  type ManifestInput,
  manifest,
  type PipelineDeclaration,
} from '@kaizen/contracts'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { DataService, dataMigrations } from '../data/index.ts'
import { JobQueue, jobMigrations } from '../jobs/index.ts'
import { type Actor, randomIds, sha256, systemClock } from '../kernel/index.ts'
import { OnnxRuntime } from '../runtime/index.ts'
import {
  type BlobStore,
  type Database,
  type Dialect,
  openDuckdbLake,
  openFileBlobs,
  openSqlite,
} from '../storage/index.ts'
import { testDatabase } from '../storage/test-databases.ts'
import { TrackingService, trackingMigrations } from '../tracking/index.ts'
import {
  type BuiltinStep,
  openLocalExecutor,
  type PipelineRunDetail,
  PipelineService,
  pipelineMigrations,
  type StepExecutor,
} from './index.ts'
import type { BundleFile } from './model.ts'

export const tester: Actor = { name: 'user:tester', role: 'editor' }

/** Everything that a pipeline needs, in a folder of its own. */
export interface TestPipelines extends AsyncDisposable {
  readonly folder: string
  readonly database: Database
  readonly blobs: BlobStore
  readonly audit: AuditLog
  readonly jobs: JobQueue
  readonly data: DataService
  readonly tracking: TrackingService
  readonly executor: StepExecutor
  readonly pipelines: PipelineService
  /** Stores files and puts a declaration into force. */
  declare(
    declaration: DeclarationInput,
    files?: Readonly<Record<string, string>>,
    source?: CodeSource,
  ): Promise<void>
  /** Starts a run and waits for its end. */
  run(
    name: string,
    options?: { params?: Record<string, number | string>; seed?: number; cache?: boolean },
  ): Promise<PipelineRunDetail>
}
export type DeclarationInput = ManifestInput['pipelines'][number]

export async function testPipelines(
  options: {
    /** One that exists is opened again, as by a restarted server. */
    readonly folder?: string
    readonly builtins?: Readonly<Record<string, BuiltinStep>>
    readonly maxLogBytes?: number
    readonly graceMs?: number
    readonly dialect?: Dialect
    /** In place of processes of this machine. */
    readonly executor?: StepExecutor
  } = {},
): Promise<TestPipelines> {
  await using opened = new AsyncDisposableStack()
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'kaizen-pipelines-')))
  if (options.folder === undefined) opened.defer(() => rm(folder, { recursive: true, force: true }))
  const clock = systemClock
  const ids = randomIds()
  const database = await openDatabase(folder, options.dialect ?? 'sqlite', opened)
  const blobs = await openFileBlobs(join(folder, 'blobs'))
  const lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
  opened.defer(() => lake.close())
  const audit = new AuditLog(database, clock)
  const data = new DataService({ database, audit, blobs, lake, clock, ids, workFolder: folder })
  const tracking = new TrackingService({ database, blobs, audit, clock, ids })
  const builtins = options.builtins ?? {}
  const executor = opened.use(
    options.executor ??
      (await openLocalExecutor({
        blobs,
        folder: join(folder, 'executor'),
        builtins,
        concurrency: 2,
        graceMs: options.graceMs ?? 200,
      })),
  )
  const jobs = opened.use(
    new JobQueue({
      database,
      clock,
      ids,
      concurrency: 2,
      soleOwner: true,
      onFailure: () => undefined,
    }),
  )
  const runtime = opened.use(new OnnxRuntime({ threads: 1 }))
  const deps = {
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
    runtime,
  }
  const pipelines = new PipelineService({
    ...deps,
    logFolder: join(folder, 'logs'),
    ...(options.maxLogBytes === undefined ? {} : { maxLogBytes: options.maxLogBytes }),
  })
  await jobs.start()
  const kept = opened.move()
  return {
    ...deps,
    folder,
    pipelines,
    async declare(input, files = {}, source) {
      const bundle: BundleFile[] = []
      for (const [path, content] of Object.entries(files))
        bundle.push({ path, ...(await blobs.put(Buffer.from(content))) })
      const declaration = complete(input)
      await database.write((tx) =>
        pipelines.declare(tx, tester, declaration, { project: 'test', bundle, source }),
      )
    },
    async run(name, { params = {}, ...rest } = {}) {
      const { id } = await pipelines.start(tester, name, { params, ...rest, trigger: 'test' })
      return ended(pipelines, id)
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function openDatabase(
  folder: string,
  dialect: Dialect,
  opened: AsyncDisposableStack,
): Promise<Database> {
  const migrations = [
    ...auditMigrations,
    ...jobMigrations,
    ...dataMigrations,
    ...trackingMigrations,
    ...pipelineMigrations,
  ]
  if (dialect === 'postgres') return opened.use(await testDatabase(dialect, migrations)).database
  const database = await openSqlite(join(folder, 'k.db'), migrations)
  opened.defer(() => database.close())
  return database
}

/** Waits for the end of a run. */
export async function ended(pipelines: PipelineService, id: string): Promise<PipelineRunDetail> {
  for (;;) {
    const run = await pipelines.get(id)
    if (run.endedAt !== null) return run
    await new Promise<void>((resolve) => setTimeout(resolve, 10))
  }
}

/** A declaration with the defaults of its schema. */
export function complete(input: DeclarationInput): PipelineDeclaration {
  const parsed = manifest.parse({
    kaizen: 1,
    project: 'test',
    datasets: [],
    pipelines: [input],
    endpoints: [],
    monitors: [],
    policies: [],
    bundle: [],
  })
  return parsed.pipelines[0] as PipelineDeclaration
}

type NodeInput = DeclarationInput['nodes'][number]

/** A node that runs a command of the shell; its code is the script. */
export const shell = (
  id: string,
  script: string,
  rest: Partial<NodeInput> = {},
): DeclarationInput['nodes'][number] => ({
  id,
  step: id,
  body: { kind: 'command', argv: ['sh', '-c', script] },
  inputs: {},
  outputs: {},
  codeDigest: sha256(script),
  ...rest,
})

/** A pipeline of these nodes without parameters and outputs. */
export const graph = (
  name: string,
  nodes: DeclarationInput['nodes'],
  rest: Partial<DeclarationInput> = {},
): DeclarationInput => ({ name, params: {}, nodes, outputs: {}, ...rest })

/** The text of a run's log, one line a line. */
export async function logText(pipelines: PipelineService, id: string): Promise<string> {
  const lines: string[] = []
  for (let after = 0; ; ) {
    const answer = await pipelines.logs(id, { after, limit: 1000 })
    lines.push(...answer.lines.map(({ node, stream, text }) => `${node} ${stream} ${text}`))
    after = answer.next
    if (answer.complete) return lines.join('\n')
  }
}

/** Shell that reads the contract and writes a result with Python's standard library. */
export const python = (body: string): string => `python3 - <<'END'
import json, os, sys
spec = json.load(open(os.environ["KAIZEN_STEP"]))
inputs = {name: i.get("value", i.get("path")) for name, i in spec["inputs"].items()}
paths = {name: o["path"] for name, o in spec["outputs"].items() if "path" in o}
def result(**outputs): json.dump({"outputs": outputs}, open(spec["resultPath"], "w"))
${body}
END`
