import { durationMs, KaizenError } from '@kaizen/contracts'
import type { Actor } from '../kernel/index.ts'
import { newestCandidates } from './candidates.store.ts'
import type { Journal } from './journal.ts'
import { championOf, type Judge, modelUri } from './judge.ts'
import {
  type CandidateRecord,
  type ContinualDeps,
  championAlias,
  type NewDecision,
  type PolicyRecord,
  policyActor,
} from './model.ts'
import { updatePolicy } from './policies.store.ts'
import type { Rollout } from './rollout.ts'

/** Makes a candidate the champion, and undoes it. */
export class Promotion {
  readonly #deps: ContinualDeps
  readonly #journal: Journal
  readonly #judge: Judge
  readonly #rollout: Rollout

  constructor(
    deps: ContinualDeps,
    parts: { readonly journal: Journal; readonly judge: Judge; readonly rollout: Rollout },
  ) {
    this.#deps = deps
    this.#journal = parts.journal
    this.#judge = parts.judge
    this.#rollout = parts.rollout
  }

  /**
   * The candidate becomes the champion: all traffic, the alias, and the reference of the monitor. Answers false while
   * the model's policy wants approvals that are not there yet; the route stays as it is meanwhile.
   */
  async promote(policy: PolicyRecord, candidate: CandidateRecord): Promise<boolean> {
    const { database, registry, monitoring, serving } = this.#deps
    const { endpoint, monitor } = policy.declaration
    const { gate, modelVersion, championVersion } = candidate
    if (!gate || modelVersion === null) throw stateError(candidate)
    const view = await serving.view(endpoint)
    if ((await registry.missingFor(view.model, modelVersion, championAlias)) !== null) return false
    const uri = modelUri(view.model, modelVersion)
    const version = await registry.resolve(uri)
    if (version.modelDigest === null || !version.signature) throw stateError(candidate)
    const model = { digest: version.modelDigest, signature: version.signature }
    const { table, prediction } = await this.#judge.reference(policy, candidate, model)
    const prepared = await monitoring.prepareReference(monitor, { table, prediction })
    const before = championVersion === null ? 'the first model' : `in place of v${championVersion}`
    const summary = `v${modelVersion} promoted, ${before}: ${gate.summary}`
    await this.#rollout.giveAll(policy, { version: modelVersion, uri, reason: summary })
    const performance = Object.fromEntries(
      Object.entries(gate.candidate).filter(
        (entry): entry is [string, number] => entry[1] !== null,
      ),
    )
    const actor = policyActor(policy.name)
    const promoted: NewDecision = {
      kind: 'promote',
      summary,
      data: { before: championVersion, after: modelVersion, performance },
    }
    await database.write(async (tx) => {
      await registry.setAlias(tx, actor, view.model, championAlias, modelVersion)
      await monitoring.setReference(tx, actor, monitor, { modelVersion, prepared, performance })
      await this.#journal.take(tx, policy, candidate, {
        event: { kind: 'promoted' },
        decisions: [promoted],
      })
    })
    return true
  }

  /** Takes back the last promotion: its predecessor gets the traffic, the alias and its reference again. */
  async takeBack(policy: PolicyRecord, by: Actor, reason: string): Promise<void> {
    const { database, serving, registry, monitoring, clock } = this.#deps
    const { endpoint, monitor, freeze } = policy.declaration
    const view = await serving.view(endpoint)
    const champion = championOf(view)?.version ?? null
    const promoted = (
      await newestCandidates(database.reader, policy.name, {
        limit: 100,
        state: 'promoted',
      })
    ).find(({ modelVersion }) => modelVersion === champion)
    const version = promoted?.championVersion ?? null
    if (!promoted || version === null) {
      throw new KaizenError(
        'CONFLICT',
        `policy "${policy.name}" has no rollout or promotion to take back`,
        {
          hint: 'Set a route by hand: kaizen endpoints route NAME --model models:/NAME/VERSION.',
        },
      )
    }
    const summary = `v${champion} taken back, v${version} answers again: ${reason}`
    await this.#rollout.giveAll(policy, {
      version,
      uri: promoted.championUri,
      reason: summary,
    })
    const frozenUntil = clock.now() + durationMs(freeze)
    await database.write(async (tx) => {
      await registry.setAlias(tx, by, view.model, championAlias, version)
      await monitoring.restoreReference(tx, by, monitor, version)
      await updatePolicy(tx, policy.name, { frozenUntil })
      const data = { before: champion, after: version, reason, frozenUntil }
      const candidate = promoted
      await this.#journal.decide(tx, policy, { kind: 'rollback', summary, data, candidate, by })
    })
  }
}

/** A candidate that lacks what its state needs. */
export const stateError = (candidate: CandidateRecord): KaizenError =>
  new KaizenError(
    'INTERNAL',
    `candidate ${candidate.id} is ${candidate.state} without what that needs`,
  )
