import type { FeedbackItem } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import type { BlockRow } from '../log/block.ts'
import type { PredictionLog } from '../log/prediction-log.ts'
import type { FeedbackCounts, Label } from '../model.ts'
import * as store from './feedback.store.ts'

export interface FeedbackDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly learner: LabelLearner
}

/** A label that has come, or has changed. */
export interface LabelChange {
  readonly row: BlockRow
  readonly value: Label
  /** What stood there before, and which lesson has learnt it. */
  readonly before: { readonly value: Label; readonly lesson: string | null } | undefined
}

/** Learns from labels in the transaction that stores them. */
export interface LabelLearner {
  /** Answers for each change which lesson has learnt it, if any. */
  learn(
    tx: Tx,
    endpoint: string,
    changes: readonly LabelChange[],
  ): Promise<readonly (string | null)[]>
}

type Known = FeedbackItem & { readonly row: BlockRow }

/** Keeps ground truth by inference id: late, repeated and in any order; a new value corrects, the same changes nothing. */
export class FeedbackService {
  readonly #deps: FeedbackDeps

  constructor(deps: FeedbackDeps) {
    this.#deps = deps
  }

  async record(
    actor: Actor,
    endpoint: { readonly name: string; readonly log: PredictionLog },
    items: readonly FeedbackItem[],
  ): Promise<FeedbackCounts> {
    // Of several values for one id in a call the last one counts.
    const byId = new Map(items.map((item) => [item.inferenceId, item]))
    const rows = await endpoint.log.find(byId.keys())
    const known: Known[] = []
    const unknown: string[] = []
    for (const [id, item] of byId) {
      const row = rows.get(id)
      if (row && row.error === null) known.push({ ...item, row })
      else unknown.push(id)
    }
    if (known.length === 0) return { accepted: 0, corrected: 0, unchanged: 0, unknown }
    const counts = await this.#deps.database.write((tx) =>
      this.#store(tx, actor, endpoint.name, known),
    )
    return { ...counts, unknown }
  }

  async #store(
    tx: Tx,
    actor: Actor,
    endpoint: string,
    items: readonly Known[],
  ): Promise<Omit<FeedbackCounts, 'unknown'>> {
    const { audit, clock } = this.#deps
    const ids = items.map(({ inferenceId }) => inferenceId)
    const stored = await store.findLabels(tx, endpoint, ids)
    const changed: store.FeedbackRow[] = []
    const changes: LabelChange[] = []
    let corrected = 0
    for (const item of items) {
      const before = stored.get(item.inferenceId)
      const value = JSON.stringify(item.value)
      if (before?.value === value) continue
      if (before) corrected++
      changes.push({
        row: item.row,
        value: item.value,
        before: before && { value: JSON.parse(before.value) as Label, lesson: before.lesson },
      })
      changed.push({
        endpoint,
        inference_id: item.inferenceId,
        value,
        observed_at: item.observedAt ?? null,
        received_at: clock.now(),
        predicted_at: item.row.at,
        corrections: before ? before.corrections + 1 : 0,
        change: 0,
        lesson: null,
      })
    }
    const counts = {
      accepted: changed.length - corrected,
      corrected,
      unchanged: items.length - changed.length,
    }
    if (changed.length === 0) return counts
    const change = await store.nextChange(tx, endpoint)
    const lessons = await this.#deps.learner.learn(tx, endpoint, changes)
    await store.putLabels(
      tx,
      changed.map((row, i) => ({ ...row, change, lesson: lessons[i] ?? null })),
    )
    await audit.append(tx, {
      actor,
      type: 'serving.feedback.recorded',
      subject: `endpoint:${endpoint}`,
      data: { ...counts, change },
    })
    return counts
  }
}
