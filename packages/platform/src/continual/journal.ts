import { type JsonValue, KaizenError } from '@kaizen/contracts'
import type { Actor } from '../kernel/index.ts'
import type { Tx } from '../storage/index.ts'
import {
  type CandidateEvent,
  type Course,
  nextStanding,
  type Standing,
} from './candidate-machine.ts'
import { moveCandidate } from './candidates.store.ts'
import { insertDecision } from './decisions.store.ts'
import {
  type CandidateChange,
  type CandidateRecord,
  type ContinualDeps,
  hasEnded,
  type NewDecision,
  type PolicyRecord,
  policyActor,
} from './model.ts'

/** One step of a candidate: what happened, what it changes, and the decisions that it is due to. */
export interface Step {
  readonly event: CandidateEvent
  readonly change?: CandidateChange
  readonly decisions?: readonly NewDecision[]
  /** Who took it; the policy itself unless told. */
  readonly by?: Actor
}

/** What lies before a candidate: the first model of an endpoint has nobody to be rolled out against. */
export const courseOf = (policy: PolicyRecord, candidate: CandidateRecord): Course => ({
  refit: policy.declaration.refit,
  steps: candidate.championVersion === null ? 0 : policy.declaration.rollout.length,
})

const standingOf = (candidate: CandidateRecord, { steps }: Course): Standing => ({
  state: candidate.state,
  passed: candidate.gate?.passed ?? false,
  // A declaration may have lost steps since the last one was taken.
  step: Math.min(candidate.rolloutStep, steps),
})

/** Writes steps and decisions: each in the transaction of what it did, with its event. */
export class Journal {
  readonly #deps: Pick<ContinualDeps, 'audit' | 'clock' | 'ids'>

  constructor(deps: Pick<ContinualDeps, 'audit' | 'clock' | 'ids'>) {
    this.#deps = deps
  }

  /** @throws STALE_WRITE when another step has been taken meanwhile; then nothing of the transaction stays. */
  async take(
    tx: Tx,
    policy: PolicyRecord,
    candidate: CandidateRecord,
    step: Step,
  ): Promise<CandidateRecord> {
    const { audit, clock } = this.#deps
    const by = step.by ?? policyActor(policy.name)
    const changed = { ...candidate, ...step.change }
    const course = courseOf(policy, changed)
    const next = nextStanding(standingOf(candidate, course), step.event, course)
    if (!next) throw stale(candidate)
    const moved = await moveCandidate(tx, candidate, {
      ...step.change,
      state: next.state,
      rolloutStep: next.step,
      now: clock.now(),
    })
    if (!moved) throw stale(candidate)
    for (const decision of step.decisions ?? []) {
      await this.decide(tx, policy, { ...decision, candidate: moved, by })
    }
    if (hasEnded(moved.state)) {
      await audit.append(tx, {
        actor: by,
        type: 'continual.candidate.ended',
        subject: `policy:${policy.name}`,
        data: {
          candidate: moved.id,
          number: moved.number,
          state: moved.state,
          modelVersion: moved.modelVersion,
          error: moved.error,
        },
      })
    }
    return moved
  }

  /** Notes something about a candidate that changes no state: the begin of a rollout step. */
  async note(
    tx: Tx,
    policy: PolicyRecord,
    candidate: CandidateRecord,
    step: Omit<Step, 'event'>,
  ): Promise<CandidateRecord> {
    const { clock } = this.#deps
    const moved = await moveCandidate(tx, candidate, { ...step.change, now: clock.now() })
    if (!moved) throw stale(candidate)
    const by = step.by ?? policyActor(policy.name)
    for (const decision of step.decisions ?? []) {
      await this.decide(tx, policy, { ...decision, candidate: moved, by })
    }
    return moved
  }

  /** Writes a decision and its event; monitors of the endpoint draw it over their series. */
  async decide(
    tx: Tx,
    policy: PolicyRecord,
    decision: NewDecision & { readonly candidate: CandidateRecord | null; readonly by: Actor },
  ): Promise<void> {
    const { audit, clock, ids } = this.#deps
    const { kind, summary, candidate, by } = decision
    const data = JSON.parse(JSON.stringify(decision.data)) as Record<string, JsonValue>
    const incident = candidate?.incident
    await insertDecision(tx, {
      id: ids.next('decision'),
      candidate: candidate?.id ?? null,
      policy: policy.name,
      kind,
      at: clock.now(),
      summary,
      data,
    })
    await audit.append(tx, {
      actor: by,
      type: 'continual.decision.made',
      subject: `endpoint:${policy.declaration.endpoint}`,
      data: {
        policy: policy.name,
        candidate: candidate?.id ?? null,
        number: candidate?.number ?? null,
        ...(incident ? { incident } : {}),
        kind,
        summary,
        data,
      },
    })
  }
}

const stale = (candidate: CandidateRecord): KaizenError =>
  new KaizenError('STALE_WRITE', `candidate ${candidate.number} has taken another step meanwhile`, {
    hint: 'Look at the candidate again.',
  })
