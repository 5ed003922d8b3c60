import { tukeyFences } from '@kaizen/ml/outliers'
import type { TableColumn } from '../storage/index.ts'
import type { CategoryCounts } from './drift/category-counts.ts'
import { otherCategory } from './drift/reference.ts'
import type { ReferenceColumn, ReferenceProfile, Statistic } from './model.ts'
import { lacking, percent, short, statisticOf } from './statistic.ts'

/** A column misses too much when its share of missing values exceeds the reference's by more than this. */
const missingTolerance = 0.05
/** A share of rows with values that the reference never held is noticed from here on. */
const newTolerance = 0.01
/** Interquartile ranges beyond the quartiles from which a value is far out (Tukey 1977). */
const farOut = 3

/** The present values of a column in a window, and how many rows had none. */
export interface CurrentColumn {
  readonly rows: number
  readonly missing: number
  /** Rows whose value is present and not of the reference's type. */
  readonly mistyped: number
  /** Finite values in ascending order; null for categorical columns. */
  readonly sorted: Float64Array | null
  /** Counts of present values; null for numeric columns. */
  readonly counts: CategoryCounts['counts'] | null
  /** Values that `counts` leaves out. */
  readonly beyond?: CategoryCounts['beyond']
}

const about = (kind: string, column: ReferenceColumn, current: CurrentColumn) => ({
  metric: `${kind}:${column.name}`,
  column: column.name,
  method: `${kind}-share`,
  referenceRows: column.rows,
  rows: current.rows,
})

/** Missing, out of range, new and mistyped values of a column, each as a share of its rows. */
export function columnChecks(
  column: ReferenceColumn,
  current: CurrentColumn,
): readonly Statistic[] {
  const range = rangeCheck(column, current)
  return [
    missingCheck(column, current),
    ...(range ? [range] : []),
    column.kind === 'numeric' ? mistypedCheck(column, current) : newCheck(column, current),
  ]
}

/** Share of missing values, against the reference's. */
export function missingCheck(column: ReferenceColumn, current: CurrentColumn): Statistic {
  const usual = column.rows > 0 ? column.missing / column.rows : 0
  const figure = { ...about('missing', column, current), threshold: usual + missingTolerance }
  if (current.rows === 0) return lacking(figure, { have: 0, need: 1, of: 'rows' })
  const value = current.missing / current.rows
  const note =
    value > figure.threshold
      ? `${percent(value)} missing, ${percent(usual)} in the reference`
      : null
  return statisticOf({ ...figure, value, note })
}

/**
 * How far values may lie outside the reference's range: by its length, or by the size of its values where that is
 * more. Seasons and calendars move a range by less; a wrong unit multiplies it and leaves it far behind at once.
 */
export const slackOf = ({ min, max }: { readonly min: number; readonly max: number }): number =>
  Math.max(max - min, Math.abs(min), Math.abs(max))

/** Share of values far outside the reference's range; null for columns that have no range to judge by. */
export function rangeCheck(column: ReferenceColumn, current: CurrentColumn): Statistic | null {
  if (column.kind !== 'numeric' || !current.sorted) return null
  const { sorted } = current
  const slack = slackOf(column)
  if (slack === 0) return null
  const [lowest, highest] = [column.min - slack, column.max + slack]
  const figure = { ...about('range', column, current), threshold: 0 }
  if (sorted.length === 0) return lacking(figure, { have: 0, need: 1, of: 'present values' })
  const outside = countOutside(sorted, { lower: lowest, upper: highest })
  const value = outside / sorted.length
  const found = `${short(sorted[0]!)} to ${short(sorted.at(-1)!)}`
  const usual = `${short(column.min)} to ${short(column.max)}`
  const note = outside > 0 ? `${percent(value)} out of range: ${found}, reference ${usual}` : null
  return statisticOf({ ...figure, value, note })
}

/** Values outside an interval, of values in ascending order. */
function countOutside(
  sorted: Float64Array,
  { lower, upper }: { readonly lower: number; readonly upper: number },
): number {
  let [first, last] = [0, sorted.length]
  while (first < sorted.length && sorted[first]! < lower) first++
  while (last > first && sorted[last - 1]! > upper) last--
  return first + sorted.length - last
}

function mistypedCheck(column: ReferenceColumn, current: CurrentColumn): Statistic {
  const figure = { ...about('mistyped', column, current), threshold: 0 }
  if (current.rows === 0) return lacking(figure, { have: 0, need: 1, of: 'rows' })
  const value = current.mistyped / current.rows
  const note = value > 0 ? `${percent(value)} are no numbers` : null
  return statisticOf({ ...figure, value, note })
}

/** Categories named in a note; there may be a million of them. */
const namedCategories = 5
const namedLength = 40

function newCheck(column: ReferenceColumn, current: CurrentColumn): Statistic {
  const figure = { ...about('new', column, current), threshold: newTolerance }
  if (column.kind !== 'categorical' || !current.counts || current.rows === 0)
    return lacking(figure, { have: 0, need: 1, of: 'rows' })
  const known = new Map(column.counts)
  if (known.has(otherCategory)) {
    const note = `the reference keeps ${column.counts.length - 1} of its categories: what is new cannot be told`
    return statisticOf({ ...figure, value: null, note })
  }
  const unseen = current.counts.filter(([value]) => !known.has(value))
  const { distinct, rows } = current.beyond ?? { distinct: 0, rows: 0 }
  const value = unseen.reduce((sum, [, count]) => sum + count, rows) / current.rows
  const names = unseen
    .slice(0, namedCategories)
    .map(([name]) => (name.length > namedLength ? `${name.slice(0, namedLength)}…` : name))
  const others = unseen.length + distinct - names.length
  const more = others > 0 ? ` and ${others} more` : ''
  const note =
    unseen.length > 0 ? `${percent(value)} not in the reference: ${names.join(', ')}${more}` : null
  return statisticOf({ ...figure, value, note })
}

/** Columns that the reference has and the window lacks, and the other way round. */
export function schemaChecks(
  reference: ReferenceProfile,
  inputs: { readonly rowCount: number; readonly columns: readonly { readonly name: string }[] },
): readonly Statistic[] {
  const before = reference.columns.map(({ name }) => name)
  const after = inputs.columns.map(({ name }) => name)
  const figure = { rows: inputs.rowCount, referenceRows: reference.rows, threshold: 0 }
  const check = (metric: string, method: string, names: readonly string[]): Statistic =>
    inputs.rowCount === 0
      ? lacking({ ...figure, metric, method }, { have: 0, need: 1, of: 'rows' })
      : statisticOf({
          ...figure,
          metric,
          method,
          value: names.length,
          note: names.length > 0 ? names.slice(0, 20).join(', ') : null,
        })
  return [
    check(
      'schema:absent',
      'columns of the reference that are absent',
      before.filter((name) => !after.includes(name)),
    ),
    check(
      'schema:added',
      'columns that the reference has not',
      after.filter((name) => !before.includes(name)),
    ),
  ]
}

/** Share of rows with at least one number far out of the reference's quartiles. */
export function outlierCheck(
  reference: ReferenceProfile,
  columns: readonly TableColumn[],
  rows: number,
): Statistic {
  const outside = new Uint8Array(rows)
  let judged = 0
  for (const column of reference.columns) {
    const found = columns.find(({ name }) => name === column.name)
    if (column.kind !== 'numeric' || !(found?.values instanceof Float64Array)) continue
    const fences = tukeyFences(Float64Array.from(column.sample), farOut)
    // A column whose quartiles agree would call every other value an outlier.
    if (fences.status !== 'ok' || fences.lower === fences.upper) continue
    judged++
    const { values } = found
    for (let row = 0; row < rows; row++) {
      const value = values[row]!
      if (value < fences.lower || value > fences.upper) outside[row] = 1
    }
  }
  const figure = {
    metric: 'outliers:rows',
    method: `tukey-${farOut}`,
    rows,
    referenceRows: reference.rows,
  }
  if (rows === 0 || judged === 0)
    return lacking(
      figure,
      rows === 0 ? { have: 0, need: 1, of: 'rows' } : { have: 0, need: 1, of: 'numeric columns' },
    )
  const share = outside.reduce((sum, one) => sum + one, 0) / rows
  return statisticOf({ ...figure, value: share, note: null })
}
