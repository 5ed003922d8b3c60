import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AuditLog } from '../audit/index.ts'
import { type Actor, ReplayClock, randomIds } from '../kernel/index.ts'
import { RegistryService } from '../registry/index.ts'
import {
  postgresAvailable,
  postgresMissing,
  startPostgres,
} from '../storage/database/postgres-fixture.ts'
import {
  type BlobStore,
  type Database,
  openFileBlobs,
  openPostgres,
  openSqlite,
} from '../storage/index.ts'
import { TrackingService } from '../tracking/index.ts'
import { collectGarbage } from './collection.ts'
import { migrations } from './migrations.ts'
import { fillPipelines } from './test-pipelines.store.ts'

const actor: Actor = { name: 'user:keeper', role: 'admin' }
const dayMs = 86_400_000
const dialects = [
  { dialect: 'sqlite', available: true },
  {
    dialect: postgresAvailable() ? 'postgres' : `postgres: ${postgresMissing}`,
    available: postgresAvailable(),
  },
]

for (const { dialect, available } of dialects) {
  describe.skipIf(!available)(`collection on ${dialect}`, () => {
    let opened: AsyncDisposableStack
    let database: Database
    let databaseLocation: string
    let blobs: BlobStore
    let tracking: TrackingService
    let audit: AuditLog
    let workingFiles: { readonly logFolder: string; readonly bundleFolder: string }
    const clock = new ReplayClock(Date.UTC(2026, 0, 1))

    beforeEach(async () => {
      opened = new AsyncDisposableStack()
      const folder = await mkdtemp(join(tmpdir(), 'kaizen-collection-'))
      opened.defer(() => rm(folder, { recursive: true }))
      databaseLocation =
        dialect === 'sqlite' ? join(folder, 'kaizen.db') : opened.use(await startPostgres()).url
      database =
        dialect === 'sqlite'
          ? await openSqlite(databaseLocation, migrations)
          : await openPostgres(databaseLocation, migrations)
      opened.defer(() => database.close())
      blobs = await openFileBlobs(join(folder, 'blobs'))
      audit = new AuditLog(database, clock)
      workingFiles = { logFolder: join(folder, 'logs'), bundleFolder: join(folder, 'bundles') }
      tracking = new TrackingService({
        database,
        blobs,
        audit,
        clock,
        ids: randomIds(() => clock.now()),
      })
    })
    afterEach(() => opened.disposeAsync())

    interface Options {
      readonly graceMs?: number
      readonly logsOlderThanMs?: number
      readonly dryRun?: boolean
    }
    const collect = (options: Options = {}) =>
      collectGarbage(
        { database, databaseLocation, blobs, audit, clock, tracking, workingFiles },
        actor,
        {
          olderThanMs: 30 * dayMs,
          graceMs: options.graceMs ?? -1000,
          logsOlderThanMs: options.logsOlderThanMs,
          dryRun: options.dryRun ?? false,
        },
      )
    const newRun = (experimentId = '0') =>
      database.write((tx) =>
        tracking.startRun(tx, actor, { experimentId, name: 'r', startTime: clock.now() }),
      )
    const upload = async (runId: string, name: string, text: string) => {
      const { root } = await tracking.artifactRoot(runId)
      return (await tracking.artifacts.upload(actor, `${root}/${name}`, Buffer.from(text))).digest
    }

    it('leaves what anything refers to, and removes what nothing does, in two steps', async () => {
      const runId = await newRun()
      const used = await upload(runId, 'model/kept.txt', 'kept')
      const replaced = await upload(runId, 'model/replaced.txt', 'old')
      await upload(runId, 'model/replaced.txt', 'new')
      expect(await collect({ graceMs: dayMs })).toMatchObject({ retired: { blobs: 0 } })
      expect(await collect({ dryRun: true })).toMatchObject({
        retired: { blobs: 1, sizeBytes: 3 },
        purged: { blobs: 0 },
        referenced: 2,
      })
      expect(await blobs.stat(replaced)).toBeDefined()
      expect(await collect()).toMatchObject({ retired: { blobs: 1 }, purged: { blobs: 0 } })
      expect(await collect()).toMatchObject({ retired: { blobs: 0 }, purged: { blobs: 1 } })
      expect(await blobs.stat(replaced)).toBeUndefined()
      expect(await blobs.stat(used)).toBeDefined()
      const { items: events } = await audit.list({ type: 'storage.collected', limit: 10 })
      expect(events.map(({ actor: who }) => who)).toEqual([actor.name, actor.name, actor.name])
    })

    it('finds again what was set aside while an upload took it for stored', async () => {
      const text = 'the same content'
      const runId = await newRun()
      await upload(runId, 'a.txt', text)
      await database.write((tx) =>
        tracking.artifacts.remove(tx, actor, `0/${runId}/artifacts/a.txt`),
      )
      // The upload has found its content stored, the collection decides, then the reference is written.
      const blob = await blobs.put(Buffer.from(text))
      expect(await collect()).toMatchObject({ retired: { blobs: 1 } })
      await database.write((tx) => tracking.putArtifact(tx, actor, runId, 'b.txt', blob))
      expect(await collect()).toMatchObject({ restored: 1, purged: { blobs: 0 } })
      expect(Buffer.from(await blobs.bytes(blob.digest)).toString()).toBe(text)
    })

    it('loses nothing that is uploaded while it collects', async () => {
      const runId = await newRun()
      const texts = Array.from({ length: 120 }, (_, index) => `content ${index % 30}`)
      let uploading = true
      const uploads = (async () => {
        for (const [index, text] of texts.entries()) {
          await upload(runId, `f${index % 40}.txt`, text)
          if (index % 3 === 0) {
            const path = `0/${runId}/artifacts/f${(index * 7) % 40}.txt`
            await database.write((tx) => tracking.artifacts.remove(tx, actor, path))
          }
        }
        uploading = false
      })()
      while (uploading) await collect({ graceMs: 300 })
      await uploads
      const files = await tracking.artifacts.listAll(`0/${runId}/artifacts`)
      expect(files.length).toBeGreaterThan(10)
      for (const { digest } of files) {
        const bytes = await blobs.bytes(digest ?? '')
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest)
      }
    })

    it('removes runs deleted long ago with all they logged, and frees the names of empty experiments', async () => {
      const experimentId = await database.write((tx) => tracking.ensureExperiment(tx, actor, 'old'))
      const [gone, recent] = [await newRun(experimentId), await newRun()]
      const content = await upload(gone, 'a/b.txt', 'gone')
      await database.write((tx) =>
        tracking.log(tx, actor, gone, { metrics: [{ key: 'm', value: 1 }], params: { p: '1' } }),
      )
      await database.write((tx) => tracking.experiments.delete(tx, actor, experimentId))
      clock.moveTo(clock.now() + 31 * dayMs)
      await database.write((tx) => tracking.runs.delete(tx, actor, recent))
      const told = await collect({ dryRun: true })
      expect(told).toMatchObject({
        expired: { runs: 1, experiments: 1, kept: 0 },
        retired: { blobs: 1, sizeBytes: 4 },
      })
      expect({ ...(await collect()), unfinishedUploads: 0 }).toEqual(told)
      await expect(tracking.runs.get(gone)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await tracking.runs.history(gone, 'm')).toEqual({ text: '', points: 0 })
      expect((await tracking.runs.get(recent)).run.lifecycle).toBe('deleted')
      await collect()
      expect(await blobs.stat(content)).toBeUndefined()
      const again = await database.write((tx) => tracking.ensureExperiment(tx, actor, 'old'))
      expect(await tracking.experiments.get(again)).toMatchObject({ lifecycle: 'active', tags: {} })
    })

    it('frees logs of runs that ended long ago, and code that neither pipelines, runs, monitors nor ensembles take', async () => {
      const digest = (text: string) => createHash('sha256').update(text).digest('hex')
      const { logFolder, bundleFolder } = workingFiles
      await mkdir(logFolder)
      for (const id of ['ended', 'recent', 'going', 'unknown'])
        await writeFile(join(logFolder, `${id}.jsonl`), `${id}\n`)
      const used = ['declared', 'running', 'monitored', 'served']
      for (const name of [...used, 'replaced']) {
        await mkdir(join(bundleFolder, digest(name), 'src'), { recursive: true })
        await writeFile(join(bundleFolder, digest(name), 'src', 'step.ts'), name)
      }
      const now = clock.now()
      await fillPipelines(database, {
        revisions: Object.fromEntries(
          ['declared', 'running', 'replaced'].map((name) => [name, digest(name)]),
        ),
        declared: 'declared',
        runs: [
          { id: 'ended', revision: 'replaced', endedAt: now - 8 * dayMs },
          { id: 'recent', revision: 'replaced', endedAt: now - dayMs },
          { id: 'going', revision: 'running', endedAt: null },
        ],
        monitored: digest('monitored'),
        served: digest('served'),
      })

      const week = { logsOlderThanMs: 7 * dayMs }
      const told = { logs: { count: 2, sizeBytes: 14 }, bundles: { count: 1, sizeBytes: 8 } }
      expect(await collect({ ...week, dryRun: true })).toMatchObject(told)
      expect(await readdir(logFolder)).toHaveLength(4)
      expect(await readdir(bundleFolder)).toHaveLength(5)
      expect(await collect({ ...week, graceMs: dayMs })).toMatchObject({
        logs: { count: 0 },
        bundles: { count: 0 },
      })
      expect(await collect()).toMatchObject({ logs: { count: 1 }, bundles: { count: 1 } })
      expect((await readdir(logFolder)).toSorted()).toEqual([
        'ended.jsonl',
        'going.jsonl',
        'recent.jsonl',
      ])
      expect((await readdir(bundleFolder)).toSorted()).toEqual(used.map(digest).toSorted())
      expect(await collect(week)).toMatchObject({ logs: { count: 1 }, bundles: { count: 0 } })
      expect((await readdir(logFolder)).toSorted()).toEqual(['going.jsonl', 'recent.jsonl'])
    })

    it('keeps a deleted run of whose files a model version is made', async () => {
      const runId = await newRun()
      await upload(runId, 'model/MLmodel', 'x')
      await database.write((tx) => tracking.runs.delete(tx, actor, runId))
      clock.moveTo(clock.now() + 31 * dayMs)
      const registry = new RegistryService({ database, audit, clock })
      await database.write((tx) =>
        registry.createVersion(tx, actor, { name: 'm', source: `runs:/${runId}/model` }),
      )
      expect((await collect()).expired).toMatchObject({ runs: 0, kept: 1 })
    })
  })
}
