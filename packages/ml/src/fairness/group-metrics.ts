import { checkRows } from '../metrics/rows.ts'
import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { type Groups, groupColumn } from './groups.ts'

/** Sums of a group's rows, from which all its figures come; weighted where weights are given. */
interface GroupSums {
  rows: number
  weight: number
  tn: number
  fp: number
  fn: number
  tp: number
  absolute: number
  square: number
  prediction: number
}

const rate = (part: number, whole: number): number => (whole > 0 ? part / whole : 0)

/** Figures of one group. A rate over no rows is 0, as in Fairlearn. */
const METRICS = {
  accuracy: (s: GroupSums) => (s.tp + s.tn) / s.weight,
  selectionRate: (s: GroupSums) => (s.tp + s.fp) / s.weight,
  truePositiveRate: (s: GroupSums) => rate(s.tp, s.tp + s.fn),
  falsePositiveRate: (s: GroupSums) => rate(s.fp, s.fp + s.tn),
  trueNegativeRate: (s: GroupSums) => rate(s.tn, s.fp + s.tn),
  falseNegativeRate: (s: GroupSums) => rate(s.fn, s.tp + s.fn),
  precision: (s: GroupSums) => rate(s.tp, s.tp + s.fp),
  recall: (s: GroupSums) => rate(s.tp, s.tp + s.fn),
  f1: (s: GroupSums) => rate(2 * s.tp, 2 * s.tp + s.fp + s.fn),
  balancedAccuracy: (s: GroupSums) => {
    const present = [s.tp + s.fn, s.fp + s.tn].filter((weight) => weight > 0).length
    return rate(rate(s.tp, s.tp + s.fn) + rate(s.tn, s.fp + s.tn), present)
  },
  count: (s: GroupSums) => s.rows,
  mae: (s: GroupSums) => s.absolute / s.weight,
  mse: (s: GroupSums) => s.square / s.weight,
  meanPrediction: (s: GroupSums) => s.prediction / s.weight,
} as const satisfies Record<string, (sums: GroupSums) => number>

export type GroupMetricName = keyof typeof METRICS
export const GROUP_METRICS = Object.keys(METRICS) as readonly GroupMetricName[]

/** Figures that need labels and predictions of 0 and 1. */
const NEEDS_CLASSES: ReadonlySet<GroupMetricName> = new Set([
  'accuracy',
  'selectionRate',
  'truePositiveRate',
  'falsePositiveRate',
  'trueNegativeRate',
  'falseNegativeRate',
  'precision',
  'recall',
  'f1',
  'balancedAccuracy',
] as const)

/** One metric over groups. Ratios are null where undefined. */
export interface GroupedMetric {
  readonly overall: number
  readonly byGroup: Readonly<Record<string, number>>
  readonly groupMin: number
  readonly groupMax: number
  /** Largest less smallest. */
  readonly difference: number
  readonly differenceToOverall: number
  /** Smallest over largest. */
  readonly ratio: number | null
  readonly ratioToOverall: number | null
}

export interface GroupMetrics {
  readonly rows: number
  readonly groups: readonly GroupSize[]
  readonly metrics: Readonly<Record<string, GroupedMetric>>
}

export interface GroupSize {
  readonly name: string
  readonly rows: number
  /** Too few rows to speak of: read the group's figures with care. */
  readonly isSmall: boolean
}

export interface GroupMetricsInput {
  readonly label: Numbers
  readonly prediction: Numbers
  readonly groups: Groups
  readonly weights?: Numbers | undefined
}

/** Groups with fewer rows are marked. */
const SMALL_GROUP = 30

/**
 * Metrics by group with their spread, in one pass over the rows. Rows in no group count only overall. Fairlearn's
 * documentation.
 * @throws MlError when lengths differ, a value is not finite, or classes are not 0 and 1.
 */
export const groupMetrics = (
  { label, prediction, groups, weights }: GroupMetricsInput,
  metrics: readonly GroupMetricName[],
): Outcome<GroupMetrics> => {
  const rows = checkRows({ label, prediction, weights })
  const { codes, dictionary } = groupColumn(groups)
  if (codes.length !== rows) {
    throw new MlError(
      'invalid_input',
      `there are ${codes.length} group memberships for ${rows} rows`,
      'give every row one group, or null',
    )
  }
  if (metrics.some((name) => NEEDS_CLASSES.has(name))) checkClasses(label, prediction)
  const { overall, sums } = accumulate({ label, prediction, weights }, codes, dictionary.length)
  const present = dictionary.flatMap((name, code) =>
    sums[code]!.rows > 0 ? [{ name, sums: sums[code]! }] : [],
  )
  if (present.length === 0) return insufficient('group-metrics', 'groups', { have: 0, need: 1 })
  return {
    status: 'ok',
    rows,
    groups: present.map((group) => ({
      name: group.name,
      rows: group.sums.rows,
      isSmall: group.sums.rows < SMALL_GROUP,
    })),
    metrics: Object.fromEntries(
      metrics.map((name) => {
        const values = present.map((group) => [group.name, METRICS[name](group.sums)] as const)
        return [name, grouped(METRICS[name](overall), values)]
      }),
    ),
  }
}

const checkClasses = (label: Numbers, prediction: Numbers): void => {
  for (const [name, column] of [
    ['label', label],
    ['prediction', prediction],
  ] as const) {
    for (let i = 0; i < column.length; i++) {
      if (column[i] === 0 || column[i] === 1) continue
      throw new MlError(
        'invalid_input',
        `${name} is ${column[i]} in row ${i}`,
        'give 1 for the positive class and 0 for the other',
      )
    }
  }
}

const emptySums = (): GroupSums => ({
  rows: 0,
  weight: 0,
  tn: 0,
  fp: 0,
  fn: 0,
  tp: 0,
  absolute: 0,
  square: 0,
  prediction: 0,
})

const accumulate = (
  { label, prediction, weights }: Omit<GroupMetricsInput, 'groups'>,
  codes: Int32Array,
  size: number,
) => {
  const sums = Array.from({ length: size + 1 }, emptySums)
  for (let i = 0; i < codes.length; i++) {
    const group = sums[codes[i]! < 0 ? size : codes[i]!]!
    const weight = weights ? weights[i]! : 1
    const [y, p] = [label[i]!, prediction[i]!]
    const error = p - y
    group.rows++
    group.weight += weight
    group.absolute += weight * Math.abs(error)
    group.square += weight * error * error
    group.prediction += weight * p
    if (y === 1) {
      if (p === 1) group.tp += weight
      else group.fn += weight
    } else if (p === 1) group.fp += weight
    else group.tn += weight
  }
  const overall = emptySums()
  for (const group of sums) {
    for (const key of Object.keys(overall) as (keyof GroupSums)[]) overall[key] += group[key]
  }
  return { overall, sums }
}

const grouped = (
  overall: number,
  byGroup: readonly (readonly [name: string, value: number])[],
): GroupedMetric => {
  const values = byGroup.map(([, value]) => value)
  const [groupMin, groupMax] = [Math.min(...values), Math.max(...values)]
  const folded = values.flatMap((value) => foldedRatio(value, overall) ?? [])
  return {
    overall,
    byGroup: Object.fromEntries(byGroup),
    groupMin,
    groupMax,
    difference: groupMax - groupMin,
    differenceToOverall: Math.max(...values.map((value) => Math.abs(value - overall))),
    ratio: groupMax === 0 ? null : groupMin / groupMax,
    ratioToOverall: folded.length > 0 ? Math.min(...folded) : null,
  }
}

/** The ratio of two figures, the smaller over the larger; null where undefined. */
const foldedRatio = (value: number, overall: number): number | null => {
  if (overall === 0) return value > 0 ? 0 : null
  const ratio = value / overall
  return ratio > 1 ? 1 / ratio : ratio
}
