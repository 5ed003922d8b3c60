import type { ReferenceColumn, Statistic } from './model.ts'

/** A column misses too much when its share of missing values exceeds the reference's by more than this. */
const missingTolerance = 0.05
/** The present values of a column in a window, and how many rows had none. */
export interface CurrentColumn {
  readonly rows: number
  readonly missing: number
  /** Finite values in ascending order; null for categorical columns. */
  readonly sorted: Float64Array | null
}

const base = (metric: string, column: ReferenceColumn, current: CurrentColumn) => ({
  metric,
  column: column.name,
  pValue: null,
  referenceRows: column.rows,
  currentRows: current.rows,
})

/** Share of missing values, against the reference's. */
export function missingCheck(column: ReferenceColumn, current: CurrentColumn): Statistic {
  const usual = column.rows > 0 ? column.missing / column.rows : 0
  const threshold = usual + missingTolerance
  const known = { ...base(`missing:${column.name}`, column, current), method: 'missing-share' }
  if (current.rows === 0) {
    const note = 'not enough data: 0 of 1 rows'
    return { ...known, value: null, threshold, drifted: null, status: 'insufficient', note }
  }
  const value = current.missing / current.rows
  const drifted = value > threshold
  const note = drifted ? `${percent(value)} missing, ${percent(usual)} in the reference` : null
  return { ...known, value, threshold, drifted, status: 'ok', note }
}

/**
 * How far values may lie outside the reference's range: by its length, or by the size of its values where that is
 * more. Seasons and calendars move a range by less; a wrong unit multiplies it and leaves it far behind at once.
 */
const slackOf = ({ min, max }: { readonly min: number; readonly max: number }): number =>
  Math.max(max - min, Math.abs(min), Math.abs(max))

/** Share of values far outside the reference's range; null for columns that have no range to judge by. */
export function rangeCheck(column: ReferenceColumn, current: CurrentColumn): Statistic | null {
  if (column.kind !== 'numeric' || !current.sorted) return null
  const { sorted } = current
  const slack = slackOf(column)
  if (slack === 0) return null
  const [lowest, highest] = [column.min - slack, column.max + slack]
  const known = { ...base(`range:${column.name}`, column, current), method: 'range-share' }
  if (sorted.length === 0) {
    const note = 'not enough data: 0 of 1 present values'
    return { ...known, value: null, threshold: 0, drifted: null, status: 'insufficient', note }
  }
  const outside = sorted.reduce((sum, value) => sum + Number(value < lowest || value > highest), 0)
  const value = outside / sorted.length
  const found = `${figure(sorted[0]!)} to ${figure(sorted.at(-1)!)}`
  const usual = `${figure(column.min)} to ${figure(column.max)}`
  const note = outside > 0 ? `${percent(value)} out of range: ${found}, reference ${usual}` : null
  return { ...known, value, threshold: 0, drifted: outside > 0, status: 'ok', note }
}

const figure = (value: number): string => String(Number(value.toPrecision(4)))
const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`
