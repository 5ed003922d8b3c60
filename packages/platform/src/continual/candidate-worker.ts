import { durationMs, KaizenError } from '@kaizen/contracts'
import type { Actor } from '../kernel/index.ts'
import { findCandidate, newestCandidates } from './candidates.store.ts'
import { Collector } from './collector.ts'
import { courseOf, Journal } from './journal.ts'
import { armUri, championOf, Judge, type TrainedModel } from './judge.ts'
import {
  type CandidateRecord,
  type ContinualDeps,
  hasEnded,
  type NewDecision,
  type PolicyRecord,
  policyActor,
} from './model.ts'
import { findPolicy, updatePolicy } from './policies.store.ts'
import { Promotion, stateError } from './promotion.ts'
import { readModel, registerModel } from './registration.ts'
import { Rollout, stepText } from './rollout.ts'
import { trainingWindows } from './windows.ts'

/**
 * Takes a candidate from step to step, as far as it can go now. Each step does its reading first and then writes, in
 * one transaction, what it did, the decision and the event; a crash before that repeats the step, and every outside
 * effect of a step is one that may be repeated.
 */
export class CandidateWorker {
  readonly #deps: ContinualDeps
  readonly #journal: Journal
  readonly #collector: Collector
  readonly #judge: Judge
  readonly #rollout: Rollout
  readonly #promotion: Promotion

  constructor(deps: ContinualDeps) {
    this.#deps = deps
    this.#journal = new Journal(deps)
    this.#collector = new Collector(deps)
    this.#judge = new Judge(deps)
    this.#rollout = new Rollout(deps, this.#judge)
    this.#promotion = new Promotion(deps, {
      journal: this.#journal,
      judge: this.#judge,
      rollout: this.#rollout,
    })
  }

  /** Steps until the candidate has ended or waits: for a pipeline run, or for time. */
  async advance(id: string): Promise<void> {
    const { reader } = this.#deps.database
    for (;;) {
      const candidate = await findCandidate(reader, id)
      if (!candidate || hasEnded(candidate.state)) return
      const policy = await findPolicy(reader, candidate.policy)
      if (!policy || !(await this.#step(policy, candidate))) return
    }
  }

  /** Ends a candidate that cannot go on; traffic that it had goes back to the champion. */
  async fail(id: string, failure: unknown): Promise<void> {
    const { reader } = this.#deps.database
    const candidate = await findCandidate(reader, id)
    const policy = candidate && (await findPolicy(reader, candidate.policy))
    if (!candidate || !policy || hasEnded(candidate.state)) return
    const message = failure instanceof Error ? failure.message : String(failure)
    if (candidate.state === 'rolling-out' && candidate.championVersion !== null)
      await this.#giveBack(policy, candidate, `candidate ${candidate.number} failed: ${message}`)
    await this.#fail(policy, candidate, message)
  }

  /**
   * Stops a rollout: traffic goes back to the champion, and the policy is frozen for a while. That it is to be stopped
   * is written down first, so that a crash in between stops it too.
   */
  async rollBack(
    policy: PolicyRecord,
    candidate: CandidateRecord,
    cause: NonNullable<CandidateRecord['rollback']>,
    by: Actor = policyActor(policy.name),
  ): Promise<void> {
    const { clock, database } = this.#deps
    const stopping = candidate.rollback
      ? candidate
      : await database.write((tx) =>
          this.#journal.note(tx, policy, candidate, { change: { rollback: cause } }),
        )
    const { reason, data } = stopping.rollback ?? cause
    const summary = `v${candidate.modelVersion} rolled back to v${candidate.championVersion}: ${reason}`
    await this.#giveBack(policy, candidate, summary)
    const frozenUntil = clock.now() + durationMs(policy.declaration.freeze)
    const frozen = `no candidate for ${policy.declaration.freeze} after the rollback`
    await database.write(async (tx) => {
      await this.#journal.take(tx, policy, stopping, {
        event: { kind: 'rolled-back' },
        change: { error: reason },
        decisions: [
          { kind: 'rollback', summary, data },
          { kind: 'freeze', summary: frozen, data: { frozenUntil } },
        ],
        by,
      })
      await updatePolicy(tx, policy.name, { frozenUntil })
    })
  }

  /** Takes back the last promotion. @throws CONFLICT when there is none */
  takeBack(policy: PolicyRecord, by: Actor, reason: string): Promise<void> {
    return this.#promotion.takeBack(policy, by, reason)
  }

  /** True when a step was taken. */
  #step(policy: PolicyRecord, candidate: CandidateRecord): Promise<boolean> {
    switch (candidate.state) {
      case 'collecting':
        return this.#collect(policy, candidate)
      case 'training':
        return this.#awaitTraining(policy, candidate)
      case 'evaluating':
        return this.#evaluate(policy, candidate)
      case 'refitting':
        return this.#awaitRefit(policy, candidate)
      case 'rolling-out':
        return this.#rollOut(policy, candidate)
      case 'promoted':
      case 'rejected':
      case 'rolled-back':
      case 'failed':
      case 'cancelled':
        return Promise.resolve(false)
    }
  }

  async #collect(policy: PolicyRecord, candidate: CandidateRecord): Promise<boolean> {
    const { data, database } = this.#deps
    const { dataset, training } = policy.declaration
    const version = await this.#collector.collect(policy)
    if (version.minEventTime === null || version.maxEventTime === null) {
      const reason = `dataset "${dataset}" declares no event time to cut windows by`
      return this.#refuse(policy, candidate, { reason, data: {} })
    }
    const last = (
      await newestCandidates(database.reader, policy.name, { limit: 1, state: 'promoted' })
    )[0]
    const windows = trainingWindows({
      training,
      oldest: version.minEventTime,
      newest: version.maxEventTime,
      lengthMs: candidate.trainingLengthMs,
      lastTrainedTo: last?.trainTo ?? null,
    })
    const span = { from: windows.trainFrom, to: windows.trainTo }
    const { rowCount } = await data.window(dataset, version.version, span)
    // Whoever asks for another window is heard: the gate is there to refuse what comes of it.
    const needed = candidate.trainingLengthMs === null ? training.minRows : 1
    if (rowCount < needed) {
      const reason = `not enough data: ${rowCount} of ${needed} rows to train on`
      return this.#refuse(policy, candidate, { reason, data: { ...windows, rowCount, needed } })
    }
    const change = { ...windows, datasetVersion: version.version }
    await database.write(async (tx) => {
      const pipelineRunId = await this.#train(tx, policy, {
        candidate,
        version: version.version,
        ...span,
      })
      await this.#journal.take(tx, policy, candidate, {
        event: { kind: 'collected' },
        change: { ...change, pipelineRunId },
      })
    })
    return true
  }

  #train(
    tx: Parameters<ContinualDeps['pipelines']['enqueue']>[0],
    policy: PolicyRecord,
    given: {
      readonly candidate: CandidateRecord
      readonly version: number
      readonly from: number
      readonly to: number
    },
  ): Promise<string> {
    const { candidate, version, from, to } = given
    return this.#deps.pipelines.enqueue(tx, policyActor(policy.name), policy.declaration.pipeline, {
      params: { trainFrom: from, trainTo: to, datasetVersion: version },
      seed: candidate.number,
      trigger: `policy:${policy.name}`,
    })
  }

  async #awaitTraining(policy: PolicyRecord, candidate: CandidateRecord): Promise<boolean> {
    const model = await this.#modelOf(policy, candidate, candidate.pipelineRunId)
    if (!model) return false
    if (model === 'failed') return true
    await this.#deps.database.write((tx) =>
      this.#journal.take(tx, policy, candidate, { event: { kind: 'trained' } }),
    )
    return true
  }

  async #evaluate(policy: PolicyRecord, candidate: CandidateRecord): Promise<boolean> {
    const { database, serving } = this.#deps
    const { endpoint } = policy.declaration
    const view = await serving.view(endpoint)
    const target = policy.collect?.target ?? view.target
    if (target === null) {
      throw new KaizenError('INVALID_MANIFEST', `endpoint "${endpoint}" declares no target`, {
        hint: 'Declare the column that ground truth supplies: endpoint(name, { target }).',
      })
    }
    const model = await this.#modelOf(policy, candidate, candidate.pipelineRunId)
    if (!model || model === 'failed') return model === 'failed'
    const champion = championOf(view)
    const gate = await this.#judge.judge(policy, candidate, { model, champion, target })
    const judged: NewDecision = { kind: 'gate', summary: gate.summary, data: { gate } }
    const number = `candidate ${candidate.number}`
    const rejected: NewDecision = {
      kind: 'reject',
      summary: `${number} rejected: ${gate.summary}`,
      data: { checks: gate.checks, rows: gate.rows },
    }
    const change = {
      gate,
      championVersion: champion?.version ?? null,
      championUri: champion && armUri(champion),
    }
    const registered =
      gate.passed && !policy.declaration.refit ? await readModel(this.#deps, model) : null
    await database.write(async (tx) => {
      const refitRunId =
        gate.passed && policy.declaration.refit
          ? await this.#train(tx, policy, {
              candidate,
              version: candidate.datasetVersion ?? -1,
              from: candidate.refitFrom ?? 0,
              to: candidate.refitTo ?? 0,
            })
          : null
      const modelVersion = registered
        ? await registerModel(this.#deps, tx, {
            policy,
            candidate: { ...candidate, gate },
            name: view.model,
            model: registered,
          })
        : null
      await this.#journal.take(tx, policy, candidate, {
        event: { kind: 'judged', passed: gate.passed },
        change: { ...change, refitRunId, modelVersion },
        decisions: gate.passed ? [judged] : [judged, rejected],
      })
    })
    return true
  }

  async #awaitRefit(policy: PolicyRecord, candidate: CandidateRecord): Promise<boolean> {
    const { database, serving } = this.#deps
    const model = await this.#modelOf(policy, candidate, candidate.refitRunId)
    const { gate } = candidate
    if (!model || !gate) return false
    if (model === 'failed') return true
    const readable = await readModel(this.#deps, model)
    const view = await serving.view(policy.declaration.endpoint)
    await database.write(async (tx) => {
      const modelVersion = await registerModel(this.#deps, tx, {
        policy,
        candidate: { ...candidate, gate },
        name: view.model,
        model: readable,
      })
      await this.#journal.take(tx, policy, candidate, {
        event: { kind: 'refitted' },
        change: { modelVersion },
      })
    })
    return true
  }

  async #rollOut(policy: PolicyRecord, candidate: CandidateRecord): Promise<boolean> {
    const { clock, database } = this.#deps
    const { steps } = courseOf(policy, candidate)
    const step = policy.declaration.rollout[candidate.rolloutStep]
    if (candidate.rollback) {
      await this.rollBack(policy, candidate, candidate.rollback)
      return true
    }
    if (candidate.rolloutStep >= steps || !step) return this.#promotion.promote(policy, candidate)
    const place = `${candidate.rolloutStep + 1} of ${steps}`
    if (candidate.rolloutSince === null) {
      await this.#rollout.begin(policy, candidate, step)
      const summary = `step ${place}: v${candidate.modelVersion} beside v${candidate.championVersion}, ${stepText(step)}`
      const begun: NewDecision = { kind: 'rollout', summary, data: { step } }
      await database.write((tx) =>
        this.#journal.note(tx, policy, candidate, {
          change: { rolloutSince: clock.now() },
          decisions: [begun],
        }),
      )
      return true
    }
    const verdict = await this.#rollout.check(policy, candidate, step)
    switch (verdict.kind) {
      case 'wait':
        return false
      case 'overruled':
        await this.#cancel(policy, candidate, 'another route was set while it was rolled out')
        return true
      case 'broken':
        await this.rollBack(policy, candidate, verdict)
        return true
      case 'kept': {
        const summary = `step ${place} kept its guardrails: ${stepText(step)}`
        const kept: NewDecision = { kind: 'rollout', summary, data: verdict.data }
        await database.write((tx) =>
          this.#journal.take(tx, policy, candidate, {
            event: { kind: 'step-kept' },
            change: { rolloutSince: null },
            decisions: [kept],
          }),
        )
        return true
      }
    }
  }

  async #giveBack(policy: PolicyRecord, candidate: CandidateRecord, reason: string): Promise<void> {
    const { championVersion, championUri } = candidate
    if (championVersion === null) return
    await this.#rollout.giveAll(policy, { version: championVersion, uri: championUri, reason })
  }

  /** The model of a run; undefined while it runs, `failed` when the candidate has failed with it. */
  async #modelOf(
    policy: PolicyRecord,
    candidate: CandidateRecord,
    runId: string | null,
  ): Promise<TrainedModel | 'failed' | undefined> {
    if (runId === null) throw stateError(candidate)
    const run = await this.#deps.pipelines.get(runId)
    if (run.state === 'queued' || run.state === 'running') return undefined
    const model = run.outputs['model']
    if (run.state === 'succeeded' && model?.digest && model.sizeBytes !== null)
      return {
        digest: model.digest,
        sizeBytes: model.sizeBytes,
        trackingRunId: run.trackingRunId,
      }
    const reason =
      run.state === 'succeeded'
        ? `pipeline run ${runId} has no output "model"`
        : `pipeline run ${runId} ${run.state}${run.error ? `: ${run.error.message}` : ''}`
    await this.#fail(policy, candidate, reason)
    return 'failed'
  }

  async #refuse(
    policy: PolicyRecord,
    candidate: CandidateRecord,
    given: { readonly reason: string; readonly data: Readonly<Record<string, unknown>> },
  ): Promise<boolean> {
    const summary = `candidate ${candidate.number} rejected: ${given.reason}`
    await this.#deps.database.write((tx) =>
      this.#journal.take(tx, policy, candidate, {
        event: { kind: 'refused' },
        change: { error: given.reason },
        decisions: [{ kind: 'reject', summary, data: given.data }],
      }),
    )
    return true
  }

  async #fail(policy: PolicyRecord, candidate: CandidateRecord, reason: string): Promise<void> {
    const summary = `candidate ${candidate.number} failed: ${reason}`
    await this.#deps.database.write((tx) =>
      this.#journal.take(tx, policy, candidate, {
        event: { kind: 'failed' },
        change: { error: reason },
        decisions: [{ kind: 'fail', summary, data: { state: candidate.state } }],
      }),
    )
  }

  /** Ends a candidate whose rollout was overruled; traffic stays as it is. */
  async #cancel(policy: PolicyRecord, candidate: CandidateRecord, reason: string): Promise<void> {
    const summary = `candidate ${candidate.number} cancelled: ${reason}`
    await this.#deps.database.write((tx) =>
      this.#journal.take(tx, policy, candidate, {
        event: { kind: 'cancelled' },
        change: { error: reason },
        decisions: [{ kind: 'fail', summary, data: { state: candidate.state } }],
      }),
    )
  }
}
