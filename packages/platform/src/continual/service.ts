import { KaizenError, type Page } from '@kaizen/contracts'
import type { SubscriptionOptions } from '../audit/index.ts'
import type { Actor, Ticker } from '../kernel/index.ts'
import type { Reader, Tx } from '../storage/index.ts'
import { CandidateStarter, type ManualTrigger } from './candidate-starter.ts'
import { CandidateWorker } from './candidate-worker.ts'
import * as candidates from './candidates.store.ts'
import * as decisions from './decisions.store.ts'
import { Journal } from './journal.ts'
import { championOf } from './judge.ts'
import {
  type Candidate,
  type CandidateRecord,
  type Collection,
  type ContinualDeps,
  type Decision,
  hasEnded,
  type PolicyDeclaration,
  type PolicyRecord,
  type PolicyView,
} from './model.ts'
import * as policies from './policies.store.ts'
import { checkPolicy } from './policy-check.ts'
import { Readiness } from './readiness.ts'
import { type Fired, holdOf } from './triggers.ts'
import { candidateView } from './views.ts'

/** Kind of the job that takes a candidate as far as it can go. */
const advanceJob = 'continual.advance'

/**
 * The loop: policies that ask for candidates, and candidates that are trained, judged, rolled out and promoted or not.
 * Deciding is pure; this shell gathers what the decisions need, and jobs carry the candidates.
 */
export class ContinualService implements Ticker {
  readonly name = 'continual'
  readonly #deps: ContinualDeps
  readonly #journal: Journal
  readonly #worker: CandidateWorker
  readonly #starter: CandidateStarter
  readonly #readiness: Readiness
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(deps: ContinualDeps) {
    this.#deps = deps
    this.#journal = new Journal(deps)
    this.#worker = new CandidateWorker(deps)
    this.#starter = new CandidateStarter(deps, {
      journal: this.#journal,
      enqueue: (tx, candidate) => this.#enqueue(tx, candidate),
    })
    this.#readiness = new Readiness(deps)
    deps.jobs.handle(advanceJob, async ({ job, signal }) => this.#advance(job.key, signal))
  }

  /**
   * Brings a project's declaration into force; a candidate under way goes on. `collect` says which labelled predictions
   * the dataset gets; null: none, undefined: those of the policy's endpoint, under the endpoint's own target.
   * @throws INVALID_MANIFEST
   */
  async declare(
    tx: Tx,
    by: Actor,
    declaration: PolicyDeclaration,
    project: string,
    collect?: Collection | null,
  ): Promise<void> {
    checkPolicy(declaration)
    const before = await policies.findPolicy(tx, declaration.name)
    await policies.upsertPolicy(tx, {
      name: declaration.name,
      project,
      declaration,
      collect: collect === undefined ? { endpoint: declaration.endpoint, target: null } : collect,
      paused: before?.paused ?? false,
      frozenUntil: before?.frozenUntil ?? null,
      declaredAt: before?.declaredAt ?? this.#deps.clock.now(),
      holdKey: before?.holdKey ?? null,
    })
    await this.#deps.audit.append(tx, {
      actor: by,
      type: before ? 'continual.policy.changed' : 'continual.policy.created',
      subject: `policy:${declaration.name}`,
      data: { before: before?.declaration ?? null, after: declaration },
    })
  }

  /** Takes a policy out of force; a candidate under way is cancelled, candidates and decisions stay. */
  async remove(tx: Tx, by: Actor, name: string): Promise<void> {
    const policy = await policies.findPolicy(tx, name)
    if (!policy) return
    const candidate = await candidates.findUnfinished(tx, name)
    if (candidate) {
      const error = 'the policy is no longer declared'
      const summary = `candidate ${candidate.number} cancelled: ${error}`
      await this.#journal.take(tx, policy, candidate, {
        event: { kind: 'cancelled' },
        change: { error },
        decisions: [{ kind: 'fail', summary, data: {} }],
        by,
      })
    }
    await policies.deletePolicy(tx, name)
    await this.#deps.audit.append(tx, {
      actor: by,
      type: 'continual.policy.deleted',
      subject: `policy:${name}`,
    })
  }

  /** Wakes a candidate when its pipeline run has ended; the tick finds it too, a second later. */
  reactions(onError: SubscriptionOptions['onError']): SubscriptionOptions {
    const ended = ['succeeded', 'failed', 'cancelled'].map((end) => `pipelines.run.${end}`)
    return {
      name: 'continual',
      concerns: ({ type, data }) =>
        ended.includes(type) && String(data['trigger']).startsWith('policy:'),
      react: async (tx, { subject }) => {
        const waiting = (await candidates.listUnfinished(tx)).find(
          ({ pipelineRunId, refitRunId }) =>
            [pipelineRunId, refitRunId].includes(subject.slice('pipeline-run:'.length)),
        )
        if (waiting) await this.#enqueue(tx, waiting.id)
      },
      onError,
    }
  }

  async tick(now: number): Promise<boolean> {
    let worked = false
    const failures: unknown[] = []
    for (const policy of await policies.listPolicies(this.#reader, '', 10_000)) {
      try {
        if (await this.#turn(policy, now)) worked = true
      } catch (failure) {
        // A policy that cannot be looked at holds up no other one.
        failures.push(failure)
      }
    }
    if (failures.length > 0 && !worked) throw failures[0]
    return worked
  }

  /** Asks for a candidate now. @throws NOT_FOUND, CONFLICT while one is under way or the policy waits */
  async trigger(by: Actor, name: string, manual: ManualTrigger): Promise<Candidate> {
    const policy = await this.#policy(name)
    const unfinished = await candidates.findUnfinished(this.#reader, name)
    if (unfinished) {
      // The first model starts by itself; whoever asks for it gets the one under way.
      if (unfinished.number === 1 && unfinished.triggerKind === 'first-model')
        return candidateView(policy, unfinished)
      throw new KaizenError('CONFLICT', `candidate ${unfinished.number} is ${unfinished.state}`, {
        hint: 'Wait for it to end; a policy has at most one candidate under way.',
      })
    }
    const hold = holdOf(
      policy.declaration,
      await this.#starter.watch.standing(policy),
      this.#deps.clock.now(),
    )
    if (hold && !(manual.ignoreCooldown && hold.reason !== 'paused')) {
      const hint =
        hold.reason === 'paused'
          ? 'Resume the policy first.'
          : 'Wait, or add --ignore-cooldown (in the API: ignoreCooldown).'
      throw new KaizenError('CONFLICT', hold.summary, { hint })
    }
    const fired: Fired = {
      kind: 'manual',
      summary: `asked for by ${by.name}: ${manual.reason}`,
      data: { reason: manual.reason, trainingLength: manual.trainingLength ?? null },
    }
    return candidateView(policy, await this.#starter.start(policy, { fired, by, manual }))
  }

  /** @throws NOT_FOUND */
  async pause(
    by: Actor,
    name: string,
    given: { readonly paused: boolean; readonly reason: string },
  ) {
    const policy = await this.#policy(name)
    const { paused, reason } = given
    if (policy.paused !== paused) {
      await this.#deps.database.write(async (tx) => {
        await policies.updatePolicy(tx, name, { paused })
        await this.#deps.audit.append(tx, {
          actor: by,
          type: paused ? 'continual.policy.paused' : 'continual.policy.resumed',
          subject: `policy:${name}`,
          data: { reason },
        })
      })
    }
    return this.policy(name)
  }

  /**
   * Stops the rollout under way and gives all traffic back to the champion; without one, takes back the last promotion.
   * @throws NOT_FOUND, CONFLICT when there is nothing to take back
   */
  async rollback(by: Actor, name: string, reason: string): Promise<PolicyView> {
    const policy = await this.#policy(name)
    await this.#inTurn(name, async () => {
      const unfinished = await candidates.findUnfinished(this.#reader, name)
      if (unfinished?.state === 'rolling-out' && unfinished.championVersion !== null) {
        const cause = { reason: `asked for by ${by.name}: ${reason}`, data: { reason } }
        return this.#worker.rollBack(policy, unfinished, cause, by)
      }
      return this.#worker.takeBack(policy, by, reason)
    })
    return this.policy(name)
  }

  /** @throws NOT_FOUND */
  async policy(name: string): Promise<PolicyView> {
    return this.#view(await this.#policy(name))
  }

  async policies(limit: number, after = ''): Promise<Page<PolicyView>> {
    const records = await policies.listPolicies(this.#reader, after, limit)
    const items = await Promise.all(records.map((record) => this.#view(record)))
    const last = records.at(-1)
    return records.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** Newest first. */
  async candidates(options: {
    readonly policy: string | undefined
    readonly before: string | null
    readonly limit: number
  }): Promise<readonly Candidate[]> {
    const found = await candidates.listCandidates(this.#reader, options)
    return Promise.all(found.map((candidate) => this.#candidateView(candidate)))
  }

  /** A candidate with the decisions about it, oldest first. @throws NOT_FOUND */
  async candidate(id: string): Promise<Candidate & { readonly decisions: readonly Decision[] }> {
    const found = await candidates.findCandidate(this.#reader, id)
    if (!found) {
      throw new KaizenError('NOT_FOUND', `there is no candidate "${id}"`, {
        hint: '`kaizen loop candidates` shows the candidates.',
      })
    }
    const about = await decisions.decisionsAbout(this.#reader, id)
    return { ...(await this.#candidateView(found)), decisions: about }
  }

  /** Newest first. */
  decisions(options: {
    readonly policy?: string | undefined
    readonly before: string | null
    readonly limit: number
  }): Promise<readonly Decision[]> {
    return decisions.listDecisions(this.#reader, options)
  }

  get #reader(): Reader {
    return this.#deps.database.reader
  }

  async #policy(name: string): Promise<PolicyRecord> {
    const policy = await policies.findPolicy(this.#reader, name)
    if (policy) return policy
    throw new KaizenError('NOT_FOUND', `there is no policy named "${name}"`, {
      hint: 'Declare one with policy() in kaizen.ts and run `kaizen apply`.',
    })
  }

  async #candidateView(candidate: CandidateRecord): Promise<Candidate> {
    return candidateView(await policies.findPolicy(this.#reader, candidate.policy), candidate)
  }

  async #view(policy: PolicyRecord): Promise<PolicyView> {
    const now = this.#deps.clock.now()
    const [counts, rollbacks, standing, view] = await Promise.all([
      candidates.countByState(this.#reader, policy.name),
      decisions.countDecisions(this.#reader, policy.name, 'rollback'),
      this.#starter.watch.standing(policy),
      this.#deps.serving.view(policy.declaration.endpoint),
    ])
    const hold = holdOf(policy.declaration, standing, now)
    const busy = await candidates.findUnfinished(this.#reader, policy.name)
    const waiting = hold?.reason === 'frozen' ? 'frozen' : hold ? 'cooling-down' : 'idle'
    return {
      name: policy.name,
      project: policy.project,
      declaration: policy.declaration,
      state: policy.paused ? 'paused' : busy ? 'busy' : waiting,
      candidates: [...counts.values()].reduce((sum, count) => sum + count, 0),
      promotions: counts.get('promoted') ?? 0,
      rejections: counts.get('rejected') ?? 0,
      rollbacks,
      championVersion: championOf(view)?.version ?? null,
      lastCandidateAt: standing.lastCandidateAt,
      nextPossibleAt: hold?.until ?? null,
    }
  }

  async #turn(policy: PolicyRecord, now: number): Promise<boolean> {
    const candidate = await candidates.findUnfinished(this.#reader, policy.name)
    return candidate ? this.#wake(policy, candidate) : this.#starter.look(policy, now)
  }

  /** Carries a candidate on when what it waits for has come. */
  async #wake(policy: PolicyRecord, candidate: CandidateRecord): Promise<boolean> {
    if (!(await this.#readiness.isReady(policy, candidate))) return false
    await this.#deps.database.write((tx) => this.#enqueue(tx, candidate.id))
    return true
  }

  async #enqueue(tx: Tx, candidate: string): Promise<void> {
    await this.#deps.jobs.enqueue(tx, { kind: advanceJob, key: candidate, payload: { candidate } })
  }

  /** Runs as a job. A step that another process has taken is left to it; any other failure ends the candidate. */
  async #advance(id: string, signal: AbortSignal): Promise<void> {
    const candidate = await candidates.findCandidate(this.#reader, id)
    if (!candidate || hasEnded(candidate.state)) return
    await this.#inTurn(candidate.policy, async () => {
      try {
        await this.#worker.advance(id)
      } catch (failure) {
        if (signal.aborted) throw failure
        if (failure instanceof KaizenError && failure.code === 'STALE_WRITE') return
        await this.#worker.fail(id, failure)
      }
    })
    const after = await candidates.findCandidate(this.#reader, id)
    if (!after || hasEnded(after.state)) this.#readiness.forget(id)
  }

  /** Steps of one policy's candidates and rollbacks by hand happen one after the other. */
  async #inTurn(policy: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(policy) ?? Promise.resolve()
    const turn = before.then(work, work)
    this.#turns.set(
      policy,
      turn.catch(() => undefined),
    )
    await turn
  }
}
