import { KaizenError } from '@kaizen/contracts'
import { newestCandidates } from './candidates.store.ts'
import { listDecisions } from './decisions.store.ts'
import { loopView } from './loop-view.ts'
import {
  type ContinualDeps,
  championAlias,
  type LoopView,
  type PolicyRecord,
  type PolicyView,
} from './model.ts'
import { listPolicies } from './policies.store.ts'

const shownDecisions = 30
const shownCandidates = 10

/** Reads the ring of every policy from the stages. */
export class LoopService {
  readonly #deps: ContinualDeps
  readonly #policies: { policy(name: string): Promise<PolicyView> }

  constructor(deps: ContinualDeps, policies: { policy(name: string): Promise<PolicyView> }) {
    this.#deps = deps
    this.#policies = policies
  }

  async all(): Promise<readonly LoopView[]> {
    const policies = await listPolicies(this.#deps.database.reader, '', 1000)
    return Promise.all(policies.map((policy) => this.#loop(policy)))
  }

  async #loop(policy: PolicyRecord): Promise<LoopView> {
    const { database, clock, data, registry, serving, monitoring } = this.#deps
    const { dataset, endpoint, monitor } = policy.declaration
    const { reader } = database
    const [view, datasetView, version, endpointView, monitorView, alerts] = await Promise.all([
      this.#policies.policy(policy.name),
      data.get(dataset),
      data.version(dataset, 'latest').catch(absent),
      serving.view(endpoint),
      monitoring.reader.view(monitor),
      monitoring.alerts.active(monitor),
    ])
    const [candidates, decisions, champion] = await Promise.all([
      newestCandidates(reader, policy.name, { limit: shownCandidates }),
      listDecisions(reader, { policy: policy.name, before: null, limit: shownDecisions }),
      registry.resolve(`models:/${endpointView.model}@${championAlias}`).catch(absent),
    ])
    const metric = monitorView.declaration.performance?.metrics[0]
    const performance = metric
      ? { metric, latest: await monitoring.latest(monitor, `performance:${metric}`) }
      : null
    return loopView({
      policy,
      view,
      dataset: datasetView,
      version,
      endpoint: endpointView,
      champion,
      monitor: monitorView,
      performance,
      openAlert: alerts.at(-1) ?? null,
      candidates,
      decisions,
      now: clock.now(),
    })
  }
}

/** What is not there yet is a part of the picture. */
function absent(failure: unknown): null {
  if (failure instanceof KaizenError && failure.kind === 'not_found') return null
  throw failure
}
