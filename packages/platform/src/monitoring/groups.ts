import { groupMetrics } from '@kaizen/ml/fairness'
import { type Actual, evaluate, type Predictions } from '../evaluation/index.ts'
import { countCategories } from './drift/category-counts.ts'
import type { MonitorDeclaration, PerformanceMetric, Statistic } from './model.ts'
import { lacking, statisticOf } from './statistic.ts'

type Memberships = readonly (string | null)[]
type Fairness = NonNullable<MonitorDeclaration['fairness']>

/** Segments of a column that are shown, the largest first: identifiers would make one of every row. */
const segmentLimit = 20
/** The four-fifths rule of adverse impact (US EEOC 1978). */
const fourFifths = 0.8

interface Segment {
  /** `<column>=<value>`. */
  readonly name: string
  readonly value: string
  readonly rows: readonly number[]
}

/** The largest segments of a column, with the numbers of their rows. */
export function segmentsOf(
  column: string,
  values: Memberships,
  most = segmentLimit,
): readonly Segment[] {
  const largest = countCategories(values).counts.slice(0, most)
  // Rows are gathered of the largest alone: a million identifiers would make as many lists.
  const rows = new Map(largest.map(([value]): [string, number[]] => [value, []]))
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    if (value !== null && value !== undefined) rows.get(value)?.push(row)
  }
  return largest.map(([value]) => ({ name: `${column}=${value}`, value, rows: rows.get(value)! }))
}

/** Rows in each segment, as `volume:rows@<column>=<value>`. */
export const segmentVolumes = (column: string, values: Memberships): readonly Statistic[] =>
  segmentsOf(column, values).map(({ name, rows }) =>
    statisticOf({
      metric: `volume:rows@${name}`,
      method: 'count',
      value: rows.length,
      rows: rows.length,
    }),
  )

export interface SegmentInput {
  readonly predictions: Predictions
  readonly actual: readonly Actual[]
  readonly metrics: readonly PerformanceMetric[]
  readonly minSamples: number
}

/** Performance within each segment, as `performance:<metric>@<column>=<value>`. */
export function segmentPerformance(
  column: string,
  values: Memberships,
  { predictions, actual, metrics, minSamples }: SegmentInput,
): readonly Statistic[] {
  return segmentsOf(column, values).flatMap(({ name, rows }) => {
    const found = evaluate(
      take(predictions, rows),
      rows.map((row) => actual[row] ?? null),
      metrics,
    )
    return metrics.map((metric) => {
      const named = { metric: `performance:${metric}@${name}`, method: metric, rows: found.rows }
      return found.rows < minSamples
        ? lacking(named, { have: found.rows, need: minSamples, of: 'labelled rows' })
        : statisticOf({ ...named, value: found.values[metric] ?? null })
    })
  })
}

const take = (predictions: Predictions, rows: readonly number[]): Predictions =>
  predictions.task === 'regression'
    ? { task: 'regression', values: Float64Array.from(rows, (row) => predictions.values[row]!) }
    : {
        task: 'classification',
        labels: rows.map((row) => predictions.labels[row]!),
        probabilities:
          predictions.probabilities &&
          Float64Array.from(rows, (row) => predictions.probabilities![row]!),
      }

export interface FairnessInput {
  readonly predictions: Predictions
  /** Null asks only what needs no truth. */
  readonly actual: readonly Actual[] | null
  readonly fairness: Fairness
}

/**
 * How the rates of the groups of a column compare: without truth the ratio of selection rates (bound 0.8), with it the
 * difference of true positive rates. Groups of fewer rows than `minRows` are left out and said so.
 */
export function fairnessOf(column: string, values: Memberships, input: FairnessInput): Statistic {
  const { predictions, actual, fairness } = input
  const ratio = actual === null
  const named = ratio
    ? {
        metric: `fairness:selection-ratio:${column}`,
        method: 'demographic-parity-ratio',
        lower: fourFifths,
      }
    : {
        metric: `fairness:opportunity-difference:${column}`,
        method: 'equal-opportunity-difference',
      }
  if (predictions.task !== 'classification')
    return statisticOf({ ...named, value: null, rows: 0, note: 'the answers are no labels' })
  const { labels } = predictions
  const counted = labels.flatMap((_, row) => (actual && actual[row] === null ? [] : [row]))
  const sizes = new Map<string, number>()
  for (const row of counted) {
    const group = values[row] ?? null
    // Opportunity is about rows that deserve the favourable answer: they must be many enough.
    if (group === null || (actual && String(actual[row]) !== fairness.positive)) continue
    sizes.set(group, (sizes.get(group) ?? 0) + 1)
  }
  const large = new Set(
    [...sizes].flatMap(([name, rows]) => (rows < fairness.minRows ? [] : [name])),
  )
  const rows = counted.filter((row) => large.has(values[row] ?? ''))
  if (large.size < 2)
    return lacking(
      { ...named, rows: rows.length },
      { have: large.size, need: 2, of: `groups of at least ${fairness.minRows} rows` },
    )
  const one = (value: unknown): number => Number(String(value) === fairness.positive)
  const result = groupMetrics(
    {
      label: rows.map((row) => one(actual ? actual[row] : labels[row])),
      prediction: rows.map((row) => one(labels[row])),
      groups: rows.map((row) => values[row] ?? null),
    },
    [ratio ? 'selectionRate' : 'truePositiveRate'],
  )
  if (result.status !== 'ok') return statisticOf({ ...named, value: null, rows: rows.length })
  const found = result.metrics[ratio ? 'selectionRate' : 'truePositiveRate']!
  const left = sizes.size - large.size
  const rates = Object.entries(found.byGroup)
    .sort(([, a], [, b]) => a - b)
    .slice(0, 10)
    .map(([group, rate]) => `${group} ${Number(rate.toFixed(3))}`)
  return statisticOf({
    ...named,
    value: ratio ? found.ratio : found.difference,
    rows: rows.length,
    note: `${rates.join(', ')}${left > 0 ? `; ${left} small groups left out` : ''}`,
  })
}
