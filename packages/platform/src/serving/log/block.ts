import { columnsOf, type GrowingColumn, pushMissing, pushTensor } from './columns.ts'
import type { EntryRouting, PredictionEntry, RecordSchema } from './record.ts'

/** Rows of one schema by columns. */
export interface SchemaRows {
  readonly schema: RecordSchema
  readonly inputs: Map<string, GrowingColumn>
  readonly outputs: Map<string, GrowingColumn>
  readonly tensors: Map<string, readonly GrowingColumn[]>
  rowCount: number
}

/** One row of a block. */
export interface BlockRow {
  readonly id: string
  readonly at: number
  readonly latencyMs: number
  readonly error: string | null
  readonly routing: EntryRouting | undefined
  readonly rows: SchemaRows
  /** Its place in the columns of `rows`. */
  readonly row: number
  /** A later answer under the same inference id took its place. */
  superseded: boolean
}

/** The rows of one segment in memory. */
export class Block {
  readonly rows: BlockRow[] = []
  readonly #schemas = new Map<RecordSchema, Map<string, SchemaRows>>()
  readonly #byKey = new Map<string, BlockRow>()
  minAt = Number.POSITIVE_INFINITY
  maxAt = Number.NEGATIVE_INFINITY
  liveRows = 0
  /** Values held; what a memory budget counts. */
  cells = 0

  /** Adds an entry; answers the rows added. */
  add(entry: PredictionEntry): readonly BlockRow[] {
    const { schema, ids, at, answer } = entry
    const error = 'error' in answer ? answer.error : null
    const rows = this.#rowsOf(schema, entry)
    const first = this.rows.length
    for (const [i, id] of ids.entries()) {
      const row: BlockRow = {
        id,
        at: typeof at === 'number' ? at : at[i]!,
        latencyMs: entry.latencyMs,
        error,
        routing: entry.routing,
        rows,
        row: rows.rowCount + i,
        superseded: false,
      }
      this.#index(row, schema)
    }
    this.#push(rows, entry)
    rows.rowCount += ids.length
    this.cells += ids.length * (rows.inputs.size + rows.outputs.size + 16)
    return this.rows.slice(first)
  }

  /** The newest row of an inference id and arm; of any live arm when none is named. */
  find(id: string, shadowArm?: string): BlockRow | undefined {
    return this.#byKey.get(shadowArm === undefined ? id : `${id}\u0000${shadowArm}`)
  }

  #index(row: BlockRow, { arm, mode }: RecordSchema): void {
    const key = mode === 'live' ? row.id : `${row.id}\u0000${arm}`
    const earlier = this.#byKey.get(key)
    if (earlier) earlier.superseded = true
    else if (mode === 'live') this.liveRows++
    this.#byKey.set(key, row)
    this.rows.push(row)
    if (row.at < this.minAt) this.minAt = row.at
    if (row.at > this.maxAt) this.maxAt = row.at
  }

  /** Rows whose tensors have another width than before (a free dimension beyond the batch) get columns of their own. */
  #rowsOf(schema: RecordSchema, entry: PredictionEntry): SchemaRows {
    const widths = schema.inputs.map(({ name }) => entry.inputs[name]!.data.length)
    const key = widths.map((length) => length / entry.ids.length).join()
    let byWidth = this.#schemas.get(schema)
    if (!byWidth) {
      byWidth = new Map()
      this.#schemas.set(schema, byWidth)
    }
    let rows = byWidth.get(key)
    if (!rows) {
      rows = { schema, inputs: new Map(), outputs: new Map(), tensors: new Map(), rowCount: 0 }
      byWidth.set(key, rows)
    }
    return rows
  }

  #push(rows: SchemaRows, { schema, ids, inputs, answer }: PredictionEntry): void {
    for (const { name } of schema.inputs) {
      const tensor = inputs[name]!
      const key = `input:${name}`
      let columns = rows.tensors.get(key)
      if (!columns) {
        columns = columnsOf(name, tensor, ids.length)
        rows.tensors.set(key, columns)
        for (const column of columns) rows.inputs.set(column.name, column)
      }
      pushTensor(columns, tensor)
    }
    for (const { name } of schema.outputs) {
      const key = `output:${name}`
      let columns = rows.tensors.get(key)
      if (!('outputs' in answer)) {
        if (columns) pushMissing(columns, ids.length)
        continue
      }
      const tensor = answer.outputs[name]!
      if (!columns) {
        columns = columnsOf(name, tensor, ids.length)
        rows.tensors.set(key, columns)
        for (const column of columns) rows.outputs.set(column.name, column)
        pushMissing(columns, rows.rowCount)
      }
      if (columns.length * ids.length === tensor.data.length) pushTensor(columns, tensor)
      else pushMissing(columns, ids.length)
    }
  }
}
