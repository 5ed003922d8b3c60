import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newBatchSchedule } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomIds } from '../../kernel/index.ts'
import { type TestDatabase, testDatabase, testDialects } from '../../storage/test-databases.ts'
import { addingModel, editor } from '../test-serving.ts'
import { BatchScheduleService } from './schedules.service.ts'
import { batchMigrations, type TestBatch, testBatch } from './test-batch.ts'

const hour = 3_600_000

describe.for(testDialects)('schedules of batch jobs on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('start jobs', () => {
    let base: TestDatabase
    let test: TestBatch
    let folder: string
    let now = Date.UTC(2026, 0, 1)
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kaizen-schedules-'))
      base = await testDatabase(dialect, batchMigrations)
      test = await testBatch(folder, base.database, { concurrency: 8 })
      await test.register('bike', addingModel(1))
      await test.data.create(editor, { name: 'rows', description: '' })
      await append(2)
    })
    afterAll(async () => {
      await test[Symbol.asyncDispose]()
      await base[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    })

    const append = async (rows: number): Promise<void> => {
      const lines = Array.from({ length: rows }, (_, i) => `${i},s`)
      await write('rows', `temp,season\n${lines.join('\n')}\n`, 'append')
    }
    const write = async (name: string, text: string, mode: 'append' | 'create') => {
      const path = join(folder, 'rows.csv')
      await writeFile(path, text)
      await test.data.addFile(name, {
        path,
        format: 'csv',
        mode,
        origin: { kind: 'upload', filename: 'rows.csv' },
        actor: editor,
      })
    }
    const move = async (ms: number, services = [test.schedules]): Promise<void> => {
      now += ms
      test.clock.moveTo(now)
      await Promise.all(services.map((service) => service.tick(now)))
      await test.jobs.settled()
    }
    const create = (name: string, more: object = {}, job: object = {}) =>
      test.schedules.create(
        editor,
        newBatchSchedule.parse({
          name,
          job: { model: 'models:/bike/1', input: { dataset: 'rows' }, ...job },
          cron: '0 * * * *',
          ...more,
        }),
      )
    const jobsOf = async (name: string) => {
      const { items } = await test.batch.list({ limit: 1000 })
      return items.filter(({ createdBy }) => createdBy === `schedule:${name}`).toReversed()
    }

    it('at their times, over the newest rows, each time once for two servers', async () => {
      await create('hourly')
      const { database, audit, clock, jobs, batch } = { ...test, database: base.database }
      const jobsOfOther = { enqueue: jobs.enqueue.bind(jobs), handle: () => undefined }
      const deps = { database, audit, clock, ids: randomIds(), jobs: jobsOfOther, batch }
      const both = [test.schedules, new BatchScheduleService(deps)]
      await move(hour / 2, both)
      expect(await jobsOf('hourly')).toEqual([])
      await move(hour / 2, both)
      await append(3)
      await move(hour, both)
      await move(1, both)
      const made = await jobsOf('hourly')
      expect(made.map(({ state, rows, scored }) => [state, rows, scored])).toEqual([
        ['succeeded', 2, 2],
        ['succeeded', 5, 5],
      ])
      expect(await test.schedules.get('hourly')).toMatchObject({
        lastOutcome: 'started',
        lastReason: null,
        lastJob: made[1]!.id,
        lastAt: Date.UTC(2026, 0, 1, 2),
        nextAt: Date.UTC(2026, 0, 1, 3),
      })
    })

    it('once for all times that were missed, or not at all', async () => {
      await create('catching', { missed: 'once' })
      await create('passing', { missed: 'skip' })
      await move(10 * hour)
      expect(await jobsOf('catching')).toHaveLength(1)
      expect(await jobsOf('passing')).toHaveLength(0)
      expect(await test.schedules.get('passing')).toMatchObject({
        lastOutcome: 'skipped',
        lastReason: 'no server ran at that time',
      })
      await move(hour)
      expect(await jobsOf('catching')).toHaveLength(2)
      expect(await jobsOf('passing')).toHaveLength(1)
    })

    it('beside the job before, in its place, or not while it runs', async () => {
      const slow = { rowsPerSecond: 0.001 }
      for (const overlap of ['skip', 'allow', 'replace'] as const)
        await create(overlap, { overlap }, slow)
      const step = async (): Promise<void> => {
        now = (Math.floor(now / hour) + 1) * hour
        test.clock.moveTo(now)
        await test.schedules.tick(now)
      }
      const states = async (name: string) => (await jobsOf(name)).map(({ state }) => state)
      await step()
      await expect
        .poll(async () =>
          [await states('skip'), await states('allow'), await states('replace')].map(
            ({ length }) => length,
          ),
        )
        .toEqual([1, 1, 1])
      await step()
      await expect.poll(() => states('replace'), { timeout: 10_000 }).toHaveLength(2)
      await expect.poll(() => states('allow'), { timeout: 10_000 }).toHaveLength(2)
      const [first, second] = await states('replace')
      expect([first, ['queued', 'running'].includes(second!)]).toEqual(['cancelled', true])
      expect(await states('skip')).toHaveLength(1)
      expect(await test.schedules.get('skip')).toMatchObject({
        lastOutcome: 'skipped',
        lastReason: expect.stringMatching(/the job before, batch_\w+, was not at its end/),
      })
      for (const name of ['skip', 'allow', 'replace']) {
        await test.schedules.remove(editor, name)
        for (const { id, endedAt } of await jobsOf(name))
          if (endedAt === null) await test.batch.cancel(editor, id)
      }
    })

    it('say why they could not, go on at the next time, and stop while they are paused', async () => {
      await test.data.create(editor, { name: 'other', description: '' })
      await write('other', 'temp,season\n1,s\n', 'create')
      await create('broken', {}, { input: { dataset: 'other' } })
      await write('other', 'warmth\n1\n', 'create')
      await move(hour)
      expect(await test.schedules.get('broken')).toMatchObject({
        lastOutcome: 'failed',
        lastReason: expect.stringContaining('no column "temp"'),
        lastAt: expect.any(Number),
      })
      await test.schedules.remove(editor, 'broken')
      await expect(test.schedules.get('broken')).rejects.toMatchObject({ code: 'NOT_FOUND' })

      await create('moved')
      await test.schedules.pause(editor, 'moved')
      await move(5 * hour)
      expect(await jobsOf('moved')).toHaveLength(0)
      await test.schedules.run(editor, 'moved')
      await test.jobs.settled()
      expect(await jobsOf('moved')).toMatchObject([{ state: 'succeeded' }])
      const resumed = await test.schedules.resume(editor, 'moved')
      expect(resumed).toMatchObject({ state: 'running', lastOutcome: 'started' })
      expect(resumed.nextAt).toBeGreaterThan(now)
      await move(1)
      expect(await jobsOf('moved')).toHaveLength(1)
      const { items } = await test.audit.list({ limit: 1000 })
      const types = items
        .filter(({ subject }) => subject === 'batch-schedule:moved')
        .map(({ type }) => type.slice('serving.batch-schedule.'.length))
      expect(types.sort()).toEqual(['created', 'paused', 'resumed', 'started'])
    })

    it('are refused where they never come, stand already, or are none', async () => {
      const refused = (name: string, more: object) =>
        create(name, more).then(
          () => 'created',
          (failure: { code?: string; name: string }) => failure.code ?? failure.name,
        )
      expect(await refused('hourly', {})).toBe('ALREADY_EXISTS')
      expect(await refused('x', { cron: '0 0 30 2 *' })).toBe('INVALID_REQUEST')
      expect(await refused('x', { cron: 'now' })).toBe('INVALID_REQUEST')
      expect(await refused('x', { timeZone: 'Mars/Olympus' })).toBe('INVALID_REQUEST')
      const unknown = (job: object) =>
        create('x', {}, job).then(
          () => 'created',
          (failure: { code?: string }) => failure.code,
        )
      expect(await unknown({ model: 'models:/nobody/1' })).toBe('NOT_FOUND')
      expect(await unknown({ input: { dataset: 'nothing' } })).toBe('NOT_FOUND')
      expect(await unknown({ keep: ['nothing'] })).toBe('INVALID_DATA')
      const job = { model: 'models:/bike/1', input: { dataset: 'rows' } }
      for (const wrong of [
        { missed: 'all' },
        { overlap: 'twice' },
        { cron: '' },
        { job: { ...job, input: { file: 'a'.repeat(64) } } },
        { job: { ...job, input: { dataset: 'rows', version: 1 } } },
        { name: '../x' },
        { extra: 1 },
      ]) {
        const schedule = { name: 'x', cron: '* * * * *', job, ...wrong }
        expect(newBatchSchedule.safeParse(schedule).success, JSON.stringify(wrong)).toBe(false)
      }
    })
  })
})
