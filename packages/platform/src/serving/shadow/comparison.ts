import type { Comparison, RewardSpec } from '@kaizen/contracts'
import {
  type ArmTotals,
  compareArms,
  EMPTY_ARM,
  MSPRT_START,
  msprt,
  sampleRatioMismatch,
  withLoss,
} from '@kaizen/ml/sequential'
import { rewardOf } from '../bandits/reward.ts'
import type { BlockRow } from '../log/block.ts'
import type { Label, TimeSpan } from '../model.ts'
import { percentile } from '../rules.ts'

export interface ComparisonInput {
  readonly rows: readonly BlockRow[]
  readonly labels: ReadonlyMap<string, Label>
  readonly reward: RewardSpec
  readonly baseline: string
  readonly alpha: number
  readonly minUnits: number
  readonly span: TimeSpan
  /** Live arms of the route; `share` is undefined where it was not constant. */
  readonly arms: readonly {
    readonly name: string
    readonly model: string
    readonly version: number
    readonly share: number | undefined
  }[]
}

interface Unit {
  sum: number
  count: number
}
interface Tally {
  requests: number
  errors: number
  readonly latencies: number[]
  /** By unit: one customer with a thousand requests is one customer. */
  readonly units: Map<string, Unit>
}

/** Chance of a false alarm about the split of traffic, as is the custom of the field. */
const ratioAlpha = 0.001

/** Holds every arm against the baseline, unit by unit. */
export function compareRoute(input: ComparisonInput): Comparison {
  const tallies = tally(input)
  const totals = new Map([...tallies].map(([name, { units }]) => [name, lossesOf(units)] as const))
  const { baseline, reward, alpha, span } = input
  return {
    baseline,
    reward,
    alpha,
    from: span.from,
    to: span.to,
    arms: input.arms.map(({ name, model, version }) => {
      const { requests, errors, latencies, units } = tallies.get(name)!
      latencies.sort((a, b) => a - b)
      const { count, mean, m2 } = totals.get(name)!
      return {
        arm: name,
        model,
        version,
        requests,
        errors,
        p50: percentile(latencies, 0.5),
        p99: percentile(latencies, 0.99),
        units: units.size,
        rewarded: count,
        meanReward: count > 0 ? -mean : null,
        deviation: count > 1 ? Math.sqrt(m2 / (count - 1)) : null,
      }
    }),
    contrasts: input.arms
      .filter(({ name }) => name !== baseline)
      .map(({ name }) => contrast(name, totals.get(baseline)!, totals.get(name)!, input)),
    sampleRatio: ratioOf(input, tallies),
  }
}

function tally({ rows, labels, reward, arms }: ComparisonInput): ReadonlyMap<string, Tally> {
  const tallies = new Map<string, Tally>(
    arms.map(({ name }) => [name, { requests: 0, errors: 0, latencies: [], units: new Map() }]),
  )
  for (const row of rows) {
    const { arm, mode } = row.rows.schema
    const entry = mode === 'live' ? tallies.get(arm) : undefined
    // What the caller pinned was not assigned.
    if (!entry || !((row.routing?.propensity ?? 0) > 0)) continue
    entry.requests++
    if (row.error === null) entry.latencies.push(row.latencyMs)
    else entry.errors++
    const id = row.routing?.unit || row.id
    let unit = entry.units.get(id)
    if (!unit) {
      unit = { sum: 0, count: 0 }
      entry.units.set(id, unit)
    }
    const label = labels.get(row.id)
    const value = label === undefined ? undefined : rewardOf(reward, row, label)
    if (value === undefined) continue
    unit.sum += value
    unit.count++
  }
  return tallies
}

/** Losses by unit: the mean of what its predictions were worth. */
function lossesOf(units: ReadonlyMap<string, Unit>): ArmTotals {
  let totals = EMPTY_ARM
  for (const { sum, count } of units.values()) {
    if (count > 0) totals = withLoss(totals, -sum / count)
  }
  return totals
}

/** The mSPRT is tuned to effects of a tenth of a standard deviation, a small effect by Cohen's measure. */
const expectedEffect = 0.1

function contrast(
  arm: string,
  baseline: ArmTotals,
  own: ArmTotals,
  { alpha, minUnits }: Pick<ComparisonInput, 'alpha' | 'minUnits'>,
): Comparison['contrasts'][number] {
  const have = Math.min(baseline.count, own.count)
  const outcome = compareArms(baseline, own, { alpha, minimumCount: minUnits })
  const nothing = { difference: null, lower: null, upper: null, pValue: null }
  if (outcome.status !== 'ok') {
    return { arm, ...nothing, verdict: 'insufficient', have, need: minUnits }
  }
  const { difference, lower, upper, verdict } = outcome
  const pValue = sequentialP(baseline, own)
  return { arm, difference, lower, upper, pValue, verdict, have, need: minUnits }
}

/** Always-valid p-value that two arms have the same mean (Johari et al. 2017), each with its own variance. */
export function sequentialP(a: ArmTotals, b: ArmTotals): number | null {
  const pairs = 2 / (1 / a.count + 1 / b.count)
  const variance = pairs * (a.m2 / a.count ** 2 + b.m2 / b.count ** 2)
  if (!(variance > 0)) return null
  const sigma = Math.sqrt(variance)
  const observed = { n: pairs, mean: a.mean - b.mean }
  return msprt(MSPRT_START, observed, { sigma, tau: expectedEffect * sigma }).pValue
}

function ratioOf(
  { arms }: ComparisonInput,
  tallies: ReadonlyMap<string, Tally>,
): Comparison['sampleRatio'] {
  const split = arms.flatMap(({ name, share }) =>
    share === undefined || share <= 0 ? [] : [{ share, units: tallies.get(name)!.units.size }],
  )
  const units = split.reduce((sum, arm) => sum + arm.units, 0)
  if (split.length < 2 || units === 0 || arms.some(({ share }) => share === undefined)) return null
  const { statistic, pValue } = sampleRatioMismatch(
    split.map((arm) => arm.units),
    split.map(({ share }) => share),
  )
  return { statistic, pValue, mismatch: pValue < ratioAlpha }
}
