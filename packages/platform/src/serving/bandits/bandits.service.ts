import { type BanditRouter, durationMs, type RouterSpec } from '@kaizen/contracts'
import { type Clock, digestOf } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import { latestRoute, type ResolvedArm, type StoredRoute } from '../endpoints/endpoints.store.ts'
import type { LiveEndpoint } from '../endpoints/live-endpoint.ts'
import type { LabelChange, LabelLearner } from '../feedback/feedback.service.ts'
import { labelsIn } from '../feedback/feedback.store.ts'
import type { BlockRow } from '../log/block.ts'
import { compileRouter, defaultRouter } from '../routing/compile.ts'
import type { Router } from '../routing/router.ts'
import { Ledger, type LedgerArm } from './bandit-ledger.ts'
import * as store from './bandits.store.ts'
import { rewardOf } from './reward.ts'

export interface BanditDeps {
  readonly database: Database
  readonly clock: Clock
}

/** What is learnt apart from everything else: another reward or model is another lesson. */
const lessonOf = ({ reward, model, features }: BanditRouter): string =>
  digestOf({ reward, model, features }).slice(0, 16)

const liveArms = (arms: readonly ResolvedArm[]): readonly ResolvedArm[] =>
  arms.filter(({ mode }) => mode === 'live')

/** True where the router chose the arm, so that its reward says something about the arm. */
const wasDrawn = (row: BlockRow): boolean =>
  row.rows.schema.mode === 'live' && row.error === null && (row.routing?.propensity ?? 0) > 0

/** Lets the bandits among routers learn from ground truth; what they know is in the database. */
export class BanditService implements LabelLearner {
  readonly #deps: BanditDeps
  readonly #live: (endpoint: string) => LiveEndpoint | undefined
  /** Endpoints with a bandit, and whether it has learnt since its shares were computed. */
  readonly #bandits = new Map<string, { readonly spec: BanditRouter; stale: boolean }>()

  constructor(deps: BanditDeps, live: (endpoint: string) => LiveEndpoint | undefined) {
    this.#deps = deps
    this.#live = live
  }

  /** The router of a route, with what it has learnt. */
  async routerFor(
    endpoint: string,
    spec: RouterSpec = defaultRouter,
    arms: readonly ResolvedArm[],
  ): Promise<Router> {
    const live = liveArms(arms)
    if (spec.kind !== 'bandit') {
      this.#bandits.delete(endpoint)
      return compileRouter(spec, live)
    }
    this.#bandits.set(endpoint, { spec, stale: false })
    return compileRouter(spec, live, (await this.ledger(endpoint, spec)).learnt(live))
  }

  /** What the arms of an endpoint have earned. */
  async ledger(endpoint: string, spec: BanditRouter): Promise<Ledger> {
    const rows = await store.armRewards(this.#deps.database.reader, endpoint, lessonOf(spec))
    return new Ledger(spec, rows)
  }

  async learn(
    tx: Tx,
    endpoint: string,
    changes: readonly LabelChange[],
  ): Promise<readonly (string | null)[]> {
    const bandit = this.#bandits.get(endpoint)
    if (bandit?.spec.unrewarded !== 'ignore') {
      // Rewards that count when their window is over are learnt then, as they stand then.
      return changes.map(({ before }) => before?.lesson ?? null)
    }
    const { spec } = bandit
    const lesson = lessonOf(spec)
    const key = { endpoint, lesson }
    const now = this.#deps.clock.now()
    await store.lockLesson(tx, key, now)
    const ledger = new Ledger(spec, await store.armRewards(tx, endpoint, lesson))
    const lessons = changes.map(({ row, value, before }) => {
      if (before && before.lesson === lesson) {
        const earlier = rewardOf(spec.reward, row, before.value)
        if (earlier !== undefined) ledger.add(row, earlier, -1)
      }
      const reward = rewardOf(spec.reward, row, value)
      const inTime = now - row.at <= durationMs(spec.attributionWindow)
      // A correction counts however late: what it corrects has been learnt.
      const counts = wasDrawn(row) && reward !== undefined && (inTime || before?.lesson === lesson)
      return counts && ledger.add(row, reward, 1) ? lesson : null
    })
    await this.#store(tx, key, ledger.changed)
    bandit.stale = true
    return lessons
  }

  /** Learns what has matured, then renews the shares of bandits that have learnt. */
  async tick(now: number): Promise<boolean> {
    let worked = false
    for (const [endpoint, bandit] of this.#bandits) {
      const live = this.#live(endpoint)
      if (!live) continue
      if (bandit.spec.unrewarded === 'zero' && (await this.#mature(live, bandit.spec, now))) {
        bandit.stale = true
      }
      if (!bandit.stale) continue
      worked = true
      bandit.stale = false
      const route = await latestRoute(this.#deps.database.reader, endpoint)
      if (route) await this.#renew(live, bandit.spec, route)
    }
    return worked
  }

  async #renew(live: LiveEndpoint, spec: BanditRouter, route: StoredRoute): Promise<void> {
    const arms = liveArms(route.arms)
    const ledger = await this.ledger(live.name, spec)
    live.reroute(route.revision, compileRouter(spec, arms, ledger.learnt(arms)))
  }

  /** Learns predictions whose attribution window is over: those without a reward as a 0. */
  async #mature(live: LiveEndpoint, spec: BanditRouter, now: number): Promise<boolean> {
    const { database } = this.#deps
    const windowMs = durationMs(spec.attributionWindow)
    const lesson = lessonOf(spec)
    const key = { endpoint: live.name, lesson }
    const to = now - windowMs
    const from = (await store.cursorOf(database.reader, key)) ?? to
    const rows = from < to ? (await live.log.window(from, to)).filter(wasDrawn) : []
    return database.write(async (tx) => {
      // Somebody else may have learnt these rows meanwhile; the next tick goes on from there.
      if ((await store.lockLesson(tx, key, from)) !== from || from >= to) return false
      await store.moveCursor(tx, key, to)
      if (rows.length === 0) return false
      const labels = await labelsIn(tx, live.name, { from, to })
      const ledger = new Ledger(spec, await store.armRewards(tx, live.name, lesson))
      for (const row of rows) {
        const label = labels.get(row.id)
        const reward = label === undefined ? 0 : rewardOf(spec.reward, row, label)
        if (reward !== undefined) ledger.add(row, reward, 1)
      }
      await this.#store(tx, key, ledger.changed)
      return true
    })
  }

  async #store(
    tx: Tx,
    key: { readonly endpoint: string; readonly lesson: string },
    arms: Iterable<LedgerArm>,
  ): Promise<void> {
    for (const arm of arms) {
      await store.putArmRewards(tx, { ...key, ...arm.key, rewards: arm.text() })
    }
  }
}
