import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  FeatureViewDeclarationInput,
  JsonValue,
  OnDemandViewDeclarationInput,
} from '@kaizen/contracts'
import { featureViewDeclaration, type JoinedView, onDemandViewDeclaration } from '@kaizen/contracts'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { DataService, dataMigrations } from '../data/index.ts'
import { JobQueue, jobMigrations } from '../jobs/index.ts'
import { digestOf, ReplayClock, randomIds, systemActor } from '../kernel/index.ts'
import {
  type Database,
  type Dialect,
  type Lake,
  openDuckdbLake,
  openFileBlobs,
} from '../storage/index.ts'
import { testDatabase } from '../storage/test-databases.ts'
import { DatabaseOnlineStore } from './database-online.store.ts'
import { ProjectFunctions } from './functions/project-functions.ts'
import { featureMigrations } from './migrations.ts'
import type { Found } from './model.ts'
import type { OnlineStore } from './online-store.ts'
import { FeatureService } from './service.ts'

export const noon = Date.UTC(2024, 4, 1, 12)

export interface TestFeatures extends AsyncDisposable {
  readonly database: Database
  readonly audit: AuditLog
  readonly data: DataService
  readonly lake: Lake
  readonly jobs: JobQueue
  readonly clock: ReplayClock
  readonly features: FeatureService
  readonly online: OnlineStore
  readonly folder: string
  /** Another service on the same rooms, as a second process has it. */
  another(online?: OnlineStore): { readonly features: FeatureService; readonly jobs: JobQueue }
  /** Writes a CSV that the lake may read. */
  file(csv: string): Promise<string>
  /** Fills a dataset with the rows of a CSV. */
  rows(dataset: string, csv: string, mode?: 'create' | 'append'): Promise<void>
  /** Defines an entity of the view's name with these keys, and the view. */
  view(
    view: Partial<FeatureViewDeclarationInput> & { readonly name: string },
    keys?: Readonly<Record<string, 'string' | 'integer'>>,
  ): Promise<void>
  /** Declares an on-demand view, as a project whose module is this text does. */
  onDemand(
    view: Omit<OnDemandViewDeclarationInput, 'module' | 'export' | 'codeDigest'>,
    run: string,
  ): Promise<void>
  /** Brings a view in and waits for it; answers how it ended. */
  materialize(
    view: string,
    window?: { readonly from?: number; readonly to?: number },
  ): Promise<{
    readonly state: string
    readonly rows: number
    readonly written: number
    readonly error: string | null
  }>
  /** Looks features up. */
  read(
    features: readonly string[],
    entities?: Readonly<Record<string, readonly JsonValue[]>>,
  ): Promise<readonly (readonly Found[])[]>
  /** Joins the rows of a CSV; answers the joined rows and how the views were met. */
  join(
    csv: string,
    asked: {
      readonly features?: readonly string[]
      readonly service?: string
      readonly asOf?: 'event' | 'available'
      readonly fullNames?: boolean
      readonly eventTime?: string
    },
  ): Promise<{
    readonly columns: readonly string[]
    readonly rows: readonly (readonly JsonValue[])[]
    readonly views: readonly JoinedView[]
  }>
}

const source = (dataset: string) => ({ dataset, eventTime: { column: 't' }, created: null })

export async function testFeatures(
  dialect: Dialect = 'sqlite',
  options: { readonly runsJobs: boolean } = { runsJobs: true },
): Promise<TestFeatures> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-features-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const { database } = opened.use(
    await testDatabase(dialect, [
      ...auditMigrations,
      ...jobMigrations,
      ...dataMigrations,
      ...featureMigrations,
    ]),
  )
  const lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
  opened.defer(() => lake.close())
  const clock = new ReplayClock(noon)
  const ids = randomIds()
  const audit = new AuditLog(database, clock)
  const blobs = await openFileBlobs(join(folder, 'blobs'))
  const shared = { database, audit, blobs, lake, clock, ids, workFolder: folder }
  const data = new DataService(shared)
  const store = new DatabaseOnlineStore(database)
  const code = join(folder, 'code')
  await mkdir(code)
  const functions = opened.use(
    new ProjectFunctions({ folderOf: async ({ digest }) => join(code, digest), environment: {} }),
  )
  const another = (online: OnlineStore = store) => {
    const jobs = new JobQueue({
      database,
      clock,
      ids,
      concurrency: 2,
      soleOwner: true,
      onFailure: () => undefined,
    })
    return { jobs, features: new FeatureService({ ...shared, jobs, data, online, functions }) }
  }
  const { features, jobs } = another()
  opened.use(jobs)
  if (options.runsJobs) await jobs.start()
  let files = 0
  const file = async (csv: string): Promise<string> => {
    const path = join(folder, `rows-${files++}.csv`)
    await writeFile(path, csv)
    return path
  }
  const kept = opened.move()
  return {
    database,
    audit,
    data,
    lake,
    jobs,
    clock,
    features,
    online: store,
    folder,
    file,
    another,
    async rows(dataset, csv, mode = 'create') {
      await data.create(systemActor, { name: dataset }).catch(() => undefined)
      const path = await file(csv)
      const origin = { kind: 'test' }
      await data.addFile(dataset, { path, format: 'csv', mode, origin, actor: systemActor })
    },
    async view({ name, ...given }, keys = { k: 'integer' }) {
      const joinKeys = Object.entries(keys).map(([key, type]) => ({ name: key, type }))
      const entity = { description: '', owner: '', tags: {}, name, joinKeys }
      if (joinKeys.length > 0) await features.defineEntity(systemActor, entity)
      const declared = {
        name,
        entities: joinKeys.length > 0 ? [name] : [],
        source: source(name),
        features: [{ name: 'v', type: 'integer' as const }],
        ...given,
      }
      await features.defineView(systemActor, featureViewDeclaration.parse(declared))
    },
    async onDemand(view, run) {
      const text = `import { onDemandView } from '@kaizen/sdk'
export const view = onDemandView('x', { inputs: {}, features: {}, run: ${run} })`
      const digest = digestOf(text)
      await mkdir(join(code, digest), { recursive: true })
      await writeFile(join(code, digest, 'kaizen.ts'), text)
      const place = { module: 'kaizen.ts', export: 'view', codeDigest: digest }
      const definition = onDemandViewDeclaration.parse({ ...view, ...place })
      const bundle = { digest, files: [] }
      const given = { kind: 'on-demand', definition, project: 'test', bundle } as const
      await database.write((tx) => features.declare(tx, systemActor, given))
    },
    async materialize(view, window = {}) {
      const { id } = await features.materializer.request(systemActor, view, window)
      await jobs.settled()
      return features.materializer.get(id)
    },
    async read(asked, entities = {}) {
      const plan = await features.reader.plan({ features: asked })
      return features.reader.read(plan, new Map(Object.entries(entities)), clock.now() * 1000)
    },
    async join(csv, { asOf = 'event', fullNames = false, eventTime = 'at', ...asked }) {
      const { version, views } = await features.joins.join(systemActor, {
        ...asked,
        asOf,
        fullNames,
        eventTime,
        into: `joined-${files}`,
        rows: { path: await file(csv), format: 'csv' },
      })
      const table = await data.rows(version.dataset, version.version, {
        limit: 1000,
        after: 0,
        quarantined: false,
      })
      const rows = Array.from({ length: table.rowCount }, (_, row) =>
        table.columns.map(({ values }) => {
          const value = values[row] ?? null
          return typeof value === 'number' && Number.isNaN(value) ? null : value
        }),
      )
      return { columns: table.columns.map(({ name }) => name), rows, views }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
