import type { Statistic, WindowReport } from '../model.ts'
import type { ChangePoint } from './change-point.ts'
import type { Slice } from './slices.ts'

/** A column by how much it has drifted and how much the answers move with it. */
export interface SuspectColumn {
  readonly column: string
  readonly metric: string
  readonly method: string
  readonly value: number
  readonly threshold: number | null
  readonly drifted: boolean
  /** Share of the attribution where that is compared, else of the variance of the answers that the column tells. */
  readonly influence: number | null
  /** Drift in units of its bound, times influence: what to look at first. */
  readonly score: number
  readonly note: string | null
}

/** Something that changed around the time. */
export interface UpstreamChange {
  readonly at: number
  readonly kind: string
  readonly text: string
  readonly actor: string
  readonly subject: string
  /** What changed is in the lineage of what the monitor watches. */
  readonly inLineage: boolean
}

/** Without an answer every column counts alike, a little. */
const unknownInfluence = 0.05
const columnLimit = 20

/** Columns of a window, the most suspect first. Drift with a p-value counts by how far that is below its bound. */
export function suspectColumns(window: WindowReport): readonly SuspectColumn[] {
  // What the model itself makes of a column tells more than how the answers move with it.
  const told = ['influence:', 'attribution:'].flatMap((kind) =>
    window.statistics.filter(({ metric, value }) => metric.startsWith(kind) && value !== null),
  )
  const influence = new Map(told.map(({ column, value }) => [column, value]))
  const worst = new Map<string, SuspectColumn>()
  for (const statistic of window.statistics) {
    const { column, value } = statistic
    if (column === null || value === null || statistic.drifted === null) continue
    if (!/^(drift|missing|range|new|mistyped):/.test(statistic.metric)) continue
    const share = influence.get(column) ?? null
    const score = strengthOf(statistic) * Math.max(share ?? unknownInfluence, unknownInfluence)
    const known = worst.get(column)
    if (known && known.score >= score) continue
    const { metric, method, threshold, note, drifted } = statistic
    worst.set(column, {
      column,
      metric,
      method,
      value,
      threshold,
      drifted,
      influence: share,
      score,
      note,
    })
  }
  return [...worst.values()]
    .sort((a, b) => Number(b.drifted) - Number(a.drifted) || b.score - a.score)
    .slice(0, columnLimit)
}

/** How many times a statistic is over its bound. */
function strengthOf({ method, value, pValue, threshold }: Statistic): number {
  // A gap within a segment is bounded in itself; its p-value only says that it is none of chance.
  if (pValue !== null && !method.endsWith('-gap') && threshold !== null && threshold > 0)
    return Math.log10(Math.max(pValue, 1e-30)) / Math.log10(threshold)
  if (threshold === null || threshold === 0) return (value ?? 0) > 0 ? 1 + (value ?? 0) : 0
  return (value ?? 0) / threshold
}

/** The metric whose course is looked at: a performance that broke its bound, else the first one, else the worst drift. */
export function focusOf(windows: readonly WindowReport[]): string | null {
  const statistics = windows.flatMap((window) => window.statistics)
  const own = statistics.filter(({ metric }) => /^performance:[^@]*$/.test(metric))
  const broken = own.find(({ drifted }) => drifted === true)
  const known = own.find(({ value }) => value !== null)
  const drift = statistics.find(({ metric, drifted }) => metric.startsWith('drift:any:') && drifted)
  const any = statistics.find(
    ({ metric, value }) => metric.startsWith('drift:any:') && value !== null,
  )
  return (broken ?? (drift && !known ? drift : known) ?? drift ?? any)?.metric ?? null
}

/** As people write it, to the minute. */
const minuteOf = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** What was found, in sentences, the strongest first. */
export function findings(found: {
  readonly focus: string | null
  readonly since: (ChangePoint & { readonly at: number }) | null
  readonly columns: readonly SuspectColumn[]
  readonly slices: readonly Slice[]
  readonly upstream: readonly UpstreamChange[]
}): readonly string[] {
  const { focus, since, columns, slices, upstream } = found
  const drifted = columns.filter((column) => column.drifted)
  const [slice] = slices
  return [
    ...(since && focus
      ? [
          `${focus} went from ${short(since.before)} to ${short(since.after)} with the window that ends ${minuteOf(since.at)}.`,
        ]
      : focus
        ? [`${focus} shows no single time of change.`]
        : []),
    ...(drifted.length > 0
      ? [
          `${drifted.length === 1 ? '1 column is over its bound' : `${drifted.length} columns are over their bounds`}; first ${drifted
            .slice(0, 3)
            .map(({ column, method, value }) => `${column} (${method} ${short(value)})`)
            .join(', ')}.`,
        ]
      : ['No column is over its bound.']),
    ...(slice
      ? [
          `The model errs most where ${slice.name}: ${short(slice.loss)} against ${short(slice.restLoss)} elsewhere, on ${slice.rows} rows.`,
        ]
      : []),
    ...upstreamFindings(upstream),
  ]
}

/** What is in the lineage of what is watched is told before what merely happened then. */
function upstreamFindings(upstream: readonly UpstreamChange[]): readonly string[] {
  const related = upstream.filter(({ inLineage }) => inLineage)
  const others = upstream.filter(({ inLineage }) => !inLineage)
  const told = (changes: readonly UpstreamChange[], one: string, many: string) => {
    const last = changes.at(-1)
    if (!last) return []
    const count = changes.length === 1 ? `1 change ${one}` : `${changes.length} changes ${many}`
    return [`${count} near that time; the last one: ${last.text}.`]
  }
  if (upstream.length === 0) return ['Nothing upstream changed near that time.']
  return [
    ...told(related, 'in the lineage lies', 'in the lineage lie'),
    ...told(others, 'elsewhere lies', 'elsewhere lie'),
  ]
}

const short = (value: number): string => String(Number(value.toPrecision(4)))
