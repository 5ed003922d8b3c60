import { type Actual, evaluate } from '../../evaluation/index.ts'
import { truthDrift } from '../drift/truth-drift.ts'
import { fairnessOf, segmentPerformance } from '../groups.ts'
import type {
  Calibration,
  DriftMethod,
  MonitorDeclaration,
  NewWindow,
  PerformanceMetric,
  Sampling,
  Statistic,
  TimeSpan,
  TruthProfile,
} from '../model.ts'
import type { JudgedRows } from '../sources/prediction-buckets.ts'
import { lacking, statisticOf } from '../statistic.ts'
import { calibrationOf, estimatesOf } from './estimated.ts'
import { bandOf } from './performance-band.ts'

type PerformanceDeclaration = NonNullable<MonitorDeclaration['performance']>

export interface PerformanceInput {
  readonly span: TimeSpan
  readonly declaration: PerformanceDeclaration
  readonly segments: readonly string[]
  readonly fairness: MonitorDeclaration['fairness']
  readonly calibration: Calibration | null
  readonly sampling: Sampling | null
  /** The truth of a labelled reference, and how drift from it is told. */
  readonly truth: TruthProfile | null
  readonly methods: readonly DriftMethod[]
  /** Rows of the span. */
  readonly rows: JudgedRows
  /** Rows that the naive forecast looks back at, and how far; null where none is declared. */
  readonly naive: { readonly rows: JudgedRows; readonly lagMs: number } | null
  /** Bounds of the metrics by name, drawn with their values. */
  readonly bounds: Readonly<Record<string, number>>
}

/** The metrics of a sliding window over the rows whose truth has come, with the naive forecast's beside them. */
export function performanceOf(input: PerformanceInput): NewWindow {
  const { span, declaration, rows, naive } = input
  const { metrics, minSamples } = declaration
  const labelled = rows.actual.reduce<number>((sum, actual) => sum + Number(actual !== null), 0)
  const own = labelled < minSamples ? null : evaluate(rows.predictions, rows.actual, metrics)
  const statistics = metrics.map((metric) =>
    figure(
      {
        metric: `performance:${metric}`,
        method: metric,
        threshold: input.bounds[`performance:${metric}`] ?? null,
      },
      {
        value: own?.values[metric] ?? null,
        rows: labelled,
        minSamples,
        band: bandIfKnown(metric, own?.values[metric], rows),
      },
    ),
  )
  return {
    kind: 'performance',
    ...span,
    rows: rows.at.length,
    labelled,
    modelVersions: versionsOf(rows.version),
    statistics: [
      ...statistics,
      ...(naive ? naiveStatistics(input, naive) : []),
      ...estimatesOf({
        ...rows,
        metrics,
        minSamples,
        calibration: input.calibration,
        sampling: input.sampling,
      }),
      ...calibrationOf(rows.predictions, rows.actual, minSamples),
      ...truthDrift(input.truth, rows, input.methods),
      ...groupStatistics(input),
      completeness(labelled, rows.at.length),
    ],
    distributions: [],
  }
}

const bandIfKnown = (
  metric: PerformanceMetric,
  value: number | null | undefined,
  rows: JudgedRows,
) =>
  value === null || value === undefined || !Number.isFinite(value)
    ? null
    : bandOf(metric, value, rows)

/** Share of rows whose truth has come. */
function completeness(labelled: number, rows: number): Statistic {
  const named = { metric: 'labels:completeness', method: 'labelled-share', rows }
  return rows === 0
    ? lacking(named, { have: 0, need: 1, of: 'rows' })
    : statisticOf({ ...named, value: labelled / rows })
}

/** Performance by segment, and how the truth of groups fares. */
function groupStatistics({
  declaration,
  segments,
  fairness,
  rows,
}: PerformanceInput): readonly Statistic[] {
  const { metrics, minSamples } = declaration
  const { predictions, actual } = rows
  const of = (column: string): readonly (string | null)[] => rows.groups[column] ?? []
  return [
    ...segments.flatMap((column) =>
      segmentPerformance(column, of(column), { predictions, actual, metrics, minSamples }),
    ),
    ...(fairness
      ? fairness.columns.map((column) =>
          fairnessOf(column, of(column), { predictions, actual, fairness }),
        )
      : []),
  ]
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
  found: {
    readonly value: number | null
    readonly rows: number
    readonly minSamples: number
    readonly band?: readonly [number, number] | null
  },
): Statistic {
  const { value, rows, minSamples } = found
  const named = { ...name, rows }
  if (value === null && rows < minSamples) {
    return lacking(boundless(named), { have: rows, need: minSamples, of: 'labelled rows' })
  }
  // The bound is an alert's: it is drawn, and judges nothing here.
  return {
    ...statisticOf({ ...boundless(named), value, band: found.band ?? null }),
    threshold: name.threshold,
    drifted: null,
  }
}

const boundless = ({
  metric,
  method,
  rows,
}: {
  readonly metric: string
  readonly method: string
  readonly rows: number
}) => ({ metric, method, rows })

/** Versions that answered, in ascending order. */
export const versionsOf = (versions: Float64Array): readonly number[] =>
  [...new Set(versions)].filter(Number.isFinite).sort((a, b) => a - b)
