import { type Actual, evaluate } from '../evaluation/index.ts'
import type { MonitorDeclaration, NewWindow, Statistic, TimeSpan } from './model.ts'
import type { JudgedRows } from './prediction-buckets.ts'

type PerformanceDeclaration = NonNullable<MonitorDeclaration['performance']>

export interface PerformanceInput {
  readonly span: TimeSpan
  readonly declaration: PerformanceDeclaration
  /** Rows of the span. */
  readonly rows: JudgedRows
  /** Rows that the naive forecast looks back at, and how far; null where none is declared. */
  readonly naive: { readonly rows: JudgedRows; readonly lagMs: number } | null
  /** Bounds of the metrics, drawn with their values. */
  readonly thresholdOf: (metric: string) => number | null
}

/** The metrics of a sliding window over the rows whose truth has come, with the naive forecast's beside them. */
export function performanceOf(input: PerformanceInput): NewWindow {
  const { span, declaration, rows, naive } = input
  const { metrics, minSamples } = declaration
  const labelled = rows.actual.reduce<number>((sum, actual) => sum + Number(actual !== null), 0)
  const own = labelled < minSamples ? null : evaluate(rows.predictions, rows.actual, metrics)
  const statistics = metrics.map((metric) =>
    figure(
      { metric: `performance:${metric}`, method: metric, threshold: input.thresholdOf(metric) },
      { value: own?.values[metric] ?? null, rows: labelled, minSamples },
    ),
  )
  return {
    kind: 'performance',
    ...span,
    rows: rows.at.length,
    labelled,
    modelVersions: versionsOf(rows.version),
    statistics: naive ? [...statistics, ...naiveStatistics(input, naive)] : statistics,
    distributions: [],
  }
}

function naiveStatistics(
  { declaration, rows }: PerformanceInput,
  naive: NonNullable<PerformanceInput['naive']>,
): readonly Statistic[] {
  const { metrics, minSamples } = declaration
  const forecast = forecastOf(rows, naive)
  const { rows: count, values } = evaluate(
    { task: 'regression', values: forecast },
    rows.actual,
    metrics,
  )
  return metrics.map((metric) =>
    figure(
      { metric: `naive:${metric}`, method: metric, threshold: null },
      { value: count < minSamples ? null : (values[metric] ?? null), rows: count, minSamples },
    ),
  )
}

/** For each row the truth of the row exactly `lagMs` before it, NaN where there is none. */
function forecastOf(rows: JudgedRows, naive: NonNullable<PerformanceInput['naive']>): Float64Array {
  const truth = new Map<number, number>()
  for (const source of [naive.rows, rows]) {
    source.actual.forEach((actual: Actual, row) => {
      if (typeof actual === 'number') truth.set(source.at[row]!, actual)
    })
  }
  return rows.at.map((at) => truth.get(at - naive.lagMs) ?? Number.NaN)
}

function figure(
  name: { readonly metric: string; readonly method: string; readonly threshold: number | null },
  found: { readonly value: number | null; readonly rows: number; readonly minSamples: number },
): Statistic {
  const { value, rows, minSamples } = found
  const note =
    value !== null
      ? null
      : rows < minSamples
        ? `not enough data: ${rows} of ${minSamples} labelled rows`
        : `${name.method} is not defined on these rows`
  return {
    ...name,
    column: null,
    value,
    pValue: null,
    drifted: null,
    referenceRows: 0,
    currentRows: rows,
    status: value === null ? 'insufficient' : 'ok',
    note,
  }
}

/** Versions that answered, in ascending order. */
export const versionsOf = (versions: Float64Array): readonly number[] =>
  [...new Set(versions)].filter(Number.isFinite).sort((a, b) => a - b)
