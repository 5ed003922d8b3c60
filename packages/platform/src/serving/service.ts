import {
  type EndpointDeclaration,
  type EndpointSettings,
  type EndpointView,
  type FeedbackItem,
  KaizenError,
  type Page,
  type ReplayView,
  type Route,
} from '@kaizen/contracts'
import type { Actor, Ticker } from '../kernel/index.ts'
import type { LoadedModel } from '../runtime/index.ts'
import type { Tx } from '../storage/index.ts'
import { BanditService } from './bandits/bandits.service.ts'
import { EdgeLog, type EdgeUpload } from './edge-log.ts'
import { ArmLoader } from './endpoints/arm-loader.ts'
import { DeclaredRouters, type RouteSetter } from './endpoints/declared-routers.ts'
import { declareEndpoint } from './endpoints/endpoint-declaration.ts'
import { endpointView } from './endpoints/endpoint-view.ts'
import * as store from './endpoints/endpoints.store.ts'
import { IdleWatch } from './endpoints/idle-watch.ts'
import type { LiveEndpoint } from './endpoints/live-endpoint.ts'
import { OpenEndpoints } from './endpoints/open-endpoints.ts'
import { storeRoute } from './endpoints/route-change.ts'
import { renewSettings, storeSettings } from './endpoints/settings-renewal.ts'
import { isEnsemble } from './ensembles/ensemble-uri.ts'
import { EnsembleService } from './ensembles/ensembles.service.ts'
import { ExperimentService } from './experiments/experiments.service.ts'
import { Explainer } from './explain/explainer.ts'
import { FeedbackService } from './feedback/feedback.service.ts'
import { countLabels } from './feedback/feedback.store.ts'
import { checkAccess } from './limits/access.ts'
import { QuotaLedger } from './limits/quotas.ts'
import { IdClient } from './log/ids/id-client.ts'
import { LogKeeper } from './log/keeper.ts'
import type {
  ArmMode,
  ArmStats,
  EndpointRecord,
  FeedbackCounts,
  PredictionTable,
  TimeSpan,
} from './model.ts'
import { identifyModel, type ModelIdentity } from './model-identities.ts'
import { ModelPool } from './model-pool.ts'
import { PredictionReader } from './prediction-reader.ts'
import { Recovery } from './recovery.ts'
import { RemoteModels } from './remote/remote-models.ts'
import { isRemote } from './remote/remote-uri.ts'
import type { ReplayDeps, ReplayQuestion } from './replay/replay.service.ts'
import { RolloutService } from './rollouts/rollouts.service.ts'
import { defaultRouter } from './routing/compile.ts'
import { checkRoute } from './rules.ts'
import { Serial } from './serial.ts'
import type { ServingDeps } from './serving-deps.ts'

/** Endpoints: names under which registered models answer, through routes that change without a lost or wrong answer. */
export class ServingService implements AsyncDisposable, Ticker {
  readonly name = 'serving'
  /** What the API shows of the log. */
  readonly reader: PredictionReader
  readonly experiments: ExperimentService
  readonly rollouts: RolloutService
  /** What a model, an ensemble or a model of another server stands for now. @throws NOT_FOUND, UNSUPPORTED */
  readonly identify: (uri: string) => Promise<ModelIdentity>
  /** Logs as files: Parquet, retention, what they take of the disk. */
  readonly logs: LogKeeper
  readonly ensembles: EnsembleService
  readonly #deps: ServingDeps
  readonly #pool: ModelPool
  readonly #replaying: ReplayDeps
  readonly #arms: ArmLoader
  readonly #explainer: Explainer
  readonly #quotas: QuotaLedger
  readonly #routers: DeclaredRouters
  readonly #recovery = new Recovery((live) =>
    this.#routing.run(live.name, async () => {
      if (live.failure) await this.#restore(live)
    }),
  )
  readonly #idle = new IdleWatch()
  readonly #bandits: BanditService
  readonly #feedback: FeedbackService
  readonly #edge = new EdgeLog()
  readonly #predictionIds = new IdClient()
  readonly #open: OpenEndpoints
  /** Changes of one endpoint's route happen one after the other. */
  readonly #routing = new Serial()
  #ready = false

  constructor(deps: ServingDeps) {
    this.#deps = deps
    const remote = new RemoteModels(deps.remote ?? { allowPrivate: false, timeoutMs: 30_000 })
    const composed = (uri: string) => this.ensembles.load(uri)
    this.#pool = new ModelPool(deps.runtime, deps.blobs, { remote, composed })
    const pool = this.#pool
    const { models } = deps
    const sources = { models, remote, composed: (uri: string) => this.ensembles.identify(uri) }
    const identify = (uri: string): Promise<ModelIdentity> => identifyModel(sources, uri)
    this.identify = identify
    this.ensembles = new EnsembleService({ ...deps, identify, lease: (of) => pool.lease(of) })
    this.#arms = new ArmLoader({ models, pool, identify, ensembles: this.ensembles })
    this.#explainer = new Explainer(deps.runtime)
    this.logs = new LogKeeper(deps)
    this.#quotas = new QuotaLedger(deps.database)
    this.#bandits = new BanditService(deps, (name) => this.#open.get(name))
    this.#feedback = new FeedbackService({ ...deps, learner: this.#bandits })
    this.#open = new OpenEndpoints({
      ...deps,
      predictionIds: this.#predictionIds,
      explainer: this.#explainer,
      quotas: this.#quotas,
      restore: (opening) => this.#restore(opening),
    })
    const live = (name: string): Promise<LiveEndpoint> => this.#open.live(name)
    this.reader = new PredictionReader(deps.database, live)
    this.experiments = new ExperimentService({ ...deps, bandits: this.#bandits, live })
    this.#replaying = { database: deps.database, identify, pool, live }
    const setRoute: RouteSetter = (...change) => this.setRoute(...change)
    this.rollouts = new RolloutService({ ...deps, identify, live, setRoute })
    this.#routers = new DeclaredRouters({ ...deps, setRoute })
  }

  /** Brings back every endpoint with the route it had; one whose model cannot be loaded says so and does not stop the others. */
  async start(): Promise<void> {
    for (const { name } of await this.#open.all()) await this.#open.live(name)
    this.#ready = true
  }

  /** True when every endpoint that has a route answers. */
  get ready(): boolean {
    return this.#ready && [...this.#open].every(({ failure }) => !failure)
  }

  /** Endpoints that are open now, for metrics. */
  get endpoints(): Iterable<LiveEndpoint> {
    return this.#open
  }

  /** Creates an endpoint, or changes it, as a project declares it; nothing happens where it is so already. */
  declare(
    tx: Tx,
    actor: Actor,
    declaration: EndpointDeclaration,
    project: string | null,
  ): Promise<void> {
    return declareEndpoint(tx, { ...this.#deps, actor }, { ...declaration, project })
  }

  /** @throws ALREADY_EXISTS */
  async create(actor: Actor, declaration: EndpointDeclaration): Promise<EndpointView> {
    await this.#deps.database.write(async (tx) => {
      if (await store.findEndpoint(tx, declaration.name)) {
        throw new KaizenError(
          'ALREADY_EXISTS',
          `there is an endpoint "${declaration.name}" already`,
          { hint: 'Choose another name, or set the route of that one.' },
        )
      }
      await this.declare(tx, actor, declaration, null)
    })
    return this.view(declaration.name)
  }

  /** Limits and what is logged, in force from the next request. @throws NOT_FOUND */
  async configure(actor: Actor, name: string, settings: EndpointSettings): Promise<EndpointView> {
    await this.#routing.run(name, async () => {
      const live = await this.live(name)
      await storeSettings(this.#deps, { actor, name }, settings)
      live.configure(settings)
    })
    return this.view(name)
  }

  /** Stops answering; routes, log and feedback stay, and come back with an endpoint of the same name. */
  async remove(actor: Actor, name: string): Promise<void> {
    const { database, audit } = this.#deps
    await this.#routing.run(name, async () => {
      await this.#open.record(name)
      await database.write(async (tx) => {
        await store.deleteEndpoint(tx, name)
        await audit.append(tx, {
          actor,
          type: 'serving.endpoint.deleted',
          subject: `endpoint:${name}`,
        })
      })
      await this.#open.close(name)
    })
  }

  async list(options: {
    readonly limit: number
    readonly pageToken?: string | undefined
  }): Promise<Page<EndpointView>> {
    const records = await store.listEndpoints(this.#deps.database.reader, {
      after: options.pageToken ?? '',
      limit: options.limit,
    })
    const items = await Promise.all(records.map((record) => this.#viewOf(record)))
    const last = records.at(-1)
    return records.length === options.limit && last
      ? { items, nextPageToken: last.name }
      : { items }
  }

  /** @throws NOT_FOUND */
  async view(name: string): Promise<EndpointView> {
    return this.#viewOf(await this.#open.record(name))
  }

  /**
   * Loads and warms every arm, stores the route, then moves traffic in one step; requests inside the old arms still
   * get their answers from them. Resolves when the old arms are empty.
   * @throws NOT_FOUND, INVALID_REQUEST, INVALID_MODEL; the route in force stays then.
   */
  async setRoute(actor: Actor, name: string, route: Route, reason: string): Promise<EndpointView> {
    checkRoute(route)
    await this.#routing.run(name, async () => {
      const live = await this.live(name)
      const resolved = await this.#arms.resolve(route.arms)
      const arms = await this.#arms.open(live, resolved, 'refuse')
      const change = { arms: resolved, router: route.router, reason }
      const [router, revision] = await this.#bandits
        .routerFor(name, route.router, resolved)
        .then(
          async (made) => [made, await storeRoute(this.#deps, { actor, name }, change)] as const,
        )
        .catch(async (failure) => {
          await Promise.all(arms.map((arm) => arm.drain()))
          throw failure
        })
      await live.swap(revision, arms, router)
    })
    return this.view(name)
  }

  /** The endpoint that answers under a name. @throws NOT_FOUND */
  live(name: string): Promise<LiveEndpoint> {
    return this.#open.live(name)
  }

  /** The endpoint of requests that name none: the only one, or the one called `default`. @throws NOT_FOUND */
  defaultEndpoint(): Promise<LiveEndpoint> {
    return this.#open.default()
  }

  /** Names of all endpoints. */
  async names(): Promise<readonly string[]> {
    return (await this.#open.all()).map(({ name }) => name)
  }

  async feedback(
    actor: Actor,
    endpoint: string,
    items: readonly FeedbackItem[],
  ): Promise<FeedbackCounts> {
    checkAccess(endpoint, undefined, actor)
    return this.#feedback.record(actor, await this.live(endpoint), items)
  }

  /** Logs what agents at the edge answered in place of an endpoint. */
  async recordEdge(
    actor: Actor,
    endpoint: string,
    upload: Pick<EdgeUpload, 'model' | 'items'>,
  ): Promise<{ readonly accepted: number; readonly known: number }> {
    checkAccess(endpoint, undefined, actor)
    const { log, settings } = await this.live(endpoint)
    const redact = settings.log?.redact ?? []
    return this.#edge.record({ ...upload, endpoint, log, redact, now: this.#deps.clock.now() })
  }

  /** Puts logged requests to a candidate. @throws NOT_FOUND, UNSUPPORTED, INVALID_MODEL */
  async replay(endpoint: string, question: ReplayQuestion): Promise<ReplayView> {
    const { runReplay } = await import('./replay/replay.service.ts')
    return runReplay(this.#replaying, endpoint, question)
  }

  /** A model by its digest: a registered one for the caller alone, others as they are shared. @throws NOT_FOUND, INVALID_MODEL */
  async load(digest: string): Promise<LoadedModel> {
    if (!isRemote(digest) && !isEnsemble(digest)) {
      return this.#deps.runtime.load(await this.#deps.blobs.localPath(digest))
    }
    const { model, release } = await this.#pool.lease(digest)
    return {
      signature: model.signature,
      ...(model.platform !== undefined && { platform: model.platform }),
      run: (...asked) => model.run(...asked),
      close: release,
    }
  }

  /** Predictions with event time in [from, to); those of live arms unless told. */
  predictions(
    endpoint: string,
    span: TimeSpan,
    options: { readonly mode?: ArmMode } = {},
  ): Promise<PredictionTable> {
    return this.reader.predictions(endpoint, span, options)
  }

  /** Numbers of each arm from the log. */
  armStats(endpoint: string, span: TimeSpan): Promise<readonly ArmStats[]> {
    return this.reader.armStats(endpoint, span)
  }

  /** How many predictions with event time at or after `since` have ground truth. */
  labelledCount(endpoint: string, since: number): Promise<number> {
    return this.reader.labelledCount(endpoint, since)
  }

  /** Event times that an endpoint's log spans; undefined while it is empty. */
  logSpan(endpoint: string): Promise<TimeSpan | undefined> {
    return this.reader.logSpan(endpoint)
  }

  /** The span of event time whose labels changed after a cursor, and the cursor to ask with next. */
  feedbackChangedSince(
    endpoint: string,
    cursor: number,
  ): Promise<{ readonly cursor: number; readonly span: TimeSpan | null }> {
    return this.reader.feedbackChangedSince(endpoint, cursor)
  }

  /** Lets bandits learn what has matured and renews their shares; looks at rollouts under way. */
  async tick(now: number): Promise<boolean> {
    const learnt = await this.#bandits.tick(now)
    const decided = await this.rollouts.tick(now)
    await this.#quotas.sync(now)
    await this.#recovery.tick(this.#open, now)
    await this.logs.tick(this.#open, now)
    await this.#idle.tick(this.#open, now)
    const records = await this.#open.all()
    renewSettings(records, this.#open)
    await this.#routers.take(records)
    return learnt || decided
  }

  /** Resolves when shadow arms have answered what was asked of them. */
  async settled(): Promise<void> {
    for (const live of this.#open) await live.settled()
  }

  /** Lets every request end, then lets go of models and logs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.logs[Symbol.asyncDispose]()
    await Promise.all([...this.#open].map((live) => live.close()))
    await this.#predictionIds[Symbol.asyncDispose]()
    await this.#quotas.sync(this.#deps.clock.now())
    await this.#explainer[Symbol.asyncDispose]()
  }

  async #viewOf(record: EndpointRecord): Promise<EndpointView> {
    const live = await this.live(record.name)
    const labelled = await countLabels(this.#deps.database.reader, record.name, 0)
    const route = await store.latestRoute(this.#deps.database.reader, record.name)
    const predictions = await live.log.countLive()
    const router = route?.router ?? defaultRouter
    return endpointView(record, live, { predictions, labelled, router })
  }

  /** Brings back the route in force; where its models cannot be loaded, the endpoint says so. */
  async #restore(live: LiveEndpoint): Promise<void> {
    const { name } = live
    const route = await store.latestRoute(this.#deps.database.reader, name)
    if (!route) return
    try {
      const router = await this.#bandits.routerFor(name, route.router, route.arms)
      const arms = await this.#arms.open(live, route.arms, 'serve')
      await live.swap(route.revision, arms, router)
    } catch (failure) {
      if (!live.failure) this.#deps.onFault(failure, `loading the models of the endpoint ${name}`)
      live.failure = new KaizenError(
        'UNAVAILABLE',
        `the models of the endpoint "${name}" could not be loaded: ${(failure as Error).message}`,
        { hint: 'Set a route with models that load.', cause: failure },
      )
    }
  }
}
