import type { Predictions } from '../../evaluation/index.ts'
import type { Table, TableColumn } from '../../storage/index.ts'
import { drawnPlaces } from '../drawn-places.ts'
import type { ReferenceColumn, ReferenceProfile, Statistic } from '../model.ts'
import { lacking, statisticOf } from '../statistic.ts'

const cells = 10
/** Fewer answered rows say nothing about how answers move with a column. */
const leastRows = 100
/** Categories beyond these share a cell. */
const categoryCells = 50

/**
 * How much of the variance of the answers each column tells by itself: the correlation ratio (Fisher 1925) over tenths
 * of its own rows, or its categories. No explanation of the model, but cheap, and it moves when the model's use of a
 * column does.
 */
export function influencesOf(
  reference: ReferenceProfile,
  inputs: Table,
  predictions: Predictions,
): readonly Statistic[] {
  const answers = numbersOf(predictions)
  const present = answers.reduce((sum, value) => sum + Number(Number.isFinite(value)), 0)
  const found = new Map(inputs.columns.map((column) => [column.name, column]))
  return reference.columns.flatMap((column) => {
    const values = found.get(column.name)
    if (!values) return []
    const named = {
      metric: `influence:${column.name}`,
      column: column.name,
      method: 'correlation-ratio',
      rows: present,
      referenceRows: column.rows,
    }
    if (present < leastRows)
      return [lacking(named, { have: present, need: leastRows, of: 'answered rows' })]
    return [statisticOf({ ...named, value: correlationRatio(cellsOf(column, values), answers) })]
  })
}

function numbersOf(predictions: Predictions): Float64Array {
  if (predictions.task === 'regression') return predictions.values
  if (predictions.probabilities) return predictions.probabilities
  const [first] = predictions.labels
  return Float64Array.from(predictions.labels, (label) => Number(label === first))
}

/** The cell of each row; -1 where the value is missing. */
function cellsOf(reference: ReferenceColumn, column: TableColumn): Int32Array {
  if (reference.kind === 'numeric' && column.values instanceof Float64Array) {
    return numericCellsOf(column.values)
  }
  const known = new Map<string, number>()
  return Int32Array.from(column.values as ArrayLike<unknown>, (value) => {
    if (value === null || value === '' || Number.isNaN(value)) return -1
    const label = String(value)
    const cell = known.get(label)
    if (cell !== undefined) return cell
    const next = Math.min(known.size, categoryCells)
    if (known.size < categoryCells) known.set(label, next)
    return next
  })
}

function numericCellsOf(values: Float64Array): Int32Array {
  const edges = tenthsOf(values)
  const where = new Int32Array(values.length)
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    // Infinities and missing values alike: their difference with themselves is no zero.
    if (value - value !== 0) {
      where[row] = -1
      continue
    }
    let cell = 0
    while (cell < edges.length && value > edges[cell]!) cell++
    where[row] = cell
  }
  return where
}

/** Inner edges of tenths, from at most so many drawn rows. */
const edgeRows = 5000

function tenthsOf(values: Float64Array): Float64Array {
  const sorted = Float64Array.from(drawnPlaces(values.length, edgeRows), (row) => values[row]!)
    .filter(Number.isFinite)
    .sort()
  return Float64Array.from({ length: cells - 1 }, (_, edge) => {
    const place = ((edge + 1) / cells) * (sorted.length - 1)
    return sorted[Math.round(place)] ?? 0
  })
}

/** Variance between cells over all variance, 0 to 1; 0 where the answers do not vary. */
function correlationRatio(cell: Int32Array, answers: Float64Array): number {
  const counts = new Float64Array(categoryCells + 1)
  const sums = new Float64Array(categoryCells + 1)
  let [count, sum] = [0, 0]
  for (let row = 0; row < cell.length; row++) {
    const [where, answer] = [cell[row]!, answers[row]!]
    if (where < 0 || !Number.isFinite(answer)) continue
    counts[where]!++
    sums[where]! += answer
    count++
    sum += answer
  }
  const mean = count > 0 ? sum / count : 0
  let [within, between] = [0, 0]
  for (let row = 0; row < cell.length; row++) {
    const [where, answer] = [cell[row]!, answers[row]!]
    if (where < 0 || !Number.isFinite(answer)) continue
    within += (answer - sums[where]! / counts[where]!) ** 2
  }
  for (let where = 0; where < counts.length; where++) {
    if (counts[where]! > 0) between += counts[where]! * (sums[where]! / counts[where]! - mean) ** 2
  }
  return between + within > 0 ? between / (between + within) : 0
}
