import { join } from 'node:path'
import { KaizenError, objectName } from '@kaizen/contracts'
import type { Explainer } from '../explain/explainer.ts'
import type { QuotaLedger } from '../limits/quotas.ts'
import type { IdClient } from '../log/ids/id-client.ts'
import { PredictionLog } from '../log/prediction-log.ts'
import type { EndpointRecord } from '../model.ts'
import { unknownEndpoint } from '../rules.ts'
import type { ServingDeps } from '../serving-deps.ts'
import * as store from './endpoints.store.ts'
import { LiveEndpoint } from './live-endpoint.ts'

export interface OpenEndpointsDeps
  extends Pick<
    ServingDeps,
    'database' | 'clock' | 'ids' | 'lake' | 'log' | 'logFolder' | 'features' | 'onFault'
  > {
  readonly explainer: Explainer
  readonly predictionIds: IdClient
  readonly quotas: QuotaLedger
  /** Brings back the route that an endpoint had. */
  readonly restore: (live: LiveEndpoint) => Promise<void>
}

/** The endpoints that this server has open, each with its log; one is opened when it is first asked for. */
export class OpenEndpoints implements Iterable<LiveEndpoint> {
  readonly #deps: OpenEndpointsDeps
  readonly #opening = new Map<string, Promise<LiveEndpoint>>()
  readonly #opened = new Map<string, LiveEndpoint>()
  /** Endpoints out of service whose log is still held open. */
  readonly #closing = new Map<string, Promise<void>>()

  constructor(deps: OpenEndpointsDeps) {
    this.#deps = deps
  }

  [Symbol.iterator](): Iterator<LiveEndpoint> {
    return this.#opened.values()
  }

  /** One that is open. */
  get(name: string): LiveEndpoint | undefined {
    return this.#opened.get(name)
  }

  /** The endpoint that answers under a name. @throws NOT_FOUND */
  async live(name: string): Promise<LiveEndpoint> {
    return this.#opened.get(name) ?? (await this.#endpoint(name))
  }

  /** The endpoint of requests that name none: the only one, or the one called `default`. @throws NOT_FOUND */
  async default(): Promise<LiveEndpoint> {
    const [only, ...others] = await store.listEndpoints(this.#deps.database.reader, {
      after: '',
      limit: 2,
    })
    if (only && others.length === 0) return this.live(only.name)
    return this.live('default').catch(() => {
      throw new KaizenError('NOT_FOUND', 'there is no default endpoint', {
        hint: 'Call /endpoints/NAME/invocations, or create an endpoint named "default".',
      })
    })
  }

  /** As they are stored. */
  async all(): Promise<readonly EndpointRecord[]> {
    const { reader } = this.#deps.database
    return store.listEndpoints(reader, { after: '', limit: 100_000 })
  }

  /** @throws NOT_FOUND */
  async record(name: string): Promise<EndpointRecord> {
    const known = objectName.safeParse(name).success
    const record = known ? await store.findEndpoint(this.#deps.database.reader, name) : undefined
    if (record) return record
    throw unknownEndpoint(name)
  }

  /** Takes an endpoint out of service: its requests end, then its log is closed. */
  async close(name: string): Promise<void> {
    const live = await this.#opening.get(name)
    this.#opening.delete(name)
    this.#opened.delete(name)
    const closed = live?.close() ?? Promise.resolve()
    this.#closing.set(name, closed)
    await closed.finally(() => this.#closing.delete(name))
  }

  /** Opens an endpoint once, with the log and the route that it had. */
  async #endpoint(name: string): Promise<LiveEndpoint> {
    const opening = this.#opening.get(name)
    if (opening) return opening
    await this.record(name)
    const again = this.#opening.get(name)
    if (again) return again
    const opened = this.#open(name)
    this.#opening.set(name, opened)
    try {
      const live = await opened
      this.#opened.set(name, live)
      return live
    } catch (failure) {
      this.#opening.delete(name)
      throw failure
    }
  }

  async #open(name: string): Promise<LiveEndpoint> {
    const { logFolder, lake, predictionIds: ids, restore, ...deps } = this.#deps
    await this.#closing.get(name)?.catch(() => undefined)
    const log = await PredictionLog.open(join(logFolder, name), { ...deps.log, lake, ids })
    const live = new LiveEndpoint(name, { ...deps, log })
    live.configure((await this.record(name)).settings)
    await restore(live)
    return live
  }
}
