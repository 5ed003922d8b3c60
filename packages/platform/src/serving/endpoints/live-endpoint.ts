import { type EndpointSettings, KaizenError, type ModelSignature } from '@kaizen/contracts'
import type { Clock, Ids } from '../../kernel/index.ts'
import type { RanIn, Tensors } from '../../runtime/index.ts'
import { EndpointExplanations } from '../explain/endpoint-explanations.ts'
import type { Explainer } from '../explain/explainer.ts'
import type { ExplainRequest, Explanation } from '../explain/model.ts'
import {
  type AttributedRows,
  type AttributionQuestion,
  meanAttributions,
} from '../explain/table-attributions.ts'
import { Entrance } from '../limits/entrance.ts'
import { type InputRules, inputRulesOf } from '../limits/input-rules.ts'
import type { Caller, QuotaLedger } from '../limits/quotas.ts'
import { redacted } from '../limits/redaction.ts'
import type { PredictionLog } from '../log/prediction-log.ts'
import type { PredictionEntry } from '../log/record.ts'
import { FeatureLookup, type FeatureSource } from '../lookup/feature-lookup.ts'
import { isMirrored } from '../routing/mirror.ts'
import { pinnedArm } from '../routing/pinned-arm.ts'
import { decide, type Router } from '../routing/router.ts'
import { unitHash } from '../routing/unit-hash.ts'
import { entryRouting, type RoutingHeaders, routingUnit, timeoutOf } from '../routing-unit.ts'
import { ShadowLane } from '../shadow/shadow-lane.ts'
import { inParts, type Parts, type TensorPart } from '../streaming/in-parts.ts'
import type { BoundInputs } from '../wire/bind.ts'
import { type PredictionContext, rowContext } from '../wire/prediction-context.ts'
import type { ServingArm } from './serving-arm.ts'

/** What a protocol asks of an endpoint. */
export interface PredictionCall {
  readonly context: PredictionContext
  /** Pins the arm that serves this model version. */
  readonly version?: number | undefined
  /** Headers of the request, for the unit of traffic, the trace and rules by header or cookie. */
  readonly headers?: RoutingHeaders | undefined
  /** Who asks, for access and limits by client. */
  readonly caller?: Caller | undefined
  /** Asks how the features add up to the answer. */
  readonly explain?: ExplainRequest | undefined
  /** Takes the answer in parts before it is there as a whole. */
  readonly parts?: Parts<PredictionAnswer> | undefined
  /** Names of what the request brings, where that can be told. */
  readonly names?: (() => ReadonlySet<string>) | undefined
  /** Decodes the inputs for a signature. @throws INVALID_TENSOR */
  readonly bind: (signature: ModelSignature, rules?: InputRules) => BoundInputs
}

/** An answer that is in the log. */
export interface PredictionAnswer {
  readonly id: string
  readonly ids: readonly string[]
  readonly arm: string
  readonly model: string
  readonly version: number
  readonly signature: ModelSignature
  readonly outputs: Tensors
  readonly rows: number
  /** The run that computed it; absent where the runtime computes each request alone. */
  readonly ran?: RanIn | undefined
  /** Where it was asked for. */
  readonly explanation?: Explanation
}

type EntryHead = Pick<PredictionEntry, 'ids' | 'fresh' | 'at' | 'routing'>

/** The arms of one route; replaced as a whole. */
interface RoutingTable {
  readonly revision: number
  readonly arms: readonly ServingArm[]
  readonly live: readonly [ServingArm, ...ServingArm[]]
  readonly shadows: readonly ServingArm[]
  router: Router
}

const shadowLimits = { concurrency: 2, capacity: 256 }

export interface LiveEndpointDeps {
  readonly clock: Clock
  readonly ids: Ids
  readonly log: PredictionLog
  readonly explainer: Explainer
  readonly quotas: QuotaLedger
  /** Features for settings that name some. */
  readonly features?: FeatureSource | undefined
  /** Told of failures that no caller sees. */
  readonly onFault: (failure: unknown, what: string) => void
}

/** An endpoint that takes traffic: picks an arm, computes, logs, and only then answers. */
export class LiveEndpoint {
  readonly name: string
  readonly log: PredictionLog
  readonly #deps: LiveEndpointDeps
  readonly #lane = new ShadowLane(shadowLimits)
  readonly #explanations: EndpointExplanations
  #table: RoutingTable | undefined
  settings: EndpointSettings = {}
  readonly entrance: Entrance
  #redact: ReadonlySet<string> = new Set()
  #sample = 1
  #rules: InputRules | undefined
  #lookup: FeatureLookup | undefined
  /** Why the route in force could not be loaded. */
  failure: KaizenError | undefined

  constructor(name: string, deps: LiveEndpointDeps) {
    this.name = name
    this.log = deps.log
    this.#deps = deps
    this.entrance = new Entrance(name, deps)
    const isRedacted = (column: string): boolean => this.#redact.has(column)
    this.#explanations = new EndpointExplanations(deps.explainer, { log: deps.log, isRedacted })
  }

  get arms(): readonly ServingArm[] {
    return this.#table?.arms ?? []
  }

  get revision(): number {
    return this.#table?.revision ?? 0
  }

  get inputRules(): InputRules | undefined {
    return this.#rules
  }

  /** What requests have to bring for a model: without what is looked up, with the keys for it. */
  requestOf(signature: ModelSignature): ModelSignature {
    return this.#lookup?.requestOf(signature) ?? signature
  }

  get shed(): number {
    return this.#lane.shed
  }

  /**
   * Puts warm arms in place of those in force in one step: a request that has picked an arm keeps it, the next one
   * picks from the new. Resolves when the old arms have answered their last request and let go of their models.
   */
  async swap(revision: number, arms: readonly ServingArm[], router: Router): Promise<void> {
    const before = this.arms
    const [first, ...others] = arms.filter(({ mode }) => mode === 'live')
    this.#table = first && {
      revision,
      arms,
      live: [first, ...others],
      shadows: arms.filter(({ mode }) => mode === 'shadow'),
      router,
    }
    this.failure = undefined
    await Promise.all(before.map((arm) => arm.drain()))
  }

  get router(): Router | undefined {
    return this.#table?.router
  }

  /** Puts another router before the same arms, as a bandit does when it has learnt; false where the route has changed. */
  reroute(revision: number, router: Router): boolean {
    if (this.#table?.revision !== revision) return false
    this.#table.router = router
    return true
  }

  /** The arm that serves a version, or the first live arm. @throws NOT_FOUND, UNAVAILABLE */
  armFor(version: number | undefined): ServingArm {
    const table = this.#routing()
    return version === undefined ? table.live[0] : this.#pinned(table, version)
  }

  /**
   * @throws UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED, INVALID_TENSOR, OVERLOADED, TIMEOUT, UNAVAILABLE, STORAGE_FULL; a failure of the model itself is logged as
   * well.
   */
  async predict(call: PredictionCall): Promise<PredictionAnswer> {
    const entering = { caller: call.caller, timeoutMs: timeoutOf(call.headers) }
    return this.entrance.run(entering, () => this.#answer(call))
  }

  /** Limits and what is logged, from the next request on. */
  configure(settings: EndpointSettings): void {
    this.settings = settings
    this.entrance.configure(settings)
    this.#redact = new Set(settings.log?.redact)
    this.#sample = settings.log?.sample ?? 1
    this.#rules = inputRulesOf(settings)
    const { features: source, clock } = this.#deps
    const { features } = settings
    this.#lookup = features && source && new FeatureLookup(features, source, clock)
  }

  /** What each feature counts in the answers that a version gives for rows of a table. @throws NOT_FOUND, UNSUPPORTED */
  async attributions(version: number, asked: AttributionQuestion): Promise<AttributedRows> {
    const arm = pinnedArm(this.name, this.arms, version)
    if (arm?.mode !== 'live')
      throw new KaizenError('NOT_FOUND', `version ${version} answers no longer on "${this.name}"`)
    arm.enter()
    try {
      return await meanAttributions(this.#deps.explainer, arm, asked)
    } finally {
      arm.leave()
    }
  }

  async #answer(asked: PredictionCall): Promise<PredictionAnswer> {
    const { context } = asked
    const id = context.inferenceIds?.[0] ?? context.id ?? this.#deps.ids.next('inf')
    const table = this.#routing()
    const call = this.#lookup ? await this.#complete(this.#lookup, asked, table.live[0]) : asked
    const { arm, propensity } = this.#chosen(table, call, id)
    const bound = bindFor(arm, call, this.#rules)
    const { ids, at = this.#deps.clock.now() } = rowContext(context, context.id ?? id, bound.rows)
    const fresh = context.id === undefined && context.inferenceIds === undefined
    const head = { ids, fresh, at, routing: entryRouting(call.headers, propensity) }
    const described = {
      id: context.id ?? id,
      ids,
      arm: arm.name,
      model: arm.resolved.modelName,
      version: arm.version,
      signature: arm.signature,
    }
    const parts = call.parts && {
      signal: call.parts.signal,
      take: (part: TensorPart) => call.parts!.take({ ...described, ...part }),
    }
    const { outputs, ran } = await this.#computed(arm, { ...bound, parts }, head)
    for (const shadow of table.shadows) {
      if (isMirrored(shadow.name, shadow.weight, id)) this.#follow(shadow, call, head)
    }
    const explanation =
      call.explain && (await this.#explanations.explain(arm, { bound, ids }, call.explain))
    return { ...(explanation && { explanation }), ...described, outputs, rows: bound.rows, ran }
  }

  /** What the first arm refuses counts against it, as what it does not fit does. */
  async #complete(lookup: FeatureLookup, call: PredictionCall, first: ServingArm) {
    try {
      return await lookup.complete(call, first.signature, this.#rules)
    } catch (failure) {
      first.refused++
      throw failure
    }
  }

  /** Resolves when shadow arms have answered everything offered before. */
  settled(): Promise<void> {
    return this.#lane.settled()
  }

  async close(): Promise<void> {
    await this.#lane.settled()
    await this.swap(0, [], { kind: 'single' })
    await this.log.close()
  }

  #routing(): RoutingTable {
    if (this.#table) return this.#table
    throw (
      this.failure ??
      new KaizenError('UNAVAILABLE', `no model is deployed on the endpoint "${this.name}"`, {
        hint: `Deploy one: kaizen endpoints route ${this.name} champion=models:/MODEL/VERSION`,
      })
    )
  }

  #chosen(
    table: RoutingTable,
    call: PredictionCall,
    id: string,
  ): { readonly arm: ServingArm; readonly propensity: number } {
    if (call.version !== undefined) {
      return { arm: this.#pinned(table, call.version), propensity: Number.NaN }
    }
    if (table.router.kind === 'single') return { arm: table.live[0], propensity: 1 }
    const unit = routingUnit(call, id, () => call.bind(table.live[0].signature, this.#rules))
    const { arm, propensity } = decide(table.router, unit)
    return { arm: table.live[arm]!, propensity }
  }

  #pinned({ arms }: RoutingTable, version: number): ServingArm {
    const arm = pinnedArm(this.name, arms, version)
    if (arm) return arm
    const served = arms.map((candidate) => candidate.version).join(', ')
    throw new KaizenError(
      'NOT_FOUND',
      `the endpoint "${this.name}" does not serve version ${version}`,
      { hint: `It serves ${served}.` },
    )
  }

  /** Runs an arm and logs what came of it. */
  async #computed(
    arm: ServingArm,
    { tensors, rows, parts }: BoundInputs & { readonly parts?: Parts<TensorPart> | undefined },
    head: EntryHead,
  ): Promise<{ readonly outputs: Tensors; readonly ran: RanIn | undefined }> {
    arm.enter()
    const startedAt = performance.now()
    let ran: RanIn | undefined
    const { batching, runtime } = this.settings
    const onRan = (run: RanIn): void => {
      ran = run
    }
    try {
      const computed = parts
        ? inParts(arm, { tensors, rows }, parts)
        : arm.run(tensors, { batching, runtime, onRan })
      const outcome = await computed.then(
        (outputs) => ({ outputs }),
        (failure: unknown) => ({ failure }),
      )
      const latencyMs = performance.now() - startedAt
      const inputs = this.#redact.size > 0 ? redacted(tensors, this.#redact, rows) : tensors
      const entry = { schema: arm.schema, ...head, latencyMs, inputs }
      // A caller that has gone says nothing about the model.
      arm.record(latencyMs, 'failure' in outcome && !parts?.signal.aborted)
      if ('failure' in outcome) {
        await this.#logFailure(entry, outcome.failure)
        throw outcome.failure
      }
      if (rows > 0 && this.#isLogged(head)) await this.log.append({ ...entry, answer: outcome })
      return { outputs: outcome.outputs, ran }
    } finally {
      arm.leave()
    }
  }

  /** Requests that were shed before they reached the model are counted, not logged: the log is not for load. */
  async #logFailure(entry: Omit<PredictionEntry, 'answer'>, failure: unknown): Promise<void> {
    if (!(failure instanceof KaizenError) || failure.code === 'OVERLOADED') return
    if (entry.ids.length === 0 || !this.#isLogged(entry)) return
    await this.log
      .append({ ...entry, answer: { error: failure.message } })
      .catch((cause) => this.#deps.onFault(cause, 'logging a failed prediction'))
  }

  /** A share of requests, the same for every arm that answers one. */
  #isLogged({ ids }: EntryHead): boolean {
    return this.#sample >= 1 || (ids.length > 0 && unitHash(`log/${ids[0]}`) < this.#sample)
  }

  /** Lets a shadow arm answer the same request later; whatever happens to it, no caller hears of it. */
  #follow(arm: ServingArm, call: PredictionCall, head: EntryHead): void {
    arm.enter()
    const follow = async (): Promise<void> => {
      try {
        await this.#computed(arm, this.#boundFor(arm, call, head), head)
      } catch (failure) {
        if (!(failure instanceof KaizenError)) this.#deps.onFault(failure, 'a shadow prediction')
      } finally {
        arm.leave()
      }
    }
    if (!this.#lane.offer(follow)) arm.leave()
  }

  /** A request that a shadow model cannot take is a failure of that model, and is logged as one. */
  #boundFor(arm: ServingArm, call: PredictionCall, head: EntryHead): BoundInputs {
    try {
      return call.bind(arm.signature, this.#rules)
    } catch (failure) {
      if (failure instanceof KaizenError) {
        arm.record(0, true)
        const answer = { error: failure.message }
        void this.log
          .append({ schema: arm.refusedSchema, ...head, latencyMs: 0, inputs: {}, answer })
          .catch((cause) => this.#deps.onFault(cause, 'logging a shadow prediction'))
      }
      throw failure
    }
  }
}

/** What does not fit the signature of an arm counts against it: a candidate may ask for more than callers send. */
function bindFor(
  arm: ServingArm,
  call: PredictionCall,
  rules: InputRules | undefined,
): BoundInputs {
  try {
    return call.bind(arm.signature, rules)
  } catch (failure) {
    arm.refused++
    throw failure
  }
}
