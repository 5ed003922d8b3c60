import {
  KaizenError,
  type NewStream,
  type Page,
  type SetAsideRecord,
  type StreamView,
  type TopicBroker,
  type TopicRecordView,
  type TopicRef,
} from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock, Ids, Ticker } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import type { LiveEndpoint } from '../endpoints/live-endpoint.ts'
import { InternalTopics } from './internal-topics.ts'
import type { StreamRecord, TopicPort } from './model.ts'
import type { RunnerDeps, Session, StreamRunner } from './runner.ts'
import * as store from './streams.store.ts'
import { allTopics, appendRecords, dropRecords, endOf, readRecords } from './topics.store.ts'

export interface StreamDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly live: (endpoint: string) => Promise<LiveEndpoint>
  /** Loads the adapter of the cluster that the server was started with; undefined where there is none. */
  readonly kafka?: (() => Promise<TopicPort>) | undefined
}

/** Records of a topic of this server that no stream has read yet: producers wait from here on. */
const mostUnread = 1_000_000
/** So long a record is kept after every stream has read it. */
const keptMs = 7 * 86_400_000
const sweepEveryMs = 3_600_000

/** Streams: endpoints that answer the records of topics, each record once. */
export class StreamService implements AsyncDisposable, Ticker {
  readonly name = 'streams'
  readonly #deps: StreamDeps
  readonly #topics: TopicPort
  readonly #runners = new Map<string, Promise<StreamRunner>>()
  #kafka: Promise<TopicPort> | undefined
  #sweptAt = Number.NEGATIVE_INFINITY
  #stopped = false

  constructor(deps: StreamDeps) {
    this.#deps = deps
    this.#topics = new InternalTopics(deps)
  }

  /** Numbers of the streams under way, for metrics. */
  async numbers(): Promise<readonly StreamView[]> {
    const { items } = await this.list({ limit: 1000 })
    return items
  }

  /** @throws NOT_FOUND, ALREADY_EXISTS, UNSUPPORTED, INVALID_REQUEST */
  async create(actor: Actor, { name, endpoint, source, target }: NewStream): Promise<StreamView> {
    const { database, audit, clock, ids } = this.#deps
    await this.#deps.live(endpoint)
    for (const ref of [source, target]) if (ref) this.#checkBroker(ref.broker)
    if (target && target.broker === source.broker && target.topic === source.topic) {
      throw new KaizenError('INVALID_REQUEST', 'target: it is the topic that the stream reads', {
        hint: 'Send the answers to another topic.',
      })
    }
    const stream: StreamRecord = {
      id: ids.next('stream'),
      name,
      endpoint,
      source,
      target: target ?? null,
      state: 'running',
      positions: {},
      answered: 0,
      setAside: 0,
      createdAt: clock.now(),
      createdBy: actor.name,
      lastAt: null,
    }
    await database.write(async (tx) => {
      if (await store.findStream(tx, name)) {
        throw new KaizenError('ALREADY_EXISTS', `there is a stream "${name}" already`)
      }
      await store.insertStream(tx, stream)
      const data = { id: stream.id, endpoint, source, target: stream.target }
      await audit.append(tx, {
        actor,
        type: 'serving.stream.created',
        subject: subjectOf(name),
        data,
      })
    })
    this.#take(stream)
    return this.get(name)
  }

  /** @throws NOT_FOUND */
  async get(name: string): Promise<StreamView> {
    return this.#view(await this.#record(name))
  }

  async list(options: {
    readonly limit: number
    readonly pageToken?: string | undefined
  }): Promise<Page<StreamView>> {
    const { limit, pageToken: after = '' } = options
    const records = await store.listStreams(this.#deps.database.reader, { after, limit })
    const items = await Promise.all(records.map((record) => this.#view(record)))
    const last = records.at(-1)
    return records.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** Records under way are answered first. @throws NOT_FOUND */
  async pause(actor: Actor, name: string): Promise<StreamView> {
    await this.#move(actor, name, 'paused')
    await this.#drop((await this.#record(name)).id)
    return this.get(name)
  }

  /** @throws NOT_FOUND */
  async resume(actor: Actor, name: string): Promise<StreamView> {
    await this.#move(actor, name, 'running')
    this.#take(await this.#record(name))
    return this.get(name)
  }

  /** @throws NOT_FOUND */
  async remove(actor: Actor, name: string): Promise<void> {
    const { database, audit } = this.#deps
    const stream = await this.#record(name)
    await database.write(async (tx) => {
      await store.deleteStream(tx, stream)
      const data = { id: stream.id, positions: stream.positions }
      await audit.append(tx, {
        actor,
        type: 'serving.stream.deleted',
        subject: subjectOf(name),
        data,
      })
    })
    await this.#drop(stream.id)
  }

  /** @throws NOT_FOUND */
  async setAside(
    name: string,
    { limit, pageToken }: { readonly limit: number; readonly pageToken?: string | undefined },
  ): Promise<Page<SetAsideRecord>> {
    const { id } = await this.#record(name)
    const before = pageToken === undefined ? Number.MAX_SAFE_INTEGER : Number(pageToken)
    if (!Number.isSafeInteger(before)) {
      throw new KaizenError('INVALID_REQUEST', 'query.pageToken: it is none that was given')
    }
    const rows = await store.listSetAside(this.#deps.database.reader, id, { before, limit })
    const items = rows.map(({ seq: _, ...record }) => record)
    const last = rows.at(-1)
    return rows.length === limit && last ? { items, nextPageToken: String(last.seq) } : { items }
  }

  /** Appends records to a topic of this server. @throws OVERLOADED while a stream is too far behind */
  async append(
    topic: string,
    records: readonly {
      readonly id?: string | undefined
      readonly key?: string | undefined
      readonly value: unknown
    }[],
  ): Promise<{ readonly appended: number; readonly next: number }> {
    const { database, clock } = this.#deps
    const unread = (await this.#unread(topic)) ?? 0
    if (unread > mostUnread) {
      throw new KaizenError(
        'OVERLOADED',
        `${unread} records of the topic "${topic}" wait already`,
        {
          hint: 'Send them again later, or resume the stream that reads them.',
        },
      )
    }
    const fresh = records.map(({ id = null, key = null, value }) => ({
      id,
      key,
      value: JSON.stringify(value),
    }))
    const done = await database.write((tx) =>
      appendRecords(tx, topic, { records: fresh, at: clock.now() }),
    )
    for (const runner of this.#runners.values()) void runner.then((found) => found.wake())
    return done
  }

  /** Records of a topic of this server. @throws NOT_FOUND */
  async records(
    topic: string,
    { from, limit }: { readonly from: number; readonly limit: number },
  ): Promise<{ readonly items: readonly TopicRecordView[]; readonly next: number }> {
    const { reader } = this.#deps.database
    if ((await endOf(reader, topic)) === undefined) {
      throw new KaizenError('NOT_FOUND', `there is no topic "${topic}"`, {
        hint: 'It is made by the first record that is written to it.',
      })
    }
    const kept = await readRecords(reader, topic, { from, limit })
    const items = kept.map(({ value, ...record }) => ({
      ...record,
      value: JSON.parse(value) as TopicRecordView['value'],
    }))
    return { items, next: (kept.at(-1)?.position ?? from - 1) + 1 }
  }

  /** Starts and stops what other servers have changed, tries again what has failed, and drops old records. */
  async tick(now: number): Promise<boolean> {
    if (this.#stopped) return false
    const streams = await this.#all()
    const running = streams.filter(({ state }) => state === 'running')
    const wanted = new Set(running.map(({ id }) => id))
    for (const id of [...this.#runners.keys()]) if (!wanted.has(id)) await this.#drop(id)
    for (const stream of running) this.#take(stream)
    if (now - this.#sweptAt >= sweepEveryMs) {
      this.#sweptAt = now
      await this.#sweep(streams, now)
    }
    return false
  }

  /** Resolves when everything that was there to read has been answered. */
  async settled(): Promise<void> {
    await Promise.all([...this.#runners.values()].map(async (runner) => (await runner).wake()))
  }

  /** Where topics of a broker are. @throws UNSUPPORTED */
  async port(broker: TopicRef['broker']): Promise<TopicPort> {
    this.#checkBroker(broker)
    if (broker === 'internal') return this.#topics
    this.#kafka ??= this.#deps.kafka!()
    return this.#kafka
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await Promise.all([...this.#runners.values()].map(async (runner) => (await runner).stop()))
  }

  #all(): Promise<readonly StreamRecord[]> {
    return store.listStreams(this.#deps.database.reader, { after: '', limit: 100_000 })
  }

  #take(stream: StreamRecord): void {
    if (this.#stopped) return
    let runner = this.#runners.get(stream.id)
    if (!runner) {
      runner = this.#runnerOf(stream)
      this.#runners.set(stream.id, runner)
    }
    void runner.then((found) => found.wake())
  }

  /** Loaded by the first stream. */
  async #runnerOf(stream: StreamRecord): Promise<StreamRunner> {
    const { StreamRunner } = await import('./runner.ts')
    return new StreamRunner(this.#runnerDeps(), stream)
  }

  async #drop(id: string): Promise<void> {
    const runner = this.#runners.get(id)
    this.#runners.delete(id)
    await (await runner)?.stop()
  }

  #runnerDeps(): RunnerDeps {
    const { database, clock, live } = this.#deps
    return {
      database,
      now: () => clock.now(),
      predict: async (endpoint) => {
        const found = await live(endpoint)
        return (call) => found.predict(call)
      },
      reload: (name) => this.#record(name),
      open: (stream) => this.#open(stream),
    }
  }

  async #open({ id, source, target, positions }: StreamRecord): Promise<Session> {
    const reader = await (await this.port(source.broker)).reader(source.topic, { id, positions })
    try {
      const writer = target
        ? await (await this.port(target.broker)).writer(target.topic)
        : undefined
      return {
        reader,
        writer,
        async [Symbol.asyncDispose]() {
          await Promise.all([reader[Symbol.asyncDispose](), writer?.[Symbol.asyncDispose]()])
        },
      }
    } catch (failure) {
      await reader[Symbol.asyncDispose]()
      throw failure
    }
  }

  #checkBroker(broker: TopicBroker): void {
    if (broker === 'internal' || this.#deps.kafka) return
    throw new KaizenError('UNSUPPORTED', 'this server knows no Kafka cluster', {
      hint: 'Start it with --kafka-brokers HOST:PORT.',
    })
  }

  async #move(actor: Actor, name: string, state: StreamRecord['state']): Promise<void> {
    const { database, audit } = this.#deps
    await database.write(async (tx) => {
      const stream = await store.findStream(tx, name)
      if (!stream) throw unknownStream(name)
      if (stream.state === state) return
      await store.setStreamState(tx, name, state)
      const type = state === 'paused' ? 'serving.stream.paused' : 'serving.stream.resumed'
      const data = { positions: stream.positions }
      await audit.append(tx, { actor, type, subject: subjectOf(name), data })
    })
  }

  async #record(name: string): Promise<StreamRecord> {
    const stream = await store.findStream(this.#deps.database.reader, name)
    if (stream) return stream
    throw unknownStream(name)
  }

  async #view(stream: StreamRecord): Promise<StreamView> {
    const runner = await this.#runners.get(stream.id)
    const { source, positions } = stream
    const lag =
      source.broker === 'internal'
        ? Math.max(
            0,
            ((await endOf(this.#deps.database.reader, source.topic)) ?? 0) - (positions['0'] ?? 0),
          )
        : ((await runner?.lag()) ?? null)
    return { ...stream, lag, problem: runner?.problem ?? null }
  }

  /** Records that the slowest stream of a topic has not read; undefined where none reads it. */
  async #unread(topic: string): Promise<number | undefined> {
    const slowest = slowestOf(await this.#all(), topic)
    if (slowest === undefined) return undefined
    return ((await endOf(this.#deps.database.reader, topic)) ?? 0) - slowest
  }

  async #sweep(streams: readonly StreamRecord[], now: number): Promise<void> {
    const { database } = this.#deps
    for (const { name, next } of await allTopics(database.reader)) {
      const until = slowestOf(streams, name) ?? next
      await database.write((tx) => dropRecords(tx, name, { before: now - keptMs, until }))
    }
  }
}

const subjectOf = (name: string): string => `stream:${name}`

const unknownStream = (name: string): KaizenError =>
  new KaizenError('NOT_FOUND', `there is no stream "${name}"`, {
    hint: 'kaizen streams list shows those that are there.',
  })

/** Where the slowest stream of a topic of this server is. */
function slowestOf(streams: readonly StreamRecord[], topic: string): number | undefined {
  const places = streams
    .filter(({ source }) => source.broker === 'internal' && source.topic === topic)
    .map(({ positions }) => positions['0'] ?? 0)
  return places.length === 0 ? undefined : Math.min(...places)
}
