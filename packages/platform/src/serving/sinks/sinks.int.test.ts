import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type NewSink, newSink } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '../../audit/index.ts'
import { randomIds } from '../../kernel/index.ts'
import { type TestDatabase, testDatabase, testDialects } from '../../storage/test-databases.ts'
import { SecretBox } from '../../webhooks/index.ts'
import { servingMigrations } from '../migrations.ts'
import { InternalTopics } from '../streams/internal-topics.ts'
import { readRecords } from '../streams/topics.store.ts'
import { addingModel, editor, type TestServing, testServing } from '../test-serving.ts'
import type { PredictionEvent } from './events.ts'
import { type SinkDeps, SinkService } from './sinks.service.ts'
import { type Received, startReceiver } from './test-receiver.ts'

const secrets = new SecretBox(randomBytes(32))
const eventIn = ({ body }: Received) => JSON.parse(body) as PredictionEvent

describe.for(testDialects)('sinks on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('of an endpoint', () => {
    let base: TestDatabase
    let test: TestServing
    const open = (more: Partial<SinkDeps> = {}): Promise<SinkService> => {
      const { database, audit, clock, serving, folder } = test
      const internal = new InternalTopics({ database, clock })
      return SinkService.open({
        database,
        audit,
        clock,
        ids: randomIds(),
        live: (name) => serving.live(name),
        topics: async () => internal,
        secrets,
        logFolder: join(folder, 'predictions'),
        allowPrivate: true,
        timeoutMs: 2000,
        ...more,
      })
    }
    beforeAll(async () => {
      base = await testDatabase(dialect, [...auditMigrations, ...servingMigrations])
      test = await testServing({ database: base.database })
      await test.deploy('hires', await test.register('bike', addingModel(1)))
    })
    afterAll(async () => {
      await test[Symbol.asyncDispose]()
      await base[Symbol.asyncDispose]()
    })

    const ask = async (endpoint: string, ids: readonly string[]): Promise<void> => {
      const answer = await test.post(`/endpoints/${endpoint}/invocations`, {
        dataframe_records: ids.map((_, i) => ({ temp: i, season: 'spring' })),
        kaizen: { inference_ids: ids, event_time: '2026-01-01T08:00:00.250Z' },
      })
      expect(answer.status).toBe(200)
    }
    const endpoint = async (name: string): Promise<string> => {
      await test.deploy(name, 'models:/bike/1')
      return name
    }
    const asked = (name: string, more: object): NewSink => newSink.parse({ name, ...more })
    const toUrl = (url: string, mode = 'structured') => ({ kind: 'http', url, mode })

    it('send what was answered since, without what is redacted, with the token that they were given', async () => {
      await using receiver = await startReceiver()
      await using sinks = await open()
      await ask('hires', ['early'])
      const target = toUrl(receiver.url)
      const view = await sinks.create(
        editor,
        asked('s', { endpoint: 'hires', target, token: 'hush', redact: ['season'] }),
      )
      expect(JSON.stringify(view)).not.toContain('hush')
      await ask('hires', ['a', 'b'])
      await sinks.settled()
      await sinks.settled()
      expect(receiver.taken.map(eventIn)).toEqual([
        {
          specversion: '1.0',
          id: expect.stringMatching(/^log_\w+\/1\.1$/),
          source: '/endpoints/hires',
          type: 'kaizen.prediction',
          subject: 'a',
          time: '2026-01-01T08:00:00.250Z',
          datacontenttype: 'application/json',
          data: {
            inferenceId: 'a',
            endpoint: 'hires',
            arm: 'champion',
            mode: 'live',
            model: 'bike',
            version: 1,
            at: Date.UTC(2026, 0, 1, 8, 0, 0, 250),
            latencyMs: expect.any(Number),
            propensity: 1,
            unit: null,
            traceId: null,
            inputs: { temp: 0 },
            outputs: { variable: 1 },
            error: null,
          },
        },
        expect.objectContaining({ subject: 'b' }),
      ])
      expect(receiver.taken[0]!.headers).toMatchObject({
        'content-type': 'application/cloudevents+json; charset=utf-8',
        authorization: 'Bearer hush',
      })
      // What the endpoint redacts from now on is left out of what it logged before, too.
      await sinks.pause(editor, 's')
      await ask('hires', ['c'])
      await test.serving.configure(editor, 'hires', { log: { sample: 1, redact: ['temp'] } })
      await sinks.resume(editor, 's')
      await sinks.settled()
      expect(eventIn(receiver.taken[2]!)).toMatchObject({ subject: 'c', data: { inputs: {} } })
      expect(await sinks.get('s')).toMatchObject({
        sent: 3,
        refused: 0,
        lag: 0,
        problem: null,
        hasToken: true,
        state: 'running',
      })
      await sinks.remove(editor, 's')
      await expect(sinks.get('s')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      const { items } = await test.audit.list({ limit: 100 })
      const events = items.filter(({ subject }) => subject === 'sink:s')
      expect(events.map(({ type }) => type).sort()).toEqual([
        'serving.sink.created',
        'serving.sink.deleted',
        'serving.sink.paused',
        'serving.sink.resumed',
      ])
      expect(JSON.stringify(events)).not.toContain('hush')
    })

    it('put attributes into headers in the binary mode, whatever is in them', async () => {
      await using receiver = await startReceiver()
      await using sinks = await open()
      const on = await endpoint('binary')
      const target = toUrl(receiver.url, 'binary')
      await sinks.create(editor, asked('bin', { endpoint: on, target }))
      const odd = 'größe 100% "x"\n日'
      await ask(on, [odd])
      await sinks.settled()
      const [{ headers, body }] = receiver.taken as [Received]
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'ce-specversion': '1.0',
        'ce-type': 'kaizen.prediction',
        'ce-source': '/endpoints/binary',
        'ce-time': '2026-01-01T08:00:00.250Z',
        'ce-subject': 'gr%C3%B6%C3%9Fe%20100%25%20%22x%22%0A%E6%97%A5',
      })
      expect(decodeURIComponent(headers['ce-subject'] as string)).toBe(odd)
      expect(JSON.parse(body)).toMatchObject({ inferenceId: odd, outputs: { variable: 1 } })
      await sinks.remove(editor, 'bin')
    })

    it('send a batch in halves until only what is refused stands alone, and count that', async () => {
      let most = 0
      await using receiver = await startReceiver(({ body }) => {
        const events = JSON.parse(body) as PredictionEvent[]
        if (events.length > 40) return 413
        if (events.some(({ subject }) => subject === 'poison')) return 422
        most = Math.max(most, events.length)
        return 202
      })
      await using sinks = await open()
      const on = await endpoint('batched')
      const target = toUrl(receiver.url, 'batched')
      await sinks.create(editor, asked('many', { endpoint: on, target }))
      const ids = Array.from({ length: 250 }, (_, i) => (i === 130 ? 'poison' : `r${i}`))
      await ask(on, ids)
      await sinks.settled()
      const taken = receiver.taken.flatMap(({ body }) => JSON.parse(body) as PredictionEvent[])
      expect(taken.map(({ subject }) => subject).sort()).toEqual(
        ids.filter((id) => id !== 'poison').sort(),
      )
      expect(most).toBeGreaterThan(20)
      expect(await sinks.get('many')).toMatchObject({
        sent: 249,
        refused: 1,
        refusal: 'poison: 422 no thanks',
        lag: 0,
      })
      await sinks.remove(editor, 'many')
    })

    it('wait for a receiver that is away, busy or moved, and lose nothing', async () => {
      await using sinks = await open()
      const on = await endpoint('patient')
      const gone = await startReceiver()
      await gone[Symbol.asyncDispose]()
      await sinks.create(editor, asked('away', { endpoint: on, target: toUrl(gone.url) }))
      await ask(on, ['a', 'b', 'c'])
      await sinks.settled()
      expect(await sinks.get('away')).toMatchObject({
        lag: 3,
        problem: expect.stringContaining('ECONNREFUSED'),
      })
      // Asked again only after a pause.
      let busy = 2
      await using receiver = await startReceiver(
        () => (busy-- > 0 ? 503 : 200),
        Number(new URL(gone.url).port),
      )
      await sinks.settled()
      expect(receiver.asked).toBe(0)
      await expect
        .poll(
          async () => {
            await sinks.tick()
            await sinks.settled()
            return new Set(receiver.taken.map((one) => eventIn(one).subject)).size
          },
          { timeout: 15_000, interval: 100 },
        )
        .toBe(3)
      expect(await sinks.get('away')).toMatchObject({ lag: 0, problem: null, sent: 3 })
      await sinks.remove(editor, 'away')

      await using elsewhere = await startReceiver()
      await using moved = await startReceiver(() => ({
        status: 307,
        headers: { location: elsewhere.url, 'retry-after': '30' },
      }))
      await sinks.create(
        editor,
        asked('moved', { endpoint: on, target: toUrl(moved.url), from: 'beginning' }),
      )
      await sinks.settled()
      const { problem, lag } = await sinks.get('moved')
      expect([problem, lag]).toEqual(['the receiver answers 307', 3])
      expect(elsewhere.asked).toBe(0)
      await sinks.remove(editor, 'moved')
    })

    it('go on where they were after a restart, and when segments have become Parquet meanwhile', async () => {
      const on = await endpoint('kept')
      const ids = Array.from({ length: 700 }, (_, i) => `k${i}`)
      await ask(on, ids.slice(0, 400))
      let open300 = 300
      await using receiver = await startReceiver(() => (open300-- > 0 ? 200 : 503))
      const first = await open()
      await first.create(
        editor,
        asked('lasting', { endpoint: on, target: toUrl(receiver.url), from: 'beginning' }),
      )
      await first.settled()
      expect(await first.get('lasting')).toMatchObject({ sent: 256, lag: 144 })
      await first[Symbol.asyncDispose]()
      await test.serving.logs.compact(await test.serving.live(on))
      await ask(on, ids.slice(400))
      open300 = 10_000
      await using second = await open()
      await second.tick()
      await second.settled()
      expect(await second.get('lasting')).toMatchObject({ sent: 700, lag: 0 })
      const events = receiver.taken.map(eventIn)
      const byId = new Map(events.map((event) => [event.id, event]))
      expect([...byId.values()].map(({ subject }) => subject).sort()).toEqual([...ids].sort())
      // Only those of the batch that was under way came twice, as the same events.
      expect(events.length).toBeLessThanOrEqual(700 + 256)
      for (const event of events) expect(event.subject).toBe(byId.get(event.id)!.subject)
      await second.remove(editor, 'lasting')
    })

    it('write to a topic of this server each once, also where two take the same sink on', async () => {
      await using one = await open()
      await using two = await open()
      const on = await endpoint('topical')
      const target = { kind: 'topic', topic: 'told' }
      await one.create(editor, asked('topic', { endpoint: on, target, arms: 'all' }))
      const ids = Array.from({ length: 600 }, (_, i) => `t${i}`)
      await ask(on, ids)
      await Promise.all([one.settled(), two.tick()])
      await expect
        .poll(async () => {
          await Promise.all([one.settled(), two.settled()])
          return (await one.get('topic')).lag
        })
        .toBe(0)
      const records = await readRecords(test.database.reader, 'told', { from: 0, limit: 1000 })
      const events = records.map(({ value }) => JSON.parse(value) as PredictionEvent)
      expect(events.map(({ subject }) => subject)).toEqual(ids)
      expect(records[5]).toMatchObject({ key: 't5', id: events[5]!.id })
      expect((await one.get('topic')).sent).toBe(600)
      await one.remove(editor, 'topic')
    })

    it('are refused where they could reach inside, or name what is not there', async () => {
      await using sinks = await open({ allowPrivate: false })
      const refused = (target: object, more: object = {}) =>
        sinks.create(editor, asked('bad', { endpoint: 'hires', target, ...more })).then(
          () => 'created',
          (failure: { code: string }) => failure.code,
        )
      for (const url of [
        'http://example.org/hook',
        'ftp://example.org/hook',
        'https://user:secret@example.org/hook',
        'no url',
        'file:///etc/passwd',
        'https://127.0.0.1:9/hook',
        'https://[::ffff:127.0.0.1]/hook',
        'https://0x7f.1/hook',
        'https://169.254.169.254/latest',
        'https://localhost/hook',
      ])
        expect([url, await refused({ kind: 'http', url })]).toEqual([url, 'INVALID_REQUEST'])
      expect(await refused({ kind: 'topic', topic: 't' }, { token: 'x' })).toBe('INVALID_REQUEST')
      expect(await refused({ kind: 'topic', topic: 't' }, { endpoint: 'nobody' })).toBe('NOT_FOUND')
      // What the operator allowed once is not connected to when that is over; a name without an address may get one.
      const target = toUrl('https://127.0.0.1:9/hook')
      const allowing = await open()
      const inside = asked('inside', { endpoint: 'hires', target, from: 'beginning' })
      await allowing.create(editor, inside)
      await allowing[Symbol.asyncDispose]()
      await sinks.tick()
      await sinks.settled()
      expect((await sinks.get('inside')).problem).toContain('not an address of the public internet')
      await expect(
        sinks.create(editor, asked('inside', { endpoint: 'hires', target })),
      ).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
      const unknown = asked('inside', {
        endpoint: 'hires',
        target: toUrl('https://nobody.invalid/'),
      })
      await expect(sinks.create(editor, unknown)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
      await sinks.remove(editor, 'inside')
      for (const wrong of [
        { token: 'a b' },
        { token: 'a\r\nx-evil: 1' },
        { arms: 'none' },
        { from: 3 },
        { target: { kind: 'topic', topic: '../x' } },
        { target: { kind: 'http', url: 'https://example.org', mode: 'loud' } },
        { extra: 1 },
      ]) {
        const sink = { name: 'bad', endpoint: 'hires', target, ...wrong }
        expect(newSink.safeParse(sink).success, JSON.stringify(wrong)).toBe(false)
      }
    })
  })
})
