import { join } from 'node:path'
import { newSink } from '@kaizen/contracts'
import { Consumer, stringDeserializers } from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomIds } from '../../kernel/index.ts'
import { SecretBox } from '../../webhooks/index.ts'
import { SinkService } from '../sinks/sinks.service.ts'
import { addingModel, editor, type TestServing, testServing } from '../test-serving.ts'
import { kafkaAvailable, login, startKafka, type TestKafka } from './kafka-fixture.ts'
import { KafkaTopics } from './kafka-topics.ts'
import { type KafkaSettings, openKafka, readKafkaCluster } from './open-kafka.ts'
import type { StreamService } from './streams.service.ts'
import { kafka, row, serviceOf } from './test-streams.ts'

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
