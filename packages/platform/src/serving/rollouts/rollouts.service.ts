import {
  KaizenError,
  type Page,
  type PageQuery,
  type RolloutAction,
  type RolloutDecision,
  type RolloutSpec,
  type RolloutView,
  type Route,
} from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import { type Actor, type Clock, systemActor } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import { latestRoute } from '../endpoints/endpoints.store.ts'
import type { LiveEndpoint } from '../endpoints/live-endpoint.ts'
import type { ServingArm } from '../endpoints/serving-arm.ts'
import { labelsIn } from '../feedback/feedback.store.ts'
import type { ModelIdentity } from '../model-identities.ts'
import { Serial } from '../serial.ts'
import { transition } from './actions.ts'
import { decideRollout, type RolloutObservation, type RolloutVerdict } from './decide.ts'
import { desiredRoute, isInForce } from './desired-route.ts'
import type { RolloutRecord } from './model.ts'
import { observeRollout } from './observe.ts'
import * as store from './rollouts.store.ts'
import { newRollout } from './start.ts'

export interface RolloutDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  /** What a model stands for now. @throws NOT_FOUND, UNSUPPORTED */
  readonly identify: (uri: string) => Promise<ModelIdentity>
  /** @throws NOT_FOUND */
  readonly live: (endpoint: string) => Promise<LiveEndpoint>
  readonly setRoute: (actor: Actor, name: string, route: Route, reason: string) => Promise<unknown>
  /** Told of failures that no caller sees. */
  readonly onFault: (failure: unknown, what: string) => void
}

type Decided = Pick<RolloutDecision, 'kind' | 'reason'> & {
  readonly actor: Actor
  readonly data?: RolloutDecision['data']
}

/**
 * Moves candidates to more traffic in steps, and back. What is decided is stored with its numbers before the route
 * changes; a server that ends in between sets that route when it starts again.
 */
export class RolloutService {
  readonly #deps: RolloutDeps
  readonly #serial = new Serial()
  /** Refused requests of an arm that are counted already. */
  readonly #refused = new WeakMap<ServingArm, number>()

  constructor(deps: RolloutDeps) {
    this.#deps = deps
  }

  /** @throws NOT_FOUND, CONFLICT, INVALID_REQUEST */
  async start(
    actor: Actor,
    endpoint: string,
    asked: RolloutSpec & { readonly reason: string },
  ): Promise<RolloutView> {
    const { reason, ...spec } = asked
    return this.#serial.run(endpoint, async () => {
      const { database, identify, clock } = this.#deps
      await this.#deps.live(endpoint)
      const [latest] = await store.listRollouts(database.reader, endpoint, everyNumber(1))
      const record = newRollout(spec, {
        endpoint,
        latest,
        route: await latestRoute(database.reader, endpoint),
        candidate: await identify(spec.model),
        actor: actor.name,
        now: clock.now(),
      })
      await this.#store(undefined, record, { kind: 'started', actor, reason })
      await this.#apply(actor, record)
      return this.#view(await this.#find(endpoint, record.number))
    })
  }

  /** @throws NOT_FOUND, CONFLICT */
  async act(
    actor: Actor,
    place: { readonly name: string; readonly number: number },
    { action, reason }: { readonly action: RolloutAction; readonly reason: string },
  ): Promise<RolloutView> {
    return this.#serial.run(place.name, async () => {
      let record = await this.#find(place.name, place.number)
      if (await this.#overruled(record)) record = await this.#find(place.name, place.number)
      const { kind, next } = transition(record, action, this.#deps.clock.now())
      await this.#store(record, next, { kind, actor, reason })
      if (next.applied === null) await this.#apply(actor, next)
      return this.#view(await this.#find(place.name, place.number))
    })
  }

  async list(endpoint: string, query: PageQuery): Promise<Page<RolloutView>> {
    await this.#deps.live(endpoint)
    const below = query.pageToken === undefined ? undefined : Number(query.pageToken)
    if (below !== undefined && !Number.isSafeInteger(below)) {
      throw new KaizenError('INVALID_REQUEST', 'query.pageToken: not a token of this list')
    }
    const options = { ...everyNumber(query.limit), ...(below === undefined ? {} : { below }) }
    const records = await store.listRollouts(this.#deps.database.reader, endpoint, options)
    const items = await Promise.all(records.map((record) => this.#view(record)))
    const last = records.at(-1)
    return records.length === query.limit && last
      ? { items, nextPageToken: String(last.number) }
      : { items }
  }

  async get(endpoint: string, number: number): Promise<RolloutView> {
    await this.#deps.live(endpoint)
    return this.#view(await this.#find(endpoint, number))
  }

  /** Looks at every rollout under way; answers whether anything was decided. */
  async tick(now: number): Promise<boolean> {
    let worked = false
    for (const { endpoint, number } of await store.openRollouts(this.#deps.database.reader)) {
      try {
        const decided = await this.#serial.run(endpoint, () => this.#look(endpoint, number, now))
        worked ||= decided
      } catch (failure) {
        this.#deps.onFault(failure, `rollout ${number} of the endpoint ${endpoint}`)
      }
    }
    return worked
  }

  async #look(endpoint: string, number: number, now: number): Promise<boolean> {
    const record = await this.#find(endpoint, number)
    const actor = systemActor
    if (record.applied === null) {
      await this.#apply(actor, record)
      return true
    }
    if (record.endedAt !== null) return false
    if (await this.#overruled(record)) return true
    const current = await this.#counted(record)
    const { observation, verdict } = await this.#verdict(current, now)
    const { outcome, reason, checks } = verdict
    // Paused means that nobody moves it forward; what breaks a guardrail is taken back all the same.
    if (outcome === 'continue' || (current.state === 'paused' && outcome !== 'roll_back')) {
      return false
    }
    const action = { promote: 'promote', roll_back: 'rollback', advance: 'skip' } as const
    const { kind, next } = transition(current, action[outcome], now)
    const data = JSON.parse(JSON.stringify({ checks, observation })) as RolloutDecision['data']
    const decided = kind === 'skipped' ? 'advanced' : kind
    await this.#store(current, next, { kind: decided, actor, reason, data })
    if (next.applied === null) await this.#apply(actor, next)
    return true
  }

  /** Ends a rollout whose route somebody else has replaced. */
  async #overruled(record: RolloutRecord): Promise<boolean> {
    if (record.applied === null || record.state === 'overruled') return false
    const route = await latestRoute(this.#deps.database.reader, record.endpoint)
    if (route?.revision === record.applied) return false
    if (record.endedAt !== null) return false
    const now = this.#deps.clock.now()
    const next: RolloutRecord = { ...record, state: 'overruled', endedAt: now }
    const reason = route
      ? `revision ${route.revision} of the route was set by ${route.actor}: ${route.reason}`
      : 'the endpoint has no route any more'
    await this.#store(record, next, { kind: 'overruled', actor: systemActor, reason })
    return true
  }

  /** Sets the route that the stored state asks for, and remembers its revision. */
  async #apply(actor: Actor, record: RolloutRecord): Promise<void> {
    const { database, setRoute } = this.#deps
    const wanted = desiredRoute(record)
    if (!wanted) return
    const { endpoint, number, state, step } = record
    const reason = `rollout ${number}: ${state === 'running' ? `step ${step + 1} of ${record.spec.steps.length}` : state.replace('_', ' ')}`
    if (!isInForce(wanted, await latestRoute(database.reader, endpoint))) {
      await setRoute(actor, endpoint, wanted, reason)
    }
    const route = await latestRoute(database.reader, endpoint)
    await database.write((tx) =>
      store.updateRollout(tx, { ...record, applied: route?.revision ?? 0 }),
    )
  }

  /** Adds what the live arm has refused since the last look. */
  async #counted(record: RolloutRecord): Promise<RolloutRecord> {
    const live = await this.#deps.live(record.endpoint)
    const arm = live.arms.find(({ name }) => name === record.candidate.arm)
    if (!arm) return record
    const fresh = arm.refused - (this.#refused.get(arm) ?? 0)
    if (fresh === 0) return record
    const next = { ...record, schemaFailures: record.schemaFailures + fresh }
    await this.#deps.database.write((tx) => store.updateRollout(tx, next))
    this.#refused.set(arm, arm.refused)
    return next
  }

  async #verdict(
    record: RolloutRecord,
    now: number,
  ): Promise<{ readonly observation: RolloutObservation; readonly verdict: RolloutVerdict }> {
    const { database, live } = this.#deps
    const { endpoint, spec, startedAt, endedAt } = record
    const log = (await live(endpoint)).log
    const span = { from: startedAt, to: (endedAt ?? now) + 1 }
    const observation = observeRollout({
      ...record,
      rows: await log.window(span.from, span.to),
      labels: spec.guardrails.metric ? await labelsIn(database.reader, endpoint, span) : new Map(),
    })
    return { observation, verdict: decideRollout(spec, record, observation, now) }
  }

  /** State, decision and audit event in one transaction. */
  async #store(
    before: RolloutRecord | undefined,
    next: RolloutRecord,
    { kind, actor, reason, data = {} }: Decided,
  ): Promise<void> {
    const { database, audit, clock } = this.#deps
    const { endpoint, number, step } = next
    await database.write(async (tx) => {
      if (before) await store.updateRollout(tx, next)
      else await store.insertRollout(tx, next)
      const decision = { at: clock.now(), kind, actor: actor.name, reason, step, data }
      await store.insertDecision(tx, { endpoint, number, ...decision })
      await audit.append(tx, {
        actor,
        type: `serving.rollout.${kind}`,
        subject: `endpoint:${endpoint}`,
        data: {
          rollout: number,
          reason,
          step,
          state: next.state,
          dryRun: next.spec.dryRun,
          candidate: next.candidate,
          baseline: next.baseline,
          ...data,
        },
      })
    })
  }

  async #find(endpoint: string, number: number): Promise<RolloutRecord> {
    const record = await store.findRollout(this.#deps.database.reader, endpoint, number)
    if (record) return record
    throw new KaizenError('NOT_FOUND', `the endpoint "${endpoint}" has no rollout ${number}`, {
      hint: `kaizen endpoints rollouts ${endpoint} shows those that it has.`,
    })
  }

  async #view(record: RolloutRecord): Promise<RolloutView> {
    const { database, clock } = this.#deps
    const decisions = await store.decisionsOf(database.reader, record.endpoint, record.number)
    const { before: _, applied: __, schemaFailures: ___, ...shown } = record
    return {
      ...shown,
      ...(record.endedAt === null
        ? await this.#standing(record, clock.now())
        : lastStanding(decisions)),
      decisions: decisions.map(({ endpoint: ____, number: _____, seq: ______, ...own }) => own),
    }
  }

  async #standing(record: RolloutRecord, now: number): Promise<Standing> {
    const { observation, verdict } = await this.#verdict(record, now)
    return { samples: observation.stepSamples, checks: [...verdict.checks] }
  }
}

type Standing = Pick<RolloutView, 'samples' | 'checks'>

/** How a rollout stood when it was last decided about by its numbers. */
function lastStanding(decisions: readonly RolloutDecision[]): Standing {
  const data = decisions.findLast(({ data: { checks } }) => checks !== undefined)?.data
  const known = data as unknown as
    | { readonly checks: RolloutView['checks']; readonly observation: RolloutObservation }
    | undefined
  return { samples: known?.observation.stepSamples ?? 0, checks: known?.checks ?? [] }
}

const everyNumber = (limit: number) => ({ below: Number.MAX_SAFE_INTEGER, limit })
