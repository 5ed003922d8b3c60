import { newestCandidates } from './candidates.store.ts'
import { championOf } from './judge.ts'
import type { ContinualDeps, PolicyRecord } from './model.ts'
import {
  decideTrigger,
  type PolicyStanding,
  type Signals,
  type TriggerDecision,
} from './triggers.ts'

/** Newest candidates that are looked at for failures in a row; the pause after them has long reached its limit. */
const recentCandidates = 10

/** Gathers what the triggers of a policy are decided by; reads only. */
export class PolicyWatch {
  readonly #deps: Pick<ContinualDeps, 'database' | 'serving' | 'data' | 'monitoring'>

  constructor(deps: Pick<ContinualDeps, 'database' | 'serving' | 'data' | 'monitoring'>) {
    this.#deps = deps
  }

  /** Whether a policy without an unfinished candidate asks for one now. */
  async decide(policy: PolicyRecord, now: number): Promise<TriggerDecision> {
    const standing = await this.standing(policy)
    const signals = await this.#signals(policy, standing.lastCandidateAt ?? standing.declaredAt)
    return decideTrigger(policy.declaration, standing, { signals, now })
  }

  /** What the policy's past allows and forbids. */
  async standing(policy: PolicyRecord): Promise<PolicyStanding> {
    const { reader } = this.#deps.database
    const [last] = await newestCandidates(reader, policy.name, { limit: 1 })
    const recent =
      last?.state === 'failed'
        ? await newestCandidates(reader, policy.name, { limit: recentCandidates })
        : []
    const failures = recent.findIndex(({ state }) => state !== 'failed')
    return {
      paused: policy.paused,
      frozenUntil: policy.frozenUntil,
      declaredAt: policy.declaredAt,
      lastCandidateAt: last?.createdAt ?? null,
      failuresInARow: failures < 0 ? recent.length : failures,
      ...(last ? { hasChampion: true, rows: 0 } : await this.#beginning(policy)),
    }
  }

  /** Only a policy without candidates asks whether there is a first model to make. */
  async #beginning(policy: PolicyRecord): Promise<Pick<PolicyStanding, 'hasChampion' | 'rows'>> {
    const { endpoint, dataset } = policy.declaration
    const view = await this.#deps.serving.view(endpoint)
    const { rowCount } = await this.#deps.data.get(dataset)
    return { hasChampion: championOf(view) !== null, rows: rowCount }
  }

  async #signals(policy: PolicyRecord, since: number): Promise<Signals> {
    const { monitoring, serving } = this.#deps
    const { triggers, monitor, endpoint } = policy.declaration
    const metrics: Record<string, Signals['metrics'][string]> = {}
    const alerts: Record<string, Signals['alerts'][string]> = {}
    let labelled = 0
    for (const trigger of triggers) {
      switch (trigger.kind) {
        case 'performance': {
          const metric = `performance:${trigger.metric}`
          metrics[metric] = await monitoring.latest(monitor, metric)
          break
        }
        case 'drift':
          alerts[trigger.alert] = await monitoring.alerts.activeOf(monitor, trigger.alert)
          break
        case 'volume':
          labelled = await serving.labelledCount(endpoint, since)
          break
        case 'age':
        case 'schedule':
          break
      }
    }
    return { metrics, alerts, labelled }
  }
}
