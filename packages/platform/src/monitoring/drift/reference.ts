import { needsCalibration } from '@kaizen/ml/estimation'
import { fitIsotonic } from '@kaizen/ml/metrics'
import type { Actual, Predictions } from '../../evaluation/index.ts'
import type { Table, TableColumn } from '../../storage/index.ts'
import { jointSampleOf } from '../joint-outliers.ts'
import type { Calibration, ColumnKind, ReferenceColumn, ReferenceProfile } from '../model.ts'
import { binaryRows } from '../performance/estimated.ts'
import { type CategoryCounts, countCategories } from './category-counts.ts'

/** Values that are kept of a numeric column. */
export const sampleLimit = 10_000
/** Categories that are kept of a categorical column; rarer ones are counted together. */
const categoryLimit = 1000
/** Stands for the categories beyond the limit. */
export const otherCategory = '(other)'

/** Numbers and times are compared as numbers, everything else by its values. */
export const kindOf = (column: TableColumn): ColumnKind =>
  column.values instanceof Float64Array ? 'numeric' : 'categorical'

/** Summarises the rows that a model was trained on and, if given, its answers for them. */
export const profileOf = (table: Table, prediction: TableColumn | null): ReferenceProfile => ({
  rows: table.rowCount,
  columns: table.columns.map((column) => profileColumn(column)),
  joint: jointSampleOf(table),
  prediction: prediction && profileColumn(prediction),
})

/** What is kept of a column; of numbers at most so many. */
export function profileColumn(column: TableColumn, most = sampleLimit): ReferenceColumn {
  const { name } = column
  const rows = column.values.length
  if (column.values instanceof Float64Array) {
    const present = column.values.filter(Number.isFinite).sort()
    return {
      name,
      kind: 'numeric',
      rows,
      missing: rows - present.length,
      min: present[0] ?? 0,
      max: present.at(-1) ?? 0,
      sample: evenlySpaced(present, most),
    }
  }
  const found = countCategories(column.values)
  const missing = rows - presentRows(found)
  return { name, kind: 'categorical', rows, missing, counts: mostFrequent(found) }
}

/** Order statistics at even steps: the sample has the shape of the whole, whatever its size. */
function evenlySpaced(sorted: Float64Array, most: number): readonly number[] {
  if (sorted.length <= most) return [...sorted]
  const step = (sorted.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, index) => sorted[Math.round(index * step)]!)
}

/** Rows that hold something. */
export const presentRows = ({ counts, beyond }: CategoryCounts): number =>
  counts.reduce((sum, [, count]) => sum + count, beyond.rows)

function mostFrequent({ counts, beyond }: CategoryCounts): CategoryCounts['counts'] {
  if (counts.length <= categoryLimit) return counts
  const rest = counts.slice(categoryLimit).reduce((sum, [, count]) => sum + count, beyond.rows)
  return [...counts.slice(0, categoryLimit), [otherCategory, rest]]
}

/** Labelled rows of both classes that a calibration needs. */
const calibrationRows = 100

/** What turns a model's scores into probabilities that come true; null where labels are few or scores need none. */
export function calibrationFrom(
  predictions: Predictions,
  actual: readonly Actual[],
): Calibration | null {
  const rows = binaryRows(predictions, actual)
  if (!rows || rows.label.length < calibrationRows) return null
  if (!needsCalibration(rows.label, rows.score).needsCalibration) return null
  const { knots, values } = fitIsotonic(rows.score, rows.label)
  return { knots: [...knots], values: [...values], rows: rows.label.length }
}
