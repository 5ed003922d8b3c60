import { KaizenError } from '@kaizen/contracts'
import { type DataService, eventTimeSql } from '../../data/index.ts'
import { type Lake, literal, type Table } from '../../storage/index.ts'
import type { LoggedPredictions, TimeSpan } from '../model.ts'
import { inputRows, type RowSource } from './sources.ts'

/** Where event time stands in the rows of a dataset. */
interface TimeSpec {
  readonly column: string
  readonly hourColumn?: string | undefined
}

/** The newest version of a dataset as a source of windows, by its event time. */
export class DatasetRows implements RowSource {
  readonly #data: DataService
  readonly #lake: Lake

  constructor(data: DataService, lake: Lake) {
    this.#data = data
    this.#lake = lake
  }

  async rows(name: string, span: TimeSpan): Promise<LoggedPredictions> {
    const { eventTime } = await this.#data.get(name)
    if (!eventTime) {
      throw new KaizenError(
        'INVALID_DATA',
        `the dataset "${name}" has no event time to cut windows by`,
        { hint: 'Declare it with dataset(name, { eventTime: … }).' },
      )
    }
    const { path, version } = await this.#data.window(name, 'latest', span)
    const { schema } = await this.#data.version(name, version)
    const time = `epoch_us(${eventTimeSql(eventTime, schema)}) / 1000`
    const rows = await this.#lake.query(`SELECT ${time}, * FROM read_parquet(${literal(path)})`)
    const [first, ...columns] = rows.columns
    const times = first?.values as Float64Array
    const order = Int32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]!)
    const inputs = { rowCount: order.length, columns: ownColumns({ ...rows, columns }, eventTime) }
    return inputRows(
      Float64Array.from(order, (row) => times[row]!),
      reordered(inputs, order),
      version,
    )
  }

  async span(name: string): Promise<TimeSpan | undefined> {
    const { latestVersion } = await this.#data.get(name)
    if (latestVersion === null) return undefined
    const { minEventTime, maxEventTime } = await this.#data.version(name, latestVersion)
    return minEventTime === null || maxEventTime === null
      ? undefined
      : { from: minEventTime, to: maxEventTime + 1 }
  }

  /** All rows of a version, as a reference. */
  async version(
    name: string,
    version: number | 'latest',
  ): Promise<{ readonly table: Table; readonly version: number }> {
    const found = await this.#data.window(name, version, {})
    const table = await this.#lake.query(`SELECT * FROM read_parquet(${literal(found.path)})`)
    const { eventTime } = await this.#data.get(name)
    const columns = eventTime ? ownColumns(table, eventTime) : table.columns
    return { table: { rowCount: table.rowCount, columns }, version: found.version }
  }
}

const ownColumns = (table: Table, { column, hourColumn }: TimeSpec): Table['columns'] =>
  table.columns.filter(({ name }) => name !== column && name !== hourColumn)

function reordered(table: Table, order: Int32Array): Table {
  if (order.every((row, index) => row === index)) return table
  const columns = table.columns.map((column) =>
    column.values instanceof Float64Array
      ? { ...column, values: Float64Array.from(order, (row) => column.values[row] as number) }
      : { ...column, values: Array.from(order, (row) => column.values[row]) },
  )
  return { rowCount: table.rowCount, columns: columns as Table['columns'] }
}
