import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  isKaizenError,
  KaizenError,
  type NewSink,
  type Page,
  type SinkView,
  type TopicBroker,
} from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import { resolveTarget } from '../../http/index.ts'
import type { Actor, Clock, Ids, Ticker } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import { checkUrl, type SecretBox } from '../../webhooks/index.ts'
import type { LiveEndpoint } from '../endpoints/live-endpoint.ts'
import type { LogPlace } from '../log/log-place.ts'
import type { TopicPort } from '../streams/model.ts'
import type { SinkPlace, SinkRecord, SinkSender } from './model.ts'
import type { SinkRunner } from './runner.ts'
import * as store from './sinks.store.ts'

export interface SinkDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  /** @throws NOT_FOUND */
  readonly live: (endpoint: string) => Promise<LiveEndpoint>
  /** @throws UNSUPPORTED */
  readonly topics: (broker: TopicBroker) => Promise<TopicPort>
  readonly secrets: SecretBox
  /** Folder of the prediction logs. */
  readonly logFolder: string
  /** Lets events go to addresses that are not public, and by plain http. */
  readonly allowPrivate: boolean
  /** An answer that takes longer is none; 30 s unless told. */
  readonly timeoutMs?: number
}

const remedy = 'The operator can allow private addresses with --webhooks-to-private.'
/** What receivers say beyond this is of no use. */
const mostAnswerBytes = 64 * 1024

/** Sinks: what endpoints answered, sent on as CloudEvents, each at least once and in the order of the log. */
export class SinkService implements AsyncDisposable, Ticker {
  readonly name = 'sinks'
  readonly #deps: SinkDeps
  /** Of the logs of this server: its folder knows it, so that the logs of several servers are told apart. */
  readonly #log: string
  readonly #runners = new Map<string, Promise<SinkRunner>>()
  #stopped = false

  private constructor(deps: SinkDeps, log: string) {
    this.#deps = deps
    this.#log = log
  }

  static async open(deps: SinkDeps): Promise<SinkService> {
    await mkdir(deps.logFolder, { recursive: true })
    // No endpoint is called like this.
    const path = join(deps.logFolder, '.log-id')
    await writeFile(path, deps.ids.next('log'), { flag: 'wx' }).catch((failure) => {
      if ((failure as NodeJS.ErrnoException).code !== 'EEXIST') throw failure
    })
    return new SinkService(deps, (await readFile(path, 'utf8')).trim())
  }

  /** @throws NOT_FOUND, ALREADY_EXISTS, UNSUPPORTED, INVALID_REQUEST */
  async create(actor: Actor, asked: NewSink): Promise<SinkView> {
    const { database, audit, clock, ids, secrets, live } = this.#deps
    const { log } = await live(asked.endpoint)
    await this.#check(asked)
    const { token, ...rest } = asked
    const sink: SinkRecord = {
      ...rest,
      id: ids.next('sink'),
      token: token === undefined ? null : secrets.seal(token),
      state: 'running',
      createdAt: clock.now(),
      createdBy: actor.name,
    }
    const place = firstPlace(sink, log)
    await database.write(async (tx) => {
      if (await store.findSink(tx, sink.name)) {
        throw new KaizenError('ALREADY_EXISTS', `there is a sink "${sink.name}" already`)
      }
      await store.insertSink(tx, sink)
      await store.beginPlace(tx, { sink: sink.id, log: this.#log, place })
      const { id, endpoint, target, arms, redact, from } = sink
      await audit.append(tx, {
        actor,
        type: 'serving.sink.created',
        subject: subjectOf(sink.name),
        data: { id, endpoint, target, arms, redact, from, hasToken: sink.token !== null },
      })
    })
    this.#take(sink)
    return this.get(sink.name)
  }

  /** @throws NOT_FOUND */
  async get(name: string): Promise<SinkView> {
    return this.#view(await this.#record(name))
  }

  async list(options: {
    readonly limit: number
    readonly pageToken?: string | undefined
    readonly endpoint?: string | undefined
  }): Promise<Page<SinkView>> {
    const { limit, pageToken: after = '', endpoint } = options
    const records = await store.listSinks(this.#deps.database.reader, { after, limit, endpoint })
    const items = await Promise.all(records.map((record) => this.#view(record)))
    const last = records.at(-1)
    return records.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** @throws NOT_FOUND */
  async pause(actor: Actor, name: string): Promise<SinkView> {
    await this.#move(actor, name, 'paused')
    await this.#drop((await this.#record(name)).id)
    return this.get(name)
  }

  /** @throws NOT_FOUND */
  async resume(actor: Actor, name: string): Promise<SinkView> {
    await this.#move(actor, name, 'running')
    this.#take(await this.#record(name))
    return this.get(name)
  }

  /** @throws NOT_FOUND */
  async remove(actor: Actor, name: string): Promise<void> {
    const { database, audit } = this.#deps
    const sink = await this.#record(name)
    await database.write(async (tx) => {
      await store.deleteSink(tx, sink)
      await audit.append(tx, {
        actor,
        type: 'serving.sink.deleted',
        subject: subjectOf(name),
        data: { id: sink.id, endpoint: sink.endpoint },
      })
    })
    await this.#drop(sink.id)
  }

  /** Sends what has been logged since, and starts and stops what other servers have changed. */
  async tick(): Promise<boolean> {
    if (this.#stopped) return false
    const sinks = await this.#running()
    const wanted = new Set(sinks.map(({ id }) => id))
    for (const id of [...this.#runners.keys()]) if (!wanted.has(id)) await this.#drop(id)
    for (const sink of sinks) this.#take(sink)
    return false
  }

  /** Resolves when everything that was logged has been sent, or cannot be now. */
  async settled(): Promise<void> {
    await Promise.all([...this.#runners.values()].map(async (runner) => (await runner).wake()))
  }

  /** Numbers of all sinks, for metrics. */
  async numbers(): Promise<readonly SinkView[]> {
    return (await this.list({ limit: 1000 })).items
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await Promise.all([...this.#runners.values()].map(async (runner) => (await runner).stop()))
  }

  async #running(): Promise<readonly SinkRecord[]> {
    const sinks = await store.listSinks(this.#deps.database.reader, { after: '', limit: 10_000 })
    return sinks.filter(({ state }) => state === 'running')
  }

  #take(sink: SinkRecord): void {
    if (this.#stopped) return
    let runner = this.#runners.get(sink.id)
    if (!runner) {
      runner = this.#runnerOf(sink)
      this.#runners.set(sink.id, runner)
    }
    void runner.then((found) => found.wake())
  }

  /** Loaded by the first sink. */
  async #runnerOf(sink: SinkRecord): Promise<SinkRunner> {
    const { database, clock, live } = this.#deps
    const now = () => clock.now()
    const placeOf = (of: SinkRecord, endpoint: LiveEndpoint) => this.#placeOf(of, endpoint)
    const open = (of: SinkRecord) => this.#open(of)
    const { SinkRunner } = await import('./runner.ts')
    return new SinkRunner({ database, now, log: this.#log, live, placeOf, open }, sink)
  }

  async #drop(id: string): Promise<void> {
    const runner = this.#runners.get(id)
    this.#runners.delete(id)
    await (await runner)?.stop()
  }

  async #placeOf(sink: SinkRecord, { log }: LiveEndpoint): Promise<LogPlace> {
    const { database } = this.#deps
    const known = await this.#placeHere(sink.id)
    if (known) return known.place
    const place = firstPlace(sink, log)
    await database.write((tx) => store.beginPlace(tx, { sink: sink.id, log: this.#log, place }))
    return place
  }

  async #placeHere(sink: string): Promise<SinkPlace | undefined> {
    const places = await store.placesOf(this.#deps.database.reader, sink)
    return places.find(({ log }) => log === this.#log)
  }

  /** @throws INVALID_REQUEST, UNSUPPORTED */
  async #check({ target, token }: NewSink): Promise<void> {
    if (target.kind === 'http') {
      const { allowPrivate } = this.#deps
      const { hostname } = checkUrl(target.url, allowPrivate)
      // A name that is not known now may be when something is sent, and is checked again then.
      await resolveTarget(hostname, { allowPrivate, hint: remedy }).catch((failure: unknown) => {
        if (!isKaizenError(failure) || failure.code !== 'UNAVAILABLE') throw failure
      })
      return
    }
    if (token !== undefined) {
      throw new KaizenError('INVALID_REQUEST', 'token: a topic takes none', {
        hint: 'The server logs in to Kafka as it was started.',
      })
    }
    await this.#deps.topics(target.broker)
  }

  async #open({ target, token }: SinkRecord): Promise<SinkSender> {
    const { allowPrivate, timeoutMs = 30_000, secrets, topics } = this.#deps
    if (target.kind === 'topic') {
      const { topicSender } = await import('./topic-sender.ts')
      return topicSender(await (await topics(target.broker)).writer(target.topic))
    }
    const url = checkUrl(target.url, allowPrivate)
    const { HttpSender } = await import('./http-sender.ts')
    return new HttpSender(
      { url, mode: target.mode, ...(token !== null && { token: secrets.open(token) }) },
      { allowPrivate, timeoutMs, remedy, mostAnswerBytes },
    )
  }

  async #move(actor: Actor, name: string, state: SinkRecord['state']): Promise<void> {
    const { database, audit } = this.#deps
    await database.write(async (tx) => {
      const sink = await store.findSink(tx, name)
      if (!sink) throw unknownSink(name)
      if (sink.state === state) return
      await store.setSinkState(tx, name, state)
      const type = state === 'paused' ? 'serving.sink.paused' : 'serving.sink.resumed'
      await audit.append(tx, { actor, type, subject: subjectOf(name), data: { id: sink.id } })
    })
  }

  async #record(name: string): Promise<SinkRecord> {
    const sink = await store.findSink(this.#deps.database.reader, name)
    if (sink) return sink
    throw unknownSink(name)
  }

  async #view(sink: SinkRecord): Promise<SinkView> {
    const places = await store.placesOf(this.#deps.database.reader, sink.id)
    const here = places.find(({ log }) => log === this.#log)
    const live = await this.#deps.live(sink.endpoint).catch(() => undefined)
    const newest = places.toSorted((a, b) => (b.lastAt ?? 0) - (a.lastAt ?? 0))
    const { token, from: _, ...rest } = sink
    return {
      ...rest,
      redact: [...sink.redact],
      hasToken: token !== null,
      sent: places.reduce((sum, { sent }) => sum + sent, 0),
      refused: places.reduce((sum, { refused }) => sum + refused, 0),
      refusal: newest.find(({ refusal }) => refusal !== null)?.refusal ?? null,
      lag: here && live ? live.log.waiting(here.place) : null,
      problem: (await this.#runners.get(sink.id))?.problem ?? null,
      lastAt: newest[0]?.lastAt ?? null,
    }
  }
}

const firstPlace = ({ from }: SinkRecord, log: LiveEndpoint['log']): LogPlace =>
  from === 'beginning' ? { segment: 0, row: 0 } : log.end

const subjectOf = (name: string): string => `sink:${name}`

const unknownSink = (name: string): KaizenError =>
  new KaizenError('NOT_FOUND', `there is no sink "${name}"`, {
    hint: 'kaizen sinks list shows those that are there.',
  })
