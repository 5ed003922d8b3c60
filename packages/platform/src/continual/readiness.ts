import { durationMs } from '@kaizen/contracts'
import { courseOf } from './journal.ts'
import type { CandidateRecord, ContinualDeps, PolicyRecord } from './model.ts'

/** A rollout step is looked at this often in its time, and at its end. */
const looksPerStep = 4
/** A promotion that waits for approvals is tried again after so long. */
const approvalPauseMs = 10_000

/** Tells whether what a candidate waits for has come. */
export class Readiness {
  readonly #deps: Pick<ContinualDeps, 'pipelines' | 'clock'>
  /** Server times at which rollouts were last looked at; lost at a restart, they are looked at once more. */
  readonly #looked = new Map<string, number>()

  constructor(deps: Pick<ContinualDeps, 'pipelines' | 'clock'>) {
    this.#deps = deps
  }

  async isReady(policy: PolicyRecord, candidate: CandidateRecord): Promise<boolean> {
    switch (candidate.state) {
      case 'collecting':
      case 'evaluating':
        return true
      case 'training':
        return this.#hasEnded(candidate.pipelineRunId)
      case 'refitting':
        return this.#hasEnded(candidate.refitRunId)
      case 'rolling-out':
        return this.#isDue(policy, candidate)
      case 'promoted':
      case 'rejected':
      case 'rolled-back':
      case 'failed':
      case 'cancelled':
        return false
    }
  }

  /** The candidate has ended. */
  forget(candidate: string): void {
    this.#looked.delete(candidate)
  }

  async #hasEnded(run: string | null): Promise<boolean> {
    if (run === null) return true
    const { state } = await this.#deps.pipelines.get(run)
    return state !== 'queued' && state !== 'running'
  }

  /** Looks only when time has passed, so that a clock that stands still comes to rest. */
  #isDue(policy: PolicyRecord, candidate: CandidateRecord): boolean {
    const { id, rolloutSince, rolloutStep, rollback } = candidate
    const step = policy.declaration.rollout[rolloutStep]
    if (rollback) return true
    const now = this.#deps.clock.now()
    if (!step || rolloutStep >= courseOf(policy, candidate).steps) {
      const before = this.#looked.get(id)
      if (before !== undefined && now < before + approvalPauseMs) return false
      this.#looked.set(id, now)
      return true
    }
    if (rolloutSince === null) return true
    const lengthMs = durationMs(step.duration)
    const looked = this.#looked.get(id) ?? rolloutSince
    const isOver = now >= rolloutSince + lengthMs
    if (now <= looked || !(isOver || now >= looked + lengthMs / looksPerStep)) return false
    this.#looked.set(id, now)
    return true
  }
}
