import {
  type BodyOf,
  KaizenError,
  type ReplayView,
  type RewardSpec,
  type replaysApi,
} from '@kaizen/contracts'
import type { LoadedModel, Tensors } from '../../runtime/index.ts'
import type { Database } from '../../storage/index.ts'
import { outputOf, rewardOfAnswer } from '../bandits/reward.ts'
import type { LiveEndpoint } from '../endpoints/live-endpoint.ts'
import { labelsIn } from '../feedback/feedback.store.ts'
import type { BlockRow } from '../log/block.ts'
import type { Label } from '../model.ts'
import type { ModelIdentity } from '../model-identities.ts'
import type { ModelPool } from '../model-pool.ts'
import { checkReplayable, isComplete, tensorsOfRows } from './logged-tensors.ts'

export type ReplayQuestion = BodyOf<typeof replaysApi.run>

export interface ReplayDeps {
  readonly database: Database
  /** @throws NOT_FOUND, UNSUPPORTED */
  readonly identify: (uri: string) => Promise<ModelIdentity>
  readonly pool: ModelPool
  /** @throws NOT_FOUND */
  readonly live: (endpoint: string) => Promise<LiveEndpoint>
}

/** Rows that go to the model at once. */
const batchRows = 1024
const shownExamples = 20

interface Pair {
  readonly row: BlockRow
  readonly logged: Label | undefined
  readonly candidate: Label | undefined
  /** Infinity between different labels. */
  readonly difference: number
}

/**
 * Puts logged requests to a candidate, a version, an ensemble or a model of another server, without any of it being
 * answered, logged or counted. @throws NOT_FOUND, UNSUPPORTED, INVALID_MODEL
 */
export async function runReplay(
  { identify, pool, live, database }: ReplayDeps,
  endpoint: string,
  question: ReplayQuestion,
): Promise<ReplayView> {
  const { from = 0, to = Number.MAX_SAFE_INTEGER, limit, reward } = question
  const { log, settings } = await live(endpoint)
  const redacted = new Set(settings.log?.redact)
  const { modelName, version, digest } = await identify(question.model)
  const logged = await log.newest(limit, { from, to })
  const rows = logged.filter((row) => row.rows.schema.mode === 'live' && row.error === null)
  const lease = await pool.lease(digest)
  try {
    checkReplayable(lease.model.signature)
    const complete = rows.filter((row) =>
      isComplete(lease.model.signature, row, (column) => redacted.has(column)),
    )
    const { pairs, failed } = await answer(lease.model, complete)
    const labels = await labelsIn(database.reader, endpoint, { from, to })
    return {
      model: modelName,
      version,
      rows: rows.length,
      answered: pairs.length,
      incomplete: rows.length - complete.length,
      failed,
      ...differencesOf(pairs, question.tolerance),
      ...rewardsOf(pairs, labels, reward),
      examples: examplesOf(pairs, labels, question.tolerance),
    }
  } finally {
    await lease.release()
  }
}

async function answer(
  model: LoadedModel,
  rows: readonly BlockRow[],
): Promise<{ readonly pairs: readonly Pair[]; readonly failed: number }> {
  const pairs: Pair[] = []
  let failed = 0
  for (let at = 0; at < rows.length; at += batchRows) {
    const batch = rows.slice(at, at + batchRows)
    const outputs = await model
      .run(tensorsOfRows(model.signature, batch))
      .catch((failure: unknown) => {
        // A model that cannot answer is a finding; a runtime that is not there is none.
        if (failure instanceof KaizenError && failure.kind !== 'unavailable') return undefined
        throw failure
      })
    if (outputs) pairs.push(...batch.map((row, i) => pairOf(row, outputs, i)))
    else failed += batch.length
  }
  return { pairs, failed }
}

function pairOf(row: BlockRow, outputs: Tensors, place: number): Pair {
  const [first] = row.rows.outputs.keys()
  const tensor = (first === undefined ? undefined : outputs[first]) ?? Object.values(outputs)[0]!
  const value = tensor.data[place * (tensor.data.length / (tensor.shape[0] || 1))]
  const candidate =
    tensor.datatype === 'BOOL' ? value === 1 : typeof value === 'string' ? value : Number(value)
  const logged = outputOf(row, undefined)
  return { row, logged, candidate, difference: differenceOf(logged, candidate) }
}

function differenceOf(logged: Label | undefined, candidate: Label): number {
  if (typeof logged === 'number' && typeof candidate === 'number') {
    return Object.is(logged, candidate) ? 0 : Math.abs(logged - candidate)
  }
  return String(logged) === String(candidate) ? 0 : Number.POSITIVE_INFINITY
}

function differencesOf(
  pairs: readonly Pair[],
  tolerance: number,
): Pick<ReplayView, 'same' | 'meanDifference' | 'largestDifference'> {
  let [same, sum, largest, numbers] = [0, 0, 0, 0]
  for (const { difference } of pairs) {
    if (difference <= tolerance) same++
    if (!Number.isFinite(difference)) continue
    numbers++
    sum += difference
    if (difference > largest) largest = difference
  }
  const isNumeric = numbers > 0 && typeof pairs[0]?.logged === 'number'
  return {
    same,
    meanDifference: isNumeric ? sum / numbers : null,
    largestDifference: isNumeric ? largest : null,
  }
}

function rewardsOf(
  pairs: readonly Pair[],
  labels: ReadonlyMap<string, Label>,
  spec: RewardSpec | undefined,
): Pick<ReplayView, 'rewarded' | 'loggedReward' | 'candidateReward'> {
  let [rewarded, before, after] = [0, 0, 0]
  for (const { row, logged, candidate } of pairs) {
    const label = labels.get(row.id)
    if (!spec || spec.kind === 'value' || label === undefined) continue
    const [own, other] = [
      rewardOfAnswer(spec, logged, label),
      rewardOfAnswer(spec, candidate, label),
    ]
    if (own === undefined || other === undefined) continue
    rewarded++
    before += own
    after += other
  }
  return {
    rewarded,
    loggedReward: rewarded > 0 ? before / rewarded : null,
    candidateReward: rewarded > 0 ? after / rewarded : null,
  }
}

const examplesOf = (
  pairs: readonly Pair[],
  labels: ReadonlyMap<string, Label>,
  tolerance: number,
): ReplayView['examples'] =>
  pairs
    .filter(({ difference }) => !(difference <= tolerance))
    .sort((a, b) => b.difference - a.difference)
    .slice(0, shownExamples)
    .map(({ row, logged, candidate }) => ({
      inferenceId: row.id,
      logged: shown(logged),
      candidate: shown(candidate),
      actual: shown(labels.get(row.id)),
    }))

/** JSON has no NaN and no infinities. */
const shown = (value: Label | undefined): Label | null =>
  value === undefined || (typeof value === 'number' && !Number.isFinite(value)) ? null : value
