import { KaizenError } from '@kaizen/contracts'
import type { Actor, Clock } from '../kernel/index.ts'
import type { LiveEndpoint } from './endpoints/live-endpoint.ts'
import type { IndexEntry, Served, VersionStatistics } from './endpoints/served.ts'
import { ServedEndpoint } from './endpoints/served-endpoint.ts'
import type { ModelRepository } from './repository/model-repository.ts'
import type { ServingService } from './service.ts'

export interface CatalogueDeps {
  readonly serving: ServingService
  readonly repository?: ModelRepository | undefined
  readonly clock: Clock
}

/** Everything that answers under a name, for every protocol: endpoints, then models of the repository. */
export class Catalogue {
  readonly #deps: CatalogueDeps
  readonly #endpoints = new WeakMap<LiveEndpoint, Served>()

  constructor(deps: CatalogueDeps) {
    this.#deps = deps
  }

  /** True when every endpoint that has a route answers. */
  get ready(): boolean {
    return this.#deps.serving.ready
  }

  /** @throws NOT_FOUND */
  async find(name: string): Promise<Served> {
    const { serving, repository } = this.#deps
    const model = repository?.find(name)
    if (!model) return this.#served(await serving.live(name))
    const live = await serving.live(name).catch(notFound)
    return live ? this.#served(live) : model
  }

  /** What answers where a request names nothing. @throws NOT_FOUND */
  async default(): Promise<Served> {
    const { serving, repository } = this.#deps
    const live = await serving.defaultEndpoint().catch((failure: unknown) => {
      const [only, ...others] = repository?.models ?? []
      if (only && others.length === 0) return undefined
      throw failure
    })
    return live ? this.#served(live) : [...repository!.models][0]!
  }

  async index(): Promise<readonly IndexEntry[]> {
    const { serving, repository } = this.#deps
    const names = await serving.names()
    const endpoints = await Promise.all(names.map((name) => this.find(name)))
    const folders = (await repository?.index()) ?? []
    return [
      ...endpoints.flatMap((served) => served.index()),
      ...folders.map((entry) => (names.includes(entry.name) ? hidden(entry) : entry)),
    ]
  }

  /** Of one model, or of all. @throws NOT_FOUND */
  async statistics(name?: string, version?: number): Promise<readonly VersionStatistics[]> {
    const served = name === undefined ? await this.#all() : [await this.find(name)]
    if (version !== undefined) served[0]!.signature(version)
    return served
      .flatMap((each) => each.statistics())
      .filter((each) => version === undefined || each.version === String(version))
  }

  /** Loads a model of the repository again; an endpoint holds what its route says. @throws NOT_FOUND, INVALID_MODEL */
  async load(actor: Actor, name: string): Promise<void> {
    const live = await this.#deps.serving.live(name).catch(notFound)
    if (!live) return this.#repository(name).load(actor, name)
    if (live.failure) throw live.failure
  }

  /** @throws NOT_FOUND, CONFLICT for an endpoint */
  async unload(actor: Actor, name: string): Promise<void> {
    if (await this.#deps.serving.live(name).catch(notFound)) {
      throw new KaizenError('CONFLICT', `"${name}" is an endpoint, which its route governs`, {
        hint: `Change its route, or remove it: kaizen endpoints delete ${name}`,
      })
    }
    return this.#repository(name).unload(actor, name)
  }

  async #all(): Promise<Served[]> {
    const names = new Set(await this.#deps.serving.names())
    for (const { name } of this.#deps.repository?.models ?? []) names.add(name)
    return Promise.all([...names].map((name) => this.find(name)))
  }

  #repository(name: string): ModelRepository {
    const { repository } = this.#deps
    if (repository) return repository
    throw new KaizenError('NOT_FOUND', `there is no model ${JSON.stringify(name.slice(0, 128))}`, {
      hint: 'Start the server with --model-repository DIR to load models from a folder.',
    })
  }

  #served(live: LiveEndpoint): Served {
    let served = this.#endpoints.get(live)
    if (!served) {
      served = new ServedEndpoint(live, this.#deps.clock)
      this.#endpoints.set(live, served)
    }
    return served
  }
}

const hidden = (entry: IndexEntry): IndexEntry => ({
  ...entry,
  state: 'UNAVAILABLE',
  reason: 'an endpoint has the same name and answers in its place',
})

function notFound(failure: unknown): undefined {
  if (failure instanceof KaizenError && failure.code === 'NOT_FOUND') return undefined
  throw failure
}
