import type {
  Annotation,
  MonitorHealth,
  MonitorView,
  monitoringApi,
  ResponseOf,
  Statistic,
} from '@kaizen/contracts'
import {
  alignSeries,
  type Bound,
  breakAtGaps,
  type Shade,
  type TimeChart,
} from '../../shared/charts/series.ts'
import { formatCount, formatPlain } from '../../shared/format/number.ts'

type Metrics = ResponseOf<typeof monitoringApi.metrics>['metrics']
type SeriesAnswer = ResponseOf<typeof monitoringApi.series>

/** A performance metric with the forecast that costs nothing beside it, where the monitor has one. */
export interface PerformanceGroup {
  readonly metric: string
  readonly label: string
  readonly naive: string | null
  /** What the metric should be by what is known without labels. */
  readonly estimated: string | null
}

const performance = 'performance:'

export function performanceGroups(metrics: Metrics): readonly PerformanceGroup[] {
  const names = metrics.map((one) => one.metric)
  const naive = names.filter((name) => name.includes('naive'))
  return names
    .filter((name) => name.startsWith(performance) && !naive.includes(name) && !name.includes('@'))
    .map((metric) => {
      const label = metric.slice(performance.length)
      return {
        metric,
        label,
        naive: naive.find((name) => name.split(':').includes(label)) ?? null,
        estimated: names.find((name) => name === `estimated:${label}`) ?? null,
      }
    })
}

export interface ColumnDrift {
  /** A column, `any` for the worst of all, or `prediction` for the answers. */
  readonly column: string
  readonly methods: readonly {
    readonly method: string
    readonly metric: string
    readonly last: number | null
    readonly drifted: boolean | null
  }[]
}

/** What is watched of each column: drift by method, missing values, values out of range. The worst of all first, then those over a bound. */
export function driftColumns(metrics: Metrics): readonly ColumnDrift[] {
  const columns = new Map<string, ColumnDrift['methods'][number][]>()
  for (const { metric, last, drifted } of metrics) {
    const subject = subjectOf(metric)
    if (!subject) continue
    const entry = { method: subject.method, metric, last, drifted }
    columns.set(subject.column, [...(columns.get(subject.column) ?? []), entry])
  }
  const rank = (one: ColumnDrift) =>
    one.column === 'any' ? 0 : one.methods.some((method) => method.drifted === true) ? 1 : 2
  return [...columns]
    .map(([column, methods]): ColumnDrift => ({ column, methods }))
    .sort((a, b) => rank(a) - rank(b) || a.column.localeCompare(b.column))
}

/** The column and method that a metric is about; a column's name may itself hold a colon. */
function subjectOf(metric: string): { readonly column: string; readonly method: string } | null {
  // What is within a segment has a table of its own.
  if (metric.includes('@')) return null
  const [kind, ...rest] = metric.split(':')
  switch (kind) {
    case 'drift':
    case 'text':
    case 'embedding':
      return { column: rest.slice(0, -1).join(':'), method: rest.at(-1) ?? '' }
    case 'prediction':
      return { column: 'prediction', method: rest.join(':') }
    case 'missing':
    case 'range':
    case 'new':
    case 'mistyped':
    case 'influence':
    case 'attribution':
    case 'skew':
      return { column: rest.join(':'), method: kind }
    default:
      return null
  }
}

const acronyms = new Set(['psi', 'ks', 'js', 'mae', 'rmse', 'mape', 'auc', 'mmd'])

/** The short name of a method or metric, as it heads a column. */
export const metricWord = (name: string): string =>
  name === 'r2'
    ? 'R²'
    : name === 'logLoss'
      ? 'log loss'
      : acronyms.has(name)
        ? name.toUpperCase()
        : name

/** Every method that any column has, in the order of their first use. */
export const methodsOf = (columns: readonly ColumnDrift[]): readonly string[] => [
  ...new Set(columns.flatMap((column) => column.methods.map((entry) => entry.method))),
]

/** One metric over time, with its bound; a missing value is a gap. */
export function metricChart(answer: SeriesAnswer, label: string): TimeChart {
  return seriesChart([{ label, answer }])
}

/** The model's metric as labels tell it, as it is estimated without them, and the naive forecast's. */
export function performanceChart(
  group: PerformanceGroup,
  answers: {
    readonly own: SeriesAnswer
    readonly estimated: SeriesAnswer | undefined
    readonly naive: SeriesAnswer | undefined
  },
  monitor: Pick<MonitorView, 'reference'>,
): TimeChart {
  const { own, estimated, naive } = answers
  const { label } = group
  const chart = seriesChart([
    { label: estimated ? `realised ${label}` : `model ${label}`, answer: own },
    ...(estimated
      ? [{ label: `estimated ${label}`, answer: estimated, color: 1, dash: [7, 3] }]
      : []),
    ...(naive ? [{ label: `naive ${label}`, answer: naive, color: 7, dash: [5, 4] }] : []),
  ])
  const reference = monitor.reference?.performance[label]
  return reference === undefined
    ? chart
    : {
        ...chart,
        bounds: [
          ...(chart.bounds ?? []),
          { label: `reference ${formatPlain(reference)}`, value: reference, kind: 'reference' },
        ],
      }
}

interface Line {
  readonly label: string
  readonly answer: SeriesAnswer
  readonly color?: number
  readonly dash?: readonly number[]
}

function seriesChart(lines: readonly Line[]): TimeChart {
  const points = lines.map((line) => line.answer.series[0]?.points ?? [])
  const { times, values } = alignSeries(points.map(breakAtGaps))
  const own = points[0] ?? []
  const threshold = boundMoves(own)
    ? undefined
    : own.findLast((point) => point.threshold !== null)?.threshold
  const bounds: readonly Bound[] =
    threshold === undefined || threshold === null
      ? []
      : [{ label: `bound ${formatPlain(threshold)}`, value: threshold, kind: 'bound' }]
  return {
    times,
    bounds,
    marks: lines[0]?.answer.annotations ?? [],
    shades: lines.flatMap((line, index) =>
      shadesOf(points[index] ?? [], times, {
        color: line.color ?? 0,
        // One line needs no name at its area.
        ...(lines.length > 1 && { of: line.label }),
      }),
    ),
    series: [
      ...lines.map((line, index) => ({
        label: line.label,
        values: values[index] ?? [],
        color: line.color ?? 0,
        ...(line.dash && { dash: line.dash }),
      })),
      ...bandsOf(own, times),
      ...restatedOf(own, times),
    ],
  }
}

/** Windows that late labels have written again, as dots over the line; thinned points stand for too many to tell. */
function restatedOf(points: Points, times: readonly number[]): TimeChart['series'][number][] {
  const isRestated = ({ revision, range }: Points[number]) => revision > 1 && range === undefined
  const count = points.filter(isRestated).length
  // Where nearly all are, dots say nothing that the revision of each window does not.
  if (count === 0 || (count > 120 && count > points.length / 2)) return []
  const values = along(points, times, (point) => (isRestated(point) ? point.value : null))
  return [{ label: 'restated by late labels', values, color: 4, dots: true }]
}

type Points = SeriesAnswer['series'][number]['points']

/** Whether a single line could not show the bounds: there are two, or they differ from window to window. */
const boundMoves = (points: Points): boolean =>
  points.some(({ lower }) => lower !== null) ||
  new Set(points.flatMap(({ threshold }) => (threshold === null ? [] : [threshold]))).size > 1

/** Bounds that move with the windows, as lines of their own. */
function bandsOf(points: Points, times: readonly number[]): TimeChart['series'][number][] {
  const line = (label: string, of: (point: Points[number]) => number | null) => ({
    label,
    values: along(points, times, of),
    color: 7,
    dash: [4, 3],
    width: 1,
  })
  return [
    ...(boundMoves(points) ? [line('upper bound', ({ threshold }) => threshold)] : []),
    ...(points.some(({ lower }) => lower !== null)
      ? [line('lower bound', ({ lower }) => lower)]
      : []),
  ]
}

/** Between which values thinned points lie, and how sure the figures are. */
function shadesOf(
  points: Points,
  times: readonly number[],
  { color, of: line }: { readonly color: number; readonly of?: string },
): readonly Shade[] {
  const shade = (
    label: string,
    of: (point: Points[number]) => readonly [number, number] | undefined,
  ): Shade => ({
    label: line === undefined ? label : `${label}, ${line}`,
    color,
    low: along(points, times, (point) => of(point)?.[0] ?? null),
    high: along(points, times, (point) => of(point)?.[1] ?? null),
  })
  return [
    ...(points.some(({ range }) => range !== undefined)
      ? [shade('lowest to highest', ({ range }) => range)]
      : []),
    ...(points.some(({ band }) => band !== undefined)
      ? [shade('95 % confidence', ({ band }) => band)]
      : []),
  ]
}

function along(
  points: Points,
  times: readonly number[],
  of: (point: Points[number]) => number | null,
): readonly (number | null)[] {
  const byTime = new Map(points.map((point) => [point.at, of(point)]))
  return times.map((at) => byTime.get(at) ?? null)
}

const wholeLabels: readonly (readonly [pattern: RegExp, label: (rest: string) => string])[] = [
  [/^volume:rows$/, () => 'Rows'],
  [/^volume:profiles$/, () => 'Uploaded profiles'],
  [/^volume:entities$/, () => 'Entities'],
  [/^freshness:seconds$/, () => 'Age of the newest row, s'],
  [/^freshness:online$/, () => 'Online store behind, s'],
  [/^errors:share$/, () => 'Share of failed rows'],
  [/^latency:(.+)$/, (name) => `Latency ${name}, ms`],
  [/^labels:completeness$/, () => 'Share of labelled rows'],
  [/^estimated:(.+)$/, (name) => `Estimated ${name}, without labels`],
  [/^label:(.+)$/, (method) => `Label drift, ${method}`],
  [/^concept:(.+)$/, (method) => `Concept drift: errors, ${method}`],
  [/^explanation:ndcg$/, () => 'Order of attributions, NDCG'],
  [/^explanation:shift$/, () => 'Share of attribution moved'],
  [/^calibration:error$/, () => 'Calibration error'],
  [/^outliers:rows$/, () => 'Share of rows with outliers'],
  [/^outliers:(isolation|mahalanobis)$/, (name) => `Share of outliers, ${name}`],
  [/^hostile:rows$/, () => 'Share of suspicious rows'],
  [/^cost:(.+)$/, (name) => `Cost of a ${name}`],
  [/^energy:(.+)$/, (name) => `Energy of a ${name}, Wh`],
  [/^schema:(.+)$/, (name) => `Columns ${name}`],
  [/^custom:(.+)$/, (name) => name.replace(':', ', ')],
  [/^fairness:selection-ratio:(.+)$/, (column) => `Selection ratio by ${column}`],
  [/^fairness:opportunity-difference:(.+)$/, (column) => `Opportunity difference by ${column}`],
]

/** Metrics of a window as a whole, in the order in which they are shown. */
export const wholeMetrics = (
  metrics: Metrics,
): readonly { readonly metric: string; readonly label: string; readonly lack: string | null }[] =>
  wholeLabels.flatMap(([pattern, label]) =>
    metrics.flatMap(({ metric, last, note }) => {
      const found = pattern.exec(metric)
      return found && !metric.includes('@')
        ? [{ metric, label: label(found[1] ?? ''), lack: last === null ? note : null }]
        : []
    }),
  )

const stateRank = { alerting: 4, drifting: 3, unknown: 2, ok: 1, waiting: 0 } as const

/** How much a monitor wants to be looked at. */
export const healthRank = ({ state, alerts, judged, drifted }: MonitorHealth): number =>
  1000 * stateRank[state] +
  100 * Math.min(9, alerts.critical) +
  10 * Math.min(9, alerts.warning) +
  (judged > 0 ? drifted / judged : 0)

/** One sentence over all monitors. */
export function summaryOf(states: Readonly<Record<MonitorHealth['state'], number>>): string {
  const parts = [
    [states.alerting, 'alerting'],
    [states.drifting, 'with metrics over their bounds'],
    [states.unknown, 'without enough data'],
    [states.ok, 'well'],
    [states.waiting, 'waiting for their first window'],
  ] as const
  return parts
    .flatMap(([count, words]) => (count > 0 ? [`${formatCount(count)} ${words}`] : []))
    .join(', ')
}

export interface MarkCount {
  readonly kind: string
  readonly count: number
}
/** How many annotations of each kind a chart shows. */
export const countMarks = (marks: readonly Annotation[]): readonly MarkCount[] =>
  [...Map.groupBy(marks, (mark) => mark.kind)].map(([kind, of]) => ({ kind, count: of.length }))

/** A sparkline through points in a box; gaps stay gaps. */
export function sparkline(
  values: readonly (number | null)[],
  width: number,
  height: number,
): string {
  const known = values.filter((value): value is number => value !== null)
  if (known.length < 2) return ''
  const low = Math.min(0, ...known)
  const span = Math.max(...known) - low || 1
  const step = width / (values.length - 1)
  let pen = false
  return values
    .map((value, index) => {
      if (value === null) {
        pen = false
        return ''
      }
      const command = pen ? 'L' : 'M'
      pen = true
      return `${command}${(index * step).toFixed(1)},${(height - ((value - low) / span) * height).toFixed(1)}`
    })
    .join('')
}

/** The verdict over a statistic in words; too few rows are no verdict. */
export function verdictOf(statistic: Statistic): {
  readonly state: string
  readonly label: string
} {
  if (statistic.status === 'insufficient') {
    return {
      state: 'waiting',
      label: statistic.note ?? `not enough data: ${formatCount(statistic.currentRows)} rows`,
    }
  }
  if (statistic.drifted === null) return { state: 'waiting', label: 'no bound' }
  return statistic.drifted
    ? { state: 'attention', label: 'over the bound' }
    : { state: 'ok', label: 'within' }
}
