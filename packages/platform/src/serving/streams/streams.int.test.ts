import type { SetAsideRecord } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '../../audit/index.ts'
import { type TestDatabase, testDatabase, testDialects } from '../../storage/test-databases.ts'
import type { LiveEndpoint } from '../endpoints/live-endpoint.ts'
import { servingMigrations } from '../migrations.ts'
import { addingModel, editor, type TestServing, testServing } from '../test-serving.ts'
import type { StreamService } from './streams.service.ts'
import { internal, kafka, row, serviceOf } from './test-streams.ts'

describe.for(testDialects)('streams on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('of topics of this server', () => {
    let base: TestDatabase
    let test: TestServing
    let streams: StreamService
    beforeAll(async () => {
      base = await testDatabase(dialect, [...auditMigrations, ...servingMigrations])
      test = await testServing({ database: base.database })
      await test.deploy('hires', await test.register('bike', addingModel(1)))
      streams = serviceOf(test)
    })
    afterAll(async () => {
      await streams[Symbol.asyncDispose]()
      await test[Symbol.asyncDispose]()
      await base[Symbol.asyncDispose]()
    })

    const start = (name: string, source: string, target?: string) =>
      streams.create(editor, {
        name,
        endpoint: 'hires',
        source: internal(source),
        ...(target === undefined ? {} : { target: internal(target) }),
      })
    const append = async (
      topic: string,
      values: readonly unknown[],
      prefix = 'r',
    ): Promise<void> => {
      for (let from = 0; from < values.length; from += 500) {
        await streams.append(
          topic,
          values.slice(from, from + 500).map((value, i) => ({ id: `${prefix}${from + i}`, value })),
        )
      }
      await streams.settled()
    }
    const valuesOf = async (topic: string) => {
      const values: { prediction: number; inference_id: string }[] = []
      for (let from = 0; ; ) {
        const { items, next } = await streams.records(topic, { from, limit: 1000 })
        if (items.length === 0) return values
        values.push(...items.map(({ value }) => value as (typeof values)[number]))
        from = next
      }
    }

    it('answer each record once, in order, log it, and tell how far they are', async () => {
      await append(
        'in',
        Array.from({ length: 700 }, (_, i) => row(i)),
      )
      await start('first', 'in', 'out')
      await streams.settled()
      await append('in', [row(1000)], 'late')
      expect((await valuesOf('out')).map(({ prediction }) => prediction)).toEqual([
        ...Array.from({ length: 700 }, (_, i) => i + 1),
        1001,
      ])
      const view = await streams.get('first')
      expect(view).toMatchObject({
        state: 'running',
        answered: 701,
        setAside: 0,
        lag: 0,
        problem: null,
        positions: { '0': 701 },
      })
      const [first] = await valuesOf('out')
      const { items } = await test.serving.reader.records('hires', { limit: 1000 })
      expect(items).toHaveLength(701)
      expect(items.some(({ inferenceId }) => inferenceId === first!.inference_id)).toBe(true)
    })

    it('set poison aside with its reason, and go on behind it', async () => {
      await start('careful', 'poison', 'clean')
      await append('poison', [
        row(1),
        'text',
        { temp: 1 },
        row(2),
        { temp: 'x', season: 's' },
        row(3),
      ])
      expect((await valuesOf('clean')).map(({ prediction }) => prediction)).toEqual([2, 3, 4])
      const { items } = await streams.setAside('careful', { limit: 2 })
      const rest = await streams.setAside('careful', { limit: 5, pageToken: '1' })
      const all: readonly SetAsideRecord[] = [...items, ...rest.items]
      expect(all.map(({ position, reason }) => [position, reason])).toEqual([
        [4, expect.stringContaining('temp')],
        [2, expect.stringContaining('"season" is missing')],
        [1, 'it is not a JSON object of columns'],
      ])
      expect(await streams.get('careful')).toMatchObject({ answered: 3, setAside: 3, lag: 0 })
    })

    it('double nothing when they crash between the answer and the note of it', async () => {
      await streams.append(
        'fragile',
        [1, 2, 3].map((temp) => ({ value: row(temp) })),
      )
      const before = (await test.serving.reader.records('hires', { limit: 1000 })).items.length
      let crashes = 3
      const crashing = serviceOf(test, {
        live: async (name) => {
          const found = await test.serving.live(name)
          const predict: LiveEndpoint['predict'] = async (call) => {
            const answer = await found.predict(call)
            if (crashes-- > 0) throw new Error('power cut')
            return answer
          }
          return { predict } as LiveEndpoint
        },
      })
      const source = internal('fragile')
      const target = internal('whole')
      await crashing.create(editor, { name: 'steady', endpoint: 'hires', source, target })
      await crashing.settled()
      expect((await crashing.get('steady')).problem).toBe('power cut')
      await streams.append(
        'fragile',
        [4, 5].map((temp) => ({ value: row(temp) })),
      )
      for (let i = 0; i < 4; i++) {
        await crashing.tick(i)
        await crashing.settled()
      }
      await crashing[Symbol.asyncDispose]()
      expect((await valuesOf('whole')).map(({ prediction }) => prediction)).toEqual([2, 3, 4, 5, 6])
      const after = (await test.serving.reader.records('hires', { limit: 1000 })).items
      expect(after.length - before).toBe(5)
      const ids = after.map(({ inferenceId }) => inferenceId)
      expect(new Set(ids).size).toBe(ids.length)
    })

    it('wait while the endpoint cannot answer, say why, and go on then', async () => {
      await test.serving.create(editor, {
        name: 'empty',
        description: '',
        model: 'bike',
        target: null,
      })
      const target = internal('later')
      await streams.append('early', [{ value: row(5) }])
      await streams.create(editor, {
        name: 'patient',
        endpoint: 'empty',
        source: internal('early'),
        target,
      })
      await streams.settled()
      expect(await streams.get('patient')).toMatchObject({
        problem: expect.stringContaining('no model is deployed'),
        lag: 1,
      })
      const arms = [{ name: 'champion', model: 'models:/bike/1', mode: 'live' as const, weight: 1 }]
      await test.serving.setRoute(editor, 'empty', { arms }, 'now')
      await streams.tick(0)
      await streams.settled()
      expect(await streams.get('patient')).toMatchObject({ problem: null, lag: 0, answered: 1 })
    })

    it('stop when paused, go on where they were, and end when deleted, each on record', async () => {
      await start('moved', 'moves', 'seen')
      await append('moves', [row(1)])
      await streams.pause(editor, 'moved')
      await append('moves', [row(2)], 'b')
      expect(await streams.get('moved')).toMatchObject({ state: 'paused', answered: 1, lag: 1 })
      await streams.resume(editor, 'moved')
      await streams.settled()
      expect(await streams.get('moved')).toMatchObject({ state: 'running', answered: 2, lag: 0 })
      // Two servers of one database: the second goes on where the first was, and neither doubles.
      const other = serviceOf(test)
      await other.tick(0)
      await append(
        'moves',
        Array.from({ length: 300 }, (_, i) => row(i)),
        'c',
      )
      await Promise.all([other.settled(), streams.settled()])
      for (const service of [streams, other]) {
        await service.tick(0)
        await service.settled()
      }
      await other[Symbol.asyncDispose]()
      expect(await valuesOf('seen')).toHaveLength(302)
      await streams.remove(editor, 'moved')
      await expect(streams.get('moved')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      const { items } = await test.audit.list({ limit: 100 })
      const types = items
        .filter(({ subject }) => subject === 'stream:moved')
        .map(({ type }) => type)
      expect(types.sort()).toEqual([
        'serving.stream.created',
        'serving.stream.deleted',
        'serving.stream.paused',
        'serving.stream.resumed',
      ])
    })

    it('keep a record of an id once, drop old ones that were read, and refuse what cannot be', async () => {
      const twice = [{ id: 'a', value: row(1) }, { id: 'a', value: row(2) }, { value: row(3) }]
      expect(await streams.append('once', twice)).toEqual({ appended: 2, next: 2 })
      expect(await streams.append('once', twice.slice(0, 1))).toEqual({ appended: 0, next: 2 })
      const { items } = await streams.records('once', { from: 0, limit: 10 })
      expect(items.map(({ position, id }) => [position, id])).toEqual([
        [0, 'a'],
        [1, null],
      ])
      await streams.tick(test.clock.now() + 8 * 86_400_000)
      expect((await streams.records('once', { from: 0, limit: 10 })).items).toEqual([])
      await expect(streams.records('nothing', { from: 0, limit: 1 })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      await expect(start('first', 'in')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
      await expect(start('loop', 'in', 'in')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
      const unknown = { name: 'x', endpoint: 'nothing', source: internal('in') }
      await expect(streams.create(editor, unknown)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      const far = { name: 'x', endpoint: 'hires', source: kafka('in') }
      await expect(streams.create(editor, far)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    })
  })
})
