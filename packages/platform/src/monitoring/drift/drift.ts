import type { CellCounts } from '@kaizen/ml/drift'
import { describeInsufficient, insufficient } from '@kaizen/ml/outcome'
import type { Table, TableColumn } from '../../storage/index.ts'
import { type CurrentColumn, columnChecks } from '../checks.ts'
import type {
  Distribution,
  DriftMethod,
  ReferenceColumn,
  ReferenceProfile,
  Statistic,
} from '../model.ts'
import type { DriftStatistic, PreparedPair } from '../statistics/drift-statistic.ts'
import { statisticFor } from '../statistics/drift-statistics.ts'
import { currentOf, pairOf } from './compared-column.ts'

/** Fewer rows than this in a window give no verdict on its distributions: a day of hourly rows just does. */
export const minDriftRows = 20

export interface DriftReport {
  readonly statistics: readonly Statistic[]
  readonly distributions: readonly Distribution[]
}

export interface DriftInput {
  readonly reference: ReferenceProfile
  readonly inputs: Table
  /** What the models answered; null when nothing usable was. */
  readonly prediction: TableColumn | null
  readonly methods: readonly DriftMethod[]
  /** Columns to watch; all of the reference when empty. */
  readonly columns: readonly string[]
}

/** Compares a window with the reference, column by column; a column that the window lacks counts as all missing. */
export function driftOf(input: DriftInput): DriftReport {
  const { reference, inputs, prediction, methods, columns } = input
  const found = new Map(inputs.columns.map((column) => [column.name, column]))
  const compared = comparedColumns(reference, { columns, methods }, (column) =>
    currentOf(column, found.get(column.name), inputs.rowCount),
  )
  const answered =
    reference.prediction && prediction
      ? driftOfAnswers('prediction', reference.prediction, prediction, methods)
      : nothing
  return joined(compared, answered)
}

const nothing: DriftReport = { statistics: [], distributions: [] }

export const joined = (...reports: readonly DriftReport[]): DriftReport => ({
  statistics: reports.flatMap((report) => report.statistics),
  distributions: reports.flatMap((report) => report.distributions),
})

/** Each watched column of a reference compared with what a window has of it, and the worst of each kind. */
export function comparedColumns(
  reference: ReferenceProfile,
  {
    columns,
    methods,
  }: { readonly columns: readonly string[]; readonly methods: readonly DriftMethod[] },
  currentIn: (column: ReferenceColumn) => CurrentColumn,
): DriftReport {
  const parts = reference.columns
    .filter(({ name }) => columns.length === 0 || columns.includes(name))
    .map((column) => columnReport(column, currentIn(column), methods))
  const { statistics, distributions } = joined(...parts)
  return { statistics: [...statistics, ...worstOf(statistics, methods)], distributions }
}

function columnReport(
  column: ReferenceColumn,
  current: CurrentColumn,
  methods: readonly DriftMethod[],
): DriftReport {
  const pair = pairOf(column, current)
  const name = (method: string): string => `drift:${column.name}:${method}`
  return {
    statistics: [
      ...driftStatisticsOf({ column, current, pair, methods, name }),
      ...columnChecks(column, current),
    ],
    distributions: [distributionOf(column.name, pair.cells)],
  }
}

/** Drift of what is no input, as `<kind>:<method>`. */
export const driftOfAnswers = (
  kind: AnswerKind,
  column: ReferenceColumn,
  found: TableColumn,
  methods: readonly DriftMethod[],
): DriftReport =>
  comparedAnswers(kind, column, { current: currentOf(column, found, found.values.length), methods })

type AnswerKind = 'prediction' | 'label' | 'concept'

export function comparedAnswers(
  kind: AnswerKind,
  column: ReferenceColumn,
  {
    current,
    methods,
  }: { readonly current: CurrentColumn; readonly methods: readonly DriftMethod[] },
): DriftReport {
  const pair = pairOf(column, current)
  const name = (method: string): string => `${kind}:${method}`
  return {
    statistics: driftStatisticsOf({ column, current, pair, methods, name }).map((statistic) => ({
      ...statistic,
      column: null,
    })),
    distributions: [distributionOf(kind, pair.cells)],
  }
}

interface StatisticsInput {
  readonly column: ReferenceColumn
  readonly current: CurrentColumn
  readonly pair: PreparedPair
  readonly methods: readonly DriftMethod[]
  readonly name: (method: string) => string
}

function driftStatisticsOf(input: StatisticsInput): readonly Statistic[] {
  return input.methods.flatMap((method) => {
    const statistic = statisticFor(method, input.pair)
    return statistic.kinds.includes(input.column.kind)
      ? [judge(statistic, input.name(method), input)]
      : []
  })
}

/** A statistic with its verdict; too few rows on either side give none. */
function judge(
  statistic: DriftStatistic,
  metric: string,
  { column, current, pair }: StatisticsInput,
): Statistic {
  const { method, threshold, direction } = statistic
  const currentRows = current.rows - current.missing - current.mistyped
  const known = {
    metric,
    column: column.name,
    method,
    threshold,
    lower: null,
    band: null,
    referenceRows: column.rows - column.missing,
    currentRows,
  }
  const need = minDriftRows
  const compared =
    currentRows < need
      ? insufficient(method, 'rows', { have: currentRows, need })
      : known.referenceRows < need
        ? insufficient(method, 'reference rows', { have: known.referenceRows, need })
        : statistic.compare(pair)
  if (compared.status !== 'ok') {
    const constant = compared.what === 'distinct values' && compared.have === 1
    if (constant) {
      const note = 'one and the same value throughout'
      return { ...known, value: 0, pValue: null, drifted: false, status: 'ok', note }
    }
    const note = describeInsufficient(compared)
    return { ...known, value: null, pValue: null, drifted: null, status: 'insufficient', note }
  }
  const { statistic: value, pValue } = compared
  if (!Number.isFinite(value)) {
    const note = `${method} is not finite on these rows`
    return { ...known, value: null, pValue: null, drifted: null, status: 'insufficient', note }
  }
  const drifted = direction === 'p-below' ? (pValue ?? 1) < threshold : value >= threshold
  return { ...known, value, pValue, drifted, status: 'ok', note: null }
}

/** For each kind of statistic the column that is worst, as `drift:any:<method>`, `missing:any` and so on. */
export function worstOf(
  statistics: readonly Statistic[],
  methods: readonly DriftMethod[],
): readonly Statistic[] {
  const groups = [
    ...methods.map((method) => ({
      metric: `drift:any:${method}`,
      members: statistics.filter(
        (statistic) => statistic.metric === `drift:${statistic.column}:${method}`,
      ),
    })),
    ...['missing', 'range', 'new', 'mistyped'].map((kind) => ({
      metric: `${kind}:any`,
      members: statistics.filter((statistic) => statistic.metric === `${kind}:${statistic.column}`),
    })),
  ]
  return groups.flatMap(({ metric, members }) => {
    const judged = members.filter(({ value }) => value !== null)
    const worst = judged.reduce<Statistic | undefined>(
      (most, next) => (!most || next.value! > most.value! ? next : most),
      undefined,
    )
    if (!worst) return []
    const drifted = judged.filter((statistic) => statistic.drifted)
    return [{ ...worst, metric, column: null, drifted: drifted.length > 0, note: named(drifted) }]
  })
}

/** Which columns, worst first, with what was found. */
function named(drifted: readonly Statistic[]): string | null {
  if (drifted.length === 0) return null
  return [...drifted]
    .sort((a, b) => b.value! - a.value!)
    .map(({ column, note, value }) => `${column} (${note ?? Number(value!.toPrecision(3))})`)
    .join(', ')
}

/** Counts of both samples over the same cells: intervals, or a cell around each single value or category. */
function distributionOf(column: string, cells: CellCounts): Distribution {
  const edges = cells.edges ? [...cells.edges] : edgesAround(cells.labels ?? [])
  return {
    column,
    reference: { edges, counts: [...cells.reference] },
    current: { edges, counts: [...cells.current] },
  }
}

/** Edges halfway between single values; categories stand at 0, 1, 2 and so on. */
function edgesAround(labels: readonly string[]): number[] {
  const numbers = labels.map(Number)
  const places = numbers.some(Number.isNaN) ? labels.map((_, index) => index) : numbers
  const first = places[0]
  const last = places.at(-1)
  if (first === undefined || last === undefined) return [0, 1]
  const inner = places.slice(1).map((place, index) => (place + places[index]!) / 2)
  const margin = inner[0] === undefined ? 0.5 : inner[0] - first
  const end = inner.at(-1) === undefined ? 0.5 : last - inner.at(-1)!
  return [first - margin, ...inner, last + end]
}
