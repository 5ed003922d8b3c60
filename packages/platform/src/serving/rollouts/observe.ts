import type { RolloutSpec } from '@kaizen/contracts'
import { categoryCells, numericCells, populationStabilityIndex } from '@kaizen/ml/drift'
import { rewardOf } from '../bandits/reward.ts'
import type { BlockRow } from '../log/block.ts'
import type { Label } from '../model.ts'
import { type ArmObservation, lossesOf, type RolloutObservation } from './decide.ts'
import type { ArmPin } from './model.ts'

export interface ObservationInput {
  readonly spec: RolloutSpec
  readonly rows: readonly BlockRow[]
  readonly labels: ReadonlyMap<string, Label>
  readonly baseline: ArmPin
  readonly candidate: ArmPin
  readonly stepSince: number
  readonly schemaFailures: number
}

/** Answers that a comparison of distributions needs of each arm. */
const driftMinimum = 200

/** What the log says about both arms of a rollout. */
export function observeRollout(input: ObservationInput): RolloutObservation {
  const { spec, baseline, candidate, stepSince } = input
  const mode = spec.dryRun ? 'shadow' : 'live'
  const own = input.rows.filter((row) => isOf(row, candidate, mode))
  const theirs = input.rows.filter((row) => isOf(row, baseline, 'live'))
  return {
    baseline: { ...observed(theirs, input), schemaFailures: 0 },
    canary: { ...observed(own, input), schemaFailures: input.schemaFailures },
    stepSamples: own.reduce((sum, { at }) => sum + Number(at >= stepSince), 0),
    drift:
      spec.guardrails.maxPredictionDrift === undefined
        ? null
        : driftOf(theirs.filter(answered), own.filter(answered)),
  }
}

const answered = (row: BlockRow): boolean => row.error === null

function isOf(row: BlockRow, arm: ArmPin, mode: 'live' | 'shadow'): boolean {
  const { schema } = row.rows
  // What a caller pinned to a version says nothing about the arm under the router.
  const drawn = mode === 'shadow' || (row.routing?.propensity ?? 0) > 0
  return schema.mode === mode && schema.arm === arm.arm && schema.version === arm.version && drawn
}

function observed(
  rows: readonly BlockRow[],
  { spec, labels }: ObservationInput,
): Omit<ArmObservation, 'schemaFailures'> {
  const { maxP99Ms = Number.POSITIVE_INFINITY, metric } = spec.guardrails
  const units = new Map<string, { sum: number; count: number }>()
  let [errors, slow] = [0, 0]
  for (const row of rows) {
    if (row.error !== null) errors++
    if (row.latencyMs > maxP99Ms) slow++
    const label = metric && labels.get(row.id)
    const reward = label === undefined || !metric ? undefined : rewardOf(metric.reward, row, label)
    if (reward === undefined) continue
    const id = row.routing?.unit || row.id
    const unit = units.get(id) ?? { sum: 0, count: 0 }
    unit.sum += reward
    unit.count++
    units.set(id, unit)
  }
  const rewards = Array.from(units.values(), ({ sum, count }) => sum / count)
  return { requests: rows.length, errors, slow, losses: lossesOf(rewards) }
}

function driftOf(
  theirs: readonly BlockRow[],
  own: readonly BlockRow[],
): RolloutObservation['drift'] {
  const samples = Math.min(theirs.length, own.length)
  if (samples < driftMinimum) return null
  const [before, after] = [answersOf(theirs), answersOf(own)]
  const cells =
    before.numbers && after.numbers
      ? numericCells(before.numbers, after.numbers)
      : categoryCells(before.texts, after.texts)
  const outcome = populationStabilityIndex(cells)
  return outcome.status === 'ok' ? { value: outcome.statistic, samples } : null
}

/** The first output of each row. */
function answersOf(rows: readonly BlockRow[]): {
  readonly numbers: Float64Array | undefined
  readonly texts: (string | boolean | null)[]
} {
  const [first] = rows
  const kind = first?.rows.outputs.values().next().value?.kind
  const numeric = kind === 'number' || kind === 'integer'
  const numbers = numeric ? new Float64Array(rows.length) : undefined
  const texts: (string | boolean | null)[] = []
  for (const [i, row] of rows.entries()) {
    const column = row.rows.outputs.values().next().value
    if (numbers) numbers[i] = column?.number(row.row) ?? Number.NaN
    else texts.push(column?.value(row.row) ?? null)
  }
  return { numbers, texts }
}
