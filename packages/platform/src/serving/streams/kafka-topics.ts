import { isIP } from 'node:net'
import { KaizenError } from '@kaizen/contracts'
import {
  type BaseOptions,
  type Connection,
  Consumer,
  connectionsConnectsChannel,
  type Message,
  Producer,
} from '@platformatic/kafka'
import type {
  KafkaCluster,
  OutputRecord,
  Positions,
  TopicPort,
  TopicReader,
  TopicRecord,
  TopicWriter,
} from './model.ts'

/** How long a read waits for the first record. */
const patienceMs = 500
const earliest = -2n
const latest = -1n

/**
 * Topics of a Kafka cluster. The server's database says how far a stream is, so its consumer starts there; Kafka is told
 * too, for those who watch groups. Answers are produced idempotently before that is noted: a crash in between produces
 * them again, under the same id in the header `kaizen-id`.
 */
export class KafkaTopics implements TopicPort {
  readonly #connection: Pick<
    BaseOptions,
    'clientId' | 'bootstrapBrokers' | 'tls' | 'tlsServerName' | 'sasl'
  >

  constructor({ brokers, tls, sasl }: KafkaCluster) {
    this.#connection = {
      clientId: 'kaizen',
      bootstrapBrokers: [...brokers],
      // Brokers told by their address have no name to ask for.
      ...(tls && { tls, tlsServerName: !brokers.some((broker) => isIP(hostOf(broker))) }),
      ...(sasl && { sasl }),
    }
  }

  async reader(
    topic: string,
    { id, positions }: { readonly id: string; readonly positions: Positions },
  ): Promise<TopicReader> {
    const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
      groupId: `kaizen-${id}`,
      ...this.#connection,
      autocreateTopics: false,
      retries: 1,
    })
    try {
      const begins = await offsetsOf(consumer, topic, earliest)
      const offsets = begins.map((first, partition) => {
        const told = BigInt(positions[partition] ?? first)
        return { topic, partition, offset: told < first ? first : told }
      })
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'manual',
        offsets,
        autocommit: false,
        highWaterMark: 1024,
      })
      return new KafkaReader(topic, consumer, stream[Symbol.asyncIterator]())
    } catch (failure) {
      await consumer.close(true).catch(() => undefined)
      throw unreachable(topic, failure)
    }
  }

  async writer(topic: string): Promise<TopicWriter> {
    const producer = new Producer<string, string, string, string>({
      ...this.#connection,
      idempotent: true,
      retries: 3,
      serializers: { key: bytes, value: bytes, headerKey: bytes, headerValue: bytes },
    })
    const before = async (records: readonly OutputRecord[]): Promise<void> => {
      if (records.length === 0) return
      const messages = records.map(({ id, key, value, contentType }) => ({
        topic,
        value,
        headers: { 'kaizen-id': id, ...(contentType && { 'content-type': contentType }) },
        ...(key === null ? {} : { key }),
      }))
      try {
        await producer.send({ messages, acks: -1 })
      } catch (failure) {
        throw unreachable(topic, failure)
      }
    }
    return { before, [Symbol.asyncDispose]: () => producer.close(true).catch(() => undefined) }
  }
}

/**
 * A broker that breaks a connection off while it logs in is told of twice, the second time when the client no longer
 * listens, and an error that nobody listens to ends the process.
 */
connectionsConnectsChannel.start.subscribe((event) => {
  const { connection } = event as { readonly connection: Connection }
  connection.off('error', toldAlready).on('error', toldAlready)
})
function toldAlready(): void {
  // Whoever asked for the connection has been told.
}

const hostOf = (broker: string): string => broker.slice(0, broker.lastIndexOf(':'))

const bytes = (text?: string): Buffer | undefined =>
  text === undefined ? undefined : Buffer.from(text)

async function offsetsOf(
  consumer: Consumer<Buffer, Buffer, Buffer, Buffer>,
  topic: string,
  timestamp: bigint,
): Promise<readonly bigint[]> {
  return (await consumer.listOffsets({ topics: [topic], timestamp })).get(topic) ?? []
}

const unreachable = (topic: string, cause: unknown): KaizenError =>
  new KaizenError('UNAVAILABLE', `Kafka's topic "${topic}": ${reasonOf(cause)}`, { cause })

/** The innermost reason: clients wrap what happened. */
function reasonOf(failure: unknown): string {
  const { errors, cause, message } = failure as Error & { readonly errors?: readonly unknown[] }
  const inner = errors?.[0] ?? cause
  return inner === undefined ? message : reasonOf(inner)
}

type KafkaMessage = Message<Buffer, Buffer, Buffer, Buffer>

class KafkaReader implements TopicReader {
  readonly #topic: string
  readonly #consumer: Consumer<Buffer, Buffer, Buffer, Buffer>
  readonly #messages: AsyncIterator<KafkaMessage>
  /** Asked for and not come yet. */
  #next: Promise<IteratorResult<KafkaMessage>> | undefined

  constructor(
    topic: string,
    consumer: Consumer<Buffer, Buffer, Buffer, Buffer>,
    messages: AsyncIterator<KafkaMessage>,
  ) {
    this.#topic = topic
    this.#consumer = consumer
    this.#messages = messages
  }

  async read(limit: number): Promise<readonly TopicRecord[]> {
    const records: TopicRecord[] = []
    while (records.length < limit) {
      const message = await this.#within(records.length === 0 ? patienceMs : 5)
      if (!message) break
      records.push({
        partition: message.partition,
        position: Number(message.offset),
        key: message.key ? message.key.toString() : null,
        value: message.value ? message.value.toString() : '',
        at: Math.max(0, Number(message.timestamp)),
      })
    }
    return records
  }

  async committed(positions: Positions): Promise<void> {
    const offsets = Object.entries(positions).map(([partition, position]) => ({
      topic: this.#topic,
      partition: Number(partition),
      offset: BigInt(position),
      leaderEpoch: -1,
    }))
    // How far the stream is stands in the database; the group's offsets are for those who watch it.
    await this.#consumer.commit({ offsets }).catch(() => undefined)
  }

  async lag(positions: Positions): Promise<number> {
    const [begins, ends] = await Promise.all([
      offsetsOf(this.#consumer, this.#topic, earliest),
      offsetsOf(this.#consumer, this.#topic, latest),
    ])
    return ends.reduce((sum, end, partition) => {
      const first = Number(begins[partition] ?? 0n)
      return sum + Math.max(0, Number(end) - Math.max(first, positions[partition] ?? 0))
    }, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#consumer.close(true).catch(() => undefined)
  }

  async #within(ms: number): Promise<KafkaMessage | undefined> {
    this.#next ??= this.#messages.next()
    const { promise: late, resolve } = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => resolve(undefined), ms)
    try {
      const result = await Promise.race([this.#next, late])
      if (!result) return undefined
      this.#next = undefined
      if (result.done) throw unreachable(this.#topic, new Error('its consumer has ended'))
      return result.value
    } catch (failure) {
      this.#next = undefined
      throw unreachable(this.#topic, failure)
    } finally {
      clearTimeout(timer)
    }
  }
}
