import type { Actual, Predictions } from '../../evaluation/index.ts'
import type { Table, TableColumn } from '../../storage/index.ts'

/** Rows on which the model errs more than on the rest. */
export interface Slice {
  /** `temp > 20`, or two such conditions. */
  readonly name: string
  readonly rows: number
  readonly share: number
  /** Mean loss inside and outside: the absolute error, or the share of wrong labels. */
  readonly loss: number
  readonly restLoss: number
  /** Difference of the means in pooled standard deviations (Chung et al. 2019, "Slice Finder"). */
  readonly effect: number
}

interface Condition {
  readonly column: string
  readonly name: string
  readonly rows: readonly number[]
}

const leastRows = 30
const categoryLimit = 10
/** Effects that are worth a look. */
const leastEffect = 0.3
/** Conditions whose pairs are tried. */
const pairLimit = 8
const resultLimit = 10

/** Searches conditions on one column, and on two, for the rows where losses gather; the greatest effect first. */
export function searchSlices(
  inputs: Table,
  predictions: Predictions,
  actual: readonly Actual[],
): readonly Slice[] {
  const loss = lossesOf(predictions, actual)
  const judged = Array.from(loss.keys()).filter((row) => Number.isFinite(loss[row]))
  const all = momentsOf(judged, loss)
  const sliceOf = ({ name, rows }: Pick<Condition, 'name' | 'rows'>): Slice | null => {
    const inside = rows.filter((row) => Number.isFinite(loss[row]))
    if (inside.length < leastRows || judged.length - inside.length < leastRows) return null
    return asSlice(name, momentsOf(inside, loss), all)
  }
  const scored = inputs.columns
    .flatMap(conditionsOf)
    .flatMap((condition) => {
      const slice = sliceOf(condition)
      return slice ? [{ condition, slice }] : []
    })
    .sort((a, b) => b.slice.effect - a.slice.effect)
  const pairs = pairsOf(scored.slice(0, pairLimit).map(({ condition }) => condition))
  const found = [
    ...scored.map(({ slice }) => slice),
    ...pairs.flatMap((pair) => sliceOf(pair) ?? []),
  ]
  return found
    .filter(({ effect }) => effect >= leastEffect)
    .sort((a, b) => b.effect - a.effect)
    .slice(0, resultLimit)
}

function lossesOf(predictions: Predictions, actual: readonly Actual[]): Float64Array {
  return predictions.task === 'regression'
    ? Float64Array.from(actual, (truth, row) =>
        typeof truth === 'number' ? Math.abs(predictions.values[row]! - truth) : Number.NaN,
      )
    : Float64Array.from(actual, (truth, row) =>
        truth === null ? Number.NaN : Number(String(truth) !== predictions.labels[row]),
      )
}

/** The most frequent values of text; quarters of numbers. */
function conditionsOf(column: TableColumn): readonly Condition[] {
  const { name } = column
  if (column.values instanceof Float64Array) {
    const { values } = column
    const sorted = values.filter(Number.isFinite).sort()
    const cut = [0.25, 0.5, 0.75].map((part) => sorted[Math.floor(part * sorted.length)] ?? 0)
    const where = (test: (value: number) => boolean): number[] =>
      Array.from(values.keys()).filter((row) => test(values[row]!))
    const [low, middle, high] = cut as [number, number, number]
    return [
      { column: name, name: `${name} ≤ ${short(low)}`, rows: where((value) => value <= low) },
      { column: name, name: `${name} ≤ ${short(middle)}`, rows: where((value) => value <= middle) },
      { column: name, name: `${name} > ${short(middle)}`, rows: where((value) => value > middle) },
      { column: name, name: `${name} > ${short(high)}`, rows: where((value) => value > high) },
      { column: name, name: `${name} is missing`, rows: where((value) => !Number.isFinite(value)) },
    ]
  }
  const rows = new Map<string, number[]>()
  for (const [row, value] of column.values.entries()) {
    const label = value === null || value === '' ? 'missing' : String(value)
    const known = rows.get(label)
    if (known) known.push(row)
    else rows.set(label, [row])
  }
  return [...rows]
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, categoryLimit)
    .map(([label, members]) => ({ column: name, name: `${name} = ${label}`, rows: members }))
}

function pairsOf(conditions: readonly Condition[]): readonly Pick<Condition, 'name' | 'rows'>[] {
  return conditions.flatMap((first, index) =>
    conditions.slice(index + 1).flatMap((second) => {
      if (first.column === second.column) return []
      const members = new Set(second.rows)
      const rows = first.rows.filter((row) => members.has(row))
      return [{ name: `${first.name} and ${second.name}`, rows }]
    }),
  )
}

interface LossMoments {
  readonly count: number
  readonly sum: number
  readonly squares: number
}

function momentsOf(rows: readonly number[], loss: Float64Array): LossMoments {
  let [sum, squares] = [0, 0]
  for (const row of rows) {
    sum += loss[row]!
    squares += loss[row]! ** 2
  }
  return { count: rows.length, sum, squares }
}

function asSlice(name: string, inside: LossMoments, all: LossMoments): Slice {
  const rest = {
    count: all.count - inside.count,
    sum: all.sum - inside.sum,
    squares: all.squares - inside.squares,
  }
  const [loss, restLoss] = [inside.sum / inside.count, rest.sum / rest.count]
  const variance = (one: LossMoments): number =>
    Math.max(0, one.squares / one.count - (one.sum / one.count) ** 2)
  const deviation = Math.sqrt((variance(inside) + variance(rest)) / 2)
  const gap = loss - restLoss
  const effect = deviation > 0 ? gap / deviation : gap > 0 ? Number.MAX_SAFE_INTEGER : 0
  return { name, rows: inside.count, share: inside.count / all.count, loss, restLoss, effect }
}

const short = (value: number): string => String(Number(value.toPrecision(4)))
