import { durationMs, KaizenError } from '@kaizen/contracts'
import type { Actor } from '../kernel/index.ts'
import type { Tx } from '../storage/index.ts'
import * as candidates from './candidates.store.ts'
import type { Journal } from './journal.ts'
import {
  type CandidateRecord,
  type ContinualDeps,
  type PolicyRecord,
  policyActor,
} from './model.ts'
import { updatePolicy } from './policies.store.ts'
import { PolicyWatch } from './policy-watch.ts'
import type { Fired, Hold } from './triggers.ts'

/** A manual trigger: windows may be overridden, the gate may not. */
export interface ManualTrigger {
  readonly reason: string
  readonly trainingLength?: string | undefined
  /** Names a planted fault, which is shown as such. */
  readonly incident?: string | undefined
  readonly ignoreCooldown?: boolean | undefined
}

/** Starts candidates: when a trigger fires and nothing holds it, or when somebody asks. */
export class CandidateStarter {
  readonly watch: PolicyWatch
  readonly #deps: ContinualDeps
  readonly #journal: Journal
  readonly #enqueue: (tx: Tx, candidate: string) => Promise<void>

  constructor(
    deps: ContinualDeps,
    parts: {
      readonly journal: Journal
      /** Adds the job that carries a candidate. */
      readonly enqueue: (tx: Tx, candidate: string) => Promise<void>
    },
  ) {
    this.#deps = deps
    this.#journal = parts.journal
    this.#enqueue = parts.enqueue
    this.watch = new PolicyWatch(deps)
  }

  /** Looks whether an idle policy asks for a candidate, and starts it; true when it did. */
  async look(policy: PolicyRecord, now: number): Promise<boolean> {
    const decision = await this.watch.decide(policy, now)
    switch (decision.kind) {
      case 'none':
        return false
      case 'hold':
        await this.#hold(policy, decision.fired, decision.because)
        return false
      case 'fire':
        await this.start(policy, { fired: decision.fired, by: policyActor(policy.name) })
        return true
    }
  }

  /** @throws CONFLICT while the policy has a candidate under way */
  async start(
    policy: PolicyRecord,
    given: { readonly fired: Fired; readonly by: Actor; readonly manual?: ManualTrigger },
  ): Promise<CandidateRecord> {
    const { fired, by, manual } = given
    const { database, audit, clock, ids } = this.#deps
    return database.write(async (tx) => {
      if (await candidates.findUnfinished(tx, policy.name)) {
        throw new KaizenError('CONFLICT', `policy "${policy.name}" has a candidate under way`, {
          hint: 'Wait for it to end.',
        })
      }
      const [last] = await candidates.newestCandidates(tx, policy.name, { limit: 1 })
      const candidate: CandidateRecord = {
        ...emptyCandidate,
        id: ids.next('candidate'),
        policy: policy.name,
        endpoint: policy.declaration.endpoint,
        number: (last?.number ?? 0) + 1,
        trigger: fired.summary,
        triggerKind: fired.kind,
        incident: manual?.incident ?? null,
        trainingLengthMs: manual?.trainingLength ? durationMs(manual.trainingLength) : null,
        createdAt: clock.now(),
      }
      const { id, number, trigger, incident } = candidate
      await candidates.insertCandidate(tx, candidate)
      await audit.append(tx, {
        actor: by,
        type: 'continual.candidate.created',
        subject: `policy:${policy.name}`,
        data: { candidate: id, number, trigger, incident },
      })
      const summary = `candidate ${number}: ${trigger}`
      const data = { kind: fired.kind, ...fired.data }
      await this.#journal.decide(tx, policy, { kind: 'trigger', summary, data, candidate, by })
      await this.#enqueue(tx, id)
      return candidate
    })
  }

  /** Writes down once that a trigger has fired and why nothing came of it. */
  async #hold(policy: PolicyRecord, fired: Fired, because: Hold): Promise<void> {
    const key = `${because.reason}:${because.until}:${fired.kind}`
    if (policy.holdKey === key) return
    const summary = `${fired.summary}; held: ${because.summary}`
    const data = { trigger: fired.data, hold: because }
    const by = policyActor(policy.name)
    await this.#deps.database.write(async (tx) => {
      await updatePolicy(tx, policy.name, { holdKey: key })
      const held = { kind: 'hold', summary, data, candidate: null, by } as const
      await this.#journal.decide(tx, policy, held)
    })
  }
}

const emptyCandidate = {
  state: 'collecting',
  trainFrom: null,
  trainTo: null,
  holdoutFrom: null,
  holdoutTo: null,
  refitFrom: null,
  refitTo: null,
  datasetVersion: null,
  pipelineRunId: null,
  refitRunId: null,
  modelVersion: null,
  championVersion: null,
  championUri: null,
  gate: null,
  rolloutStep: 0,
  rolloutSince: null,
  rollback: null,
  revision: 1,
  endedAt: null,
  error: null,
} as const satisfies Partial<CandidateRecord>
