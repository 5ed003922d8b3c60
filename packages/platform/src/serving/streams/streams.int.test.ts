import { join } from 'node:path'
import { newSink, type SetAsideRecord } from '@kaizen/contracts'
import { Consumer, stringDeserializers } from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '../../audit/index.ts'
import { randomIds } from '../../kernel/index.ts'
import { type TestDatabase, testDatabase, testDialects } from '../../storage/test-databases.ts'
import { SecretBox } from '../../webhooks/index.ts'
import type { LiveEndpoint } from '../endpoints/live-endpoint.ts'
import { servingMigrations } from '../migrations.ts'
import { SinkService } from '../sinks/sinks.service.ts'
import { addingModel, editor, type TestServing, testServing } from '../test-serving.ts'
import { kafkaAvailable, login, startKafka, type TestKafka } from './kafka-fixture.ts'
import { KafkaTopics } from './kafka-topics.ts'
import { type KafkaSettings, openKafka, readKafkaCluster } from './open-kafka.ts'
import { type StreamDeps, StreamService } from './streams.service.ts'

const row = (temp: number) => ({ temp, season: 'summer' })
const internal = (topic: string) => ({ broker: 'internal', topic }) as const
const kafka = (topic: string) => ({ broker: 'kafka', topic }) as const

const serviceOf = (test: TestServing, more: Partial<StreamDeps> = {}): StreamService => {
  const { database, audit, clock, serving } = test
  let made = 0
  const ids = { next: (prefix: string) => `${prefix}_${clock.now()}_${++made}_${Math.random()}` }
  return new StreamService({
    database,
    audit,
    clock,
    ids: ids as StreamDeps['ids'],
    live: (name) => serving.live(name),
    ...more,
  })
}

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

describe.skipIf(!kafkaAvailable())('streams of Kafka', () => {
  let broker: TestKafka
  let test: TestServing
  beforeAll(async () => {
    ;[broker, test] = await Promise.all([startKafka(), testServing()])
    await test.deploy('hires', await test.register('bike', addingModel(1)))
    await broker.create('payments', 2)
    await broker.create('scored', 1)
  }, 90_000)
  afterAll(async () => {
    await test[Symbol.asyncDispose]()
    await broker[Symbol.asyncDispose]()
  })

  const service = () =>
    serviceOf(test, { kafka: async () => new KafkaTopics({ brokers: [broker.address] }) })
  const turns = async (streams: StreamService, until: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; i < 40 && !(await until()); i++) {
      await streams.tick(i)
      await streams.settled()
    }
  }

  it('answer every record of every partition, and go on after a restart where they were', async () => {
    const records = Array.from({ length: 600 }, (_, i) => ({
      key: `k${i % 7}`,
      value: i === 300 ? 'poison' : JSON.stringify(row(i)),
    }))
    await broker.produce('payments', records)
    const first = service()
    const source = kafka('payments')
    await first.create(editor, { name: 'k', endpoint: 'hires', source, target: kafka('scored') })
    await turns(first, async () => (await first.get('k')).answered === 599)
    expect(await first.get('k')).toMatchObject({
      answered: 599,
      setAside: 1,
      lag: 0,
      problem: null,
    })
    await first[Symbol.asyncDispose]()

    await broker.produce('payments', [{ key: 'z', value: JSON.stringify(row(5000)) }])
    const second = service()
    await turns(second, async () => (await second.get('k')).answered === 600)
    expect(await second.get('k')).toMatchObject({ answered: 600, setAside: 1, lag: 0 })
    // What was produced, read back by a stream into a topic of this server.
    const back = { name: 'back', endpoint: 'hires', source: kafka('scored') }
    await second.create(editor, back)
    await turns(second, async () => (await second.get('back')).setAside === 600)
    const aside = await second.setAside('back', { limit: 1000 })
    const answers = aside.items.map(
      ({ value }) => JSON.parse(value) as { prediction: number; inference_id: string },
    )
    expect(new Set(answers.map(({ inference_id: id }) => id)).size).toBe(600)
    expect(answers.map(({ prediction }) => prediction).sort((a, b) => a - b)).toEqual([
      ...Array.from({ length: 600 }, (_, i) => i + 1).filter((value) => value !== 301),
      5001,
    ])
    await second[Symbol.asyncDispose]()
  }, 60_000)

  it('take what sinks send, as structured CloudEvents', async () => {
    await broker.create('predicted', 1)
    const streams = service()
    const { database, audit, clock, serving, folder } = test
    const sinks = await SinkService.open({
      database,
      audit,
      clock,
      ids: randomIds(),
      live: (name) => serving.live(name),
      topics: (kind) => streams.port(kind),
      secrets: new SecretBox(new Uint8Array(32)),
      logFolder: join(folder, 'predictions'),
      allowPrivate: false,
    })
    const target = { kind: 'topic', broker: 'kafka', topic: 'predicted' }
    await sinks.create(editor, newSink.parse({ name: 'k', endpoint: 'hires', target }))
    const ids = ['one', 'two']
    const answer = await test.post('/endpoints/hires/invocations', {
      dataframe_records: ids.map(() => row(1)),
      kaizen: { inference_ids: ids },
    })
    expect(answer.status).toBe(200)
    await sinks.settled()
    expect(await sinks.get('k')).toMatchObject({ sent: 2, lag: 0, problem: null })
    const consumer = new Consumer({
      groupId: 'looks',
      clientId: 'looks',
      bootstrapBrokers: [broker.address],
      deserializers: stringDeserializers,
    })
    const stream = await consumer.consume({ topics: ['predicted'], mode: 'earliest' })
    const came: { key: string; type: string | undefined; subject: string }[] = []
    for await (const { key, value, headers } of stream) {
      const { subject, type } = JSON.parse(value)
      expect(type).toBe('kaizen.prediction')
      came.push({ key, type: headers.get('content-type'), subject })
      if (came.length === 2) break
    }
    const type = 'application/cloudevents+json; charset=utf-8'
    expect(came).toEqual(ids.map((id) => ({ key: id, type, subject: id })))
    await consumer.close(true)
    await sinks[Symbol.asyncDispose]()
    await streams[Symbol.asyncDispose]()
  }, 30_000)

  describe('behind TLS and a login', () => {
    const settings = (changes: Partial<KafkaSettings> = {}): KafkaSettings => ({
      brokers: [broker.securedAddress],
      tls: broker.files,
      sasl: { mechanism: 'scram-sha-512', ...login },
      ...changes,
    })
    const problemOf = async (name: string, changes: Partial<KafkaSettings>): Promise<string> => {
      const cluster = await readKafkaCluster(settings(changes))
      const streams = serviceOf(test, { kafka: () => openKafka(cluster) })
      await streams.create(editor, { name, endpoint: 'hires', source: kafka('payments') })
      await streams.settled()
      const { problem } = await streams.get(name)
      await streams.remove(editor, name)
      await streams[Symbol.asyncDispose]()
      return problem ?? ''
    }

    it.each(['plain', 'scram-sha-512'] as const)('answer with %s', async (mechanism) => {
      const topic = `secured-${mechanism}`
      await broker.create(topic, 1)
      await broker.produce(topic, [{ key: 'a', value: JSON.stringify(row(1)) }])
      const cluster = await readKafkaCluster(settings({ sasl: { mechanism, ...login } }))
      const streams = serviceOf(test, { kafka: () => openKafka(cluster) })
      const target = kafka('scored')
      await streams.create(editor, { name: topic, endpoint: 'hires', source: kafka(topic), target })
      await turns(streams, async () => (await streams.get(topic)).answered === 1)
      expect(await streams.get(topic)).toMatchObject({ answered: 1, problem: null })
      await streams[Symbol.asyncDispose]()
    })

    it('say what is wrong without telling the password', async () => {
      const sasl = { mechanism: 'scram-sha-512', ...login, password: 'another-password' } as const
      const refused = await problemOf('wrong', { sasl })
      expect(refused).toMatch(/authentication/i)
      expect(refused).not.toContain('another-password')
      const { ca } = broker.files
      expect(await problemOf('stranger', { tls: {} })).toMatch(/self-signed certificate/)
      expect(await problemOf('nobody', { tls: { ca } })).toMatch(/certificate/)
      expect(await problemOf('open', { tls: undefined })).not.toBe('')
    })

    it('read files at the start, and tell no content of them', async () => {
      const { ca, certificate, key } = broker.files
      const refusal = async (tls: KafkaSettings['tls']): Promise<string> => {
        const failure = await readKafkaCluster(settings({ tls })).catch((error: unknown) => error)
        expect(failure).toMatchObject({ code: 'INVALID_CONFIG' })
        return (failure as Error).message
      }
      expect(await refusal({ ca: '/nowhere/ca.pem' })).toBe(
        '--kafka-ca: /nowhere/ca.pem cannot be read (ENOENT)',
      )
      expect(await refusal({ ca: key })).toBe('--kafka-ca: expected a certificate in PEM')
      expect(await refusal({ ca, certificate: ca, key })).toMatch(
        /^--kafka-key: expected the private key/,
      )
      expect(await refusal({ ca, certificate, key: ca })).toMatch(/^--kafka-key/)
    })
  })

  it('say that a topic or the cluster is not there', async () => {
    const streams = service()
    await streams.create(editor, { name: 'none', endpoint: 'hires', source: kafka('nowhere') })
    await streams.settled()
    expect((await streams.get('none')).problem).toContain('nowhere')
    await streams[Symbol.asyncDispose]()
  }, 60_000)
})
