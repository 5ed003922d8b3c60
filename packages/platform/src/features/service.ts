import {
  durationMs,
  type EntityDeclaration,
  type EntityView,
  type FeatureServiceDeclaration,
  type FeatureServiceView,
  type FeatureView,
  type FeatureViewDeclaration,
} from '@kaizen/contracts'
import { type Actor, systemActor, type Ticker } from '../kernel/index.ts'
import type { Tx } from '../storage/index.ts'
import { ConsistencyCheck } from './consistency.ts'
import { FeatureDefinitions } from './definitions.service.ts'
import type { FeatureDeps } from './dependencies.ts'
import { FeatureJoins } from './joins.service.ts'
import { Materializer } from './materializer.ts'
import type { CodeBundle, DefinitionKind, Definitions, PushAnswer } from './model.ts'
import { OfflineLog } from './offline-log.ts'
import { OnlineReader } from './online-reader.ts'
import { setsOf } from './online-sets.store.ts'
import { FeaturePush, type Push } from './push.service.ts'
import { isDue } from './refresh.ts'

/** Features: what they are, as they were at any time, and as they are now. */
export class FeatureService implements Ticker {
  readonly name = 'features'
  readonly definitions: FeatureDefinitions
  readonly joins: FeatureJoins
  readonly materializer: Materializer
  readonly reader: OnlineReader
  readonly consistency: ConsistencyCheck
  readonly log: OfflineLog
  readonly #push: FeaturePush
  readonly #deps: FeatureDeps
  /** When each view was asked for last: one that fails is not asked for again at every tick. */
  readonly #asked = new Map<string, number>()

  constructor(deps: FeatureDeps) {
    this.#deps = deps
    this.definitions = new FeatureDefinitions(deps)
    this.joins = new FeatureJoins(deps, this.definitions)
    this.materializer = new Materializer(deps, this.definitions)
    this.reader = new OnlineReader(deps, this.definitions)
    this.consistency = new ConsistencyCheck(deps, this.definitions)
    this.log = new OfflineLog(deps, this.definitions)
    this.#push = new FeaturePush(deps, this.definitions, this.materializer)
  }

  async defineEntity(actor: Actor, definition: EntityDeclaration): Promise<EntityView> {
    await this.#define(actor, 'entity', definition)
    return this.definitions.get('entity', definition.name)
  }

  async defineView(actor: Actor, definition: FeatureViewDeclaration): Promise<FeatureView> {
    await this.#deps.data.get(definition.source.dataset)
    await this.#define(actor, 'view', definition)
    return this.definitions.view(definition.name)
  }

  async defineService(
    actor: Actor,
    definition: FeatureServiceDeclaration,
  ): Promise<FeatureServiceView> {
    await this.#define(actor, 'service', definition)
    return this.definitions.get('service', definition.name)
  }

  /** Brings a project's declaration into force, in its transaction. */
  async declare<K extends DefinitionKind>(
    tx: Tx,
    actor: Actor,
    given: {
      readonly kind: K
      readonly definition: Definitions[K]
      readonly project: string
      readonly bundle?: CodeBundle
    },
  ): Promise<void> {
    await this.definitions.define(tx, actor, given)
    this.#changed()
  }

  async removeDeclared(tx: Tx, actor: Actor, kind: DefinitionKind, name: string): Promise<void> {
    await this.definitions.remove(tx, actor, kind, name)
    this.#changed()
  }

  async remove(actor: Actor, kind: DefinitionKind, name: string): Promise<void> {
    await this.#deps.database.write((tx) => this.definitions.remove(tx, actor, kind, name))
    this.#changed()
  }

  push(actor: Actor, view: string, push: Push): Promise<PushAnswer> {
    return this.#push.push(actor, view, push)
  }

  /** Brings in the views whose `refresh` says so and whose dataset has something new. */
  async tick(now: number): Promise<boolean> {
    let asked = false
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await this.definitions.views(100, after)
      for (const view of page.items) {
        const { name, refresh } = view.definition
        if (refresh === null) continue
        if (now - (this.#asked.get(name) ?? Number.NEGATIVE_INFINITY) < durationMs(refresh))
          continue
        const dataset = await this.#deps.data.get(view.definition.source.dataset).catch(() => null)
        if (!dataset || !isDue(view, dataset.latestVersion, now)) continue
        this.#asked.set(name, now)
        await this.materializer.request(systemActor, name)
        asked = true
      }
      after = page.nextPageToken
    }
    return asked
  }

  /** How many entities of a view stand in the online store. */
  async onlineRows(name: string): Promise<number> {
    const sets = await setsOf(this.#deps.database.reader, name)
    const newest = sets.toSorted((left, right) => right.no - left.no)[0]
    return newest ? this.#deps.online.count(newest.no) : 0
  }

  async #define<K extends DefinitionKind>(
    actor: Actor,
    kind: K,
    definition: Definitions[K],
  ): Promise<void> {
    await this.#deps.database.write((tx) =>
      this.definitions.define(tx, actor, { kind, definition, project: null }),
    )
    this.#changed()
  }

  /** Now, and once more when a transaction that is under way has ended. */
  #changed(): void {
    this.reader.forget()
    setImmediate(() => this.reader.forget())
  }
}
