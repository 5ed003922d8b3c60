import type { MonitorBatchInput } from '@kaizen/contracts'
import type { Table, TableColumn } from '../../storage/index.ts'
import type { LoggedPredictions, TimeSpan } from '../model.ts'

type Cell = string | number | boolean | null
type Columns = Readonly<Record<string, readonly Cell[]>>

/** A batch as it is stored: columns of equal length, in order of event time. */
export interface BatchColumns {
  readonly at: readonly number[]
  readonly inputs: Columns
  readonly outputs: Columns
  readonly actual: readonly Cell[]
  readonly error: readonly (string | null)[]
  readonly latencyMs: readonly (number | null)[]
}

/** Rows laid out by columns; a column that only some rows have is missing in the others. */
export function batchColumns(rows: MonitorBatchInput['rows']): BatchColumns {
  const sorted = [...rows].sort((a, b) => a.at - b.at)
  const side = (name: 'inputs' | 'outputs'): Columns => {
    const names = new Set(sorted.flatMap((row) => Object.keys(row[name])))
    return Object.fromEntries(
      [...names].map((column) => [
        column,
        sorted.map((row) => (Object.hasOwn(row[name], column) ? plain(row[name][column]!) : null)),
      ]),
    )
  }
  return {
    at: sorted.map(({ at }) => at),
    inputs: side('inputs'),
    outputs: side('outputs'),
    actual: sorted.map(({ actual }) => actual),
    error: sorted.map(({ error }) => error),
    latencyMs: sorted.map(({ latencyMs }) => latencyMs),
  }
}

/** A vector stands in a column as the text of a list, as it does in files. */
const plain = (given: Cell | readonly (number | null)[]): Cell =>
  typeof given === 'object' && given !== null ? JSON.stringify(given) : given

/** The rows of batches that lie in a span, in order of event time. */
export function rowsOfBatches(batches: readonly BatchColumns[], span: TimeSpan): LoggedPredictions {
  const places = batches.flatMap((batch, index) =>
    batch.at.flatMap((at, row) =>
      at >= span.from && at < span.to ? [{ at, batch: index, row }] : [],
    ),
  )
  places.sort((a, b) => a.at - b.at || a.batch - b.batch || a.row - b.row)
  const pick = <T>(of: (batch: BatchColumns) => readonly T[] | undefined): (T | null)[] =>
    places.map(({ batch, row }) => of(batches[batch]!)?.[row] ?? null)
  const table = (side: 'inputs' | 'outputs'): Table => {
    const names = new Set(batches.flatMap((batch) => Object.keys(batch[side])))
    const columns = [...names].map((name) =>
      columnOf(
        name,
        pick((batch) => batch[side][name]),
      ),
    )
    return { rowCount: places.length, columns }
  }
  return {
    at: Float64Array.from(places, ({ at }) => at),
    version: new Float64Array(places.length).fill(Number.NaN),
    latencyMs: Float64Array.from(
      pick((batch) => batch.latencyMs),
      (value) => value ?? Number.NaN,
    ),
    error: pick((batch) => batch.error),
    inputs: table('inputs'),
    outputs: table('outputs'),
    actual: pick((batch) => batch.actual),
  }
}

/** Numbers where every present value is one; else truth values, else text. */
function columnOf(name: string, values: readonly Cell[]): TableColumn {
  const present = values.filter((value) => value !== null)
  if (present.every((value) => typeof value === 'number')) {
    return {
      name,
      type: 'number',
      values: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))),
    }
  }
  return present.every((value) => typeof value === 'boolean')
    ? { name, type: 'boolean', values: values as readonly (boolean | null)[] }
    : {
        name,
        type: 'string',
        values: values.map((value) => (value === null ? null : String(value))),
      }
}
