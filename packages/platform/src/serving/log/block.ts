import { setImmediate as nextTurn } from 'node:timers/promises'
import { columnsOf, type GrowingColumn, putMissing } from './columns.ts'
import { DeferredRows } from './deferred-rows.ts'
import { Growing, GrowingTexts } from './growing.ts'
import type { ArmMode, EntryRouting, PredictionEntry, RecordSchema, TensorHead } from './record.ts'

/** Rows of one schema by columns. */
export interface SchemaRows {
  readonly schema: RecordSchema
  readonly inputs: Map<string, GrowingColumn>
  readonly outputs: Map<string, GrowingColumn>
  /** Columns of each tensor in the order of the schema, inputs before outputs; those of outputs once there is one. */
  readonly tensors: (readonly GrowingColumn[] | undefined)[]
  rowCount: number
}

/** One row of a block, read from its columns when asked. */
export class BlockRow {
  readonly #columns: RowColumns
  readonly #index: number

  constructor(columns: RowColumns, index: number) {
    this.#columns = columns
    this.#index = index
  }

  get id(): string {
    return this.#columns.ids[this.#index]!
  }

  get at(): number {
    return this.#columns.at.at(this.#index)
  }

  get latencyMs(): number {
    return this.#columns.latencyMs.at(this.#index)
  }

  get error(): string | null {
    return this.#columns.errors.get(this.#index) ?? null
  }

  get routing(): EntryRouting | undefined {
    if ((this.#columns.flags.at(this.#index) & flags.routed) === 0) return undefined
    return {
      propensity: this.#columns.propensities.at(this.#index),
      unit: this.#columns.units.at(this.#index),
      traceId: this.#columns.traceIds.at(this.#index),
    }
  }

  get rows(): SchemaRows {
    return this.#columns.schemaRows[this.#columns.schemaNumbers.at(this.#index)]!
  }

  /** Its place in the columns of `rows`. */
  get row(): number {
    return this.#columns.rowNumbers.at(this.#index)
  }
}

/** Rows that are indexed within a fraction of a millisecond. */
const indexSlice = 1024
const flags = { superseded: 1, routed: 2 } as const

/** What is known of each row beside its tensors, by columns. */
class RowColumns {
  readonly ids: string[] = []
  readonly at = new Growing(Float64Array)
  readonly latencyMs = new Growing(Float64Array)
  readonly flags = new Growing(Uint8Array)
  readonly propensities = new Growing(Float64Array)
  readonly units = new GrowingTexts()
  readonly traceIds = new GrowingTexts()
  readonly schemaNumbers = new Growing(Uint32Array)
  readonly rowNumbers = new Growing(Uint32Array)
  readonly errors = new Map<number, string>()
  readonly schemaRows: SchemaRows[] = []
}

/** The rows of one segment in memory. */
export class Block {
  readonly #columns = new RowColumns()
  readonly #schemas = new Map<RecordSchema, NumberedRows[]>()
  /** Rows by inference id, up to `#indexed`: drawn ids are looked up by nobody until something is said about them. */
  readonly #byKey = new Map<string, number>()
  #indexed = 0
  readonly #later = new DeferredRows()
  minAt = Number.POSITIVE_INFINITY
  maxAt = Number.NEGATIVE_INFINITY
  liveRows = 0
  /** Values held; what a memory budget counts. */
  cells = 0

  get length(): number {
    return this.#columns.ids.length
  }

  add(entry: PredictionEntry): void {
    const { schema, ids, at, answer } = entry
    const error = 'error' in answer ? answer.error : undefined
    const { rows, number } = this.#rowsOf(schema, entry)
    if (!entry.fresh) this.#indexUpTo(this.length)
    for (let i = 0; i < ids.length; i++) {
      const index = this.#push(ids[i]!, typeof at === 'number' ? at : at[i]!)
      if (entry.fresh) {
        if (schema.mode === 'live') this.liveRows++
      } else this.#index(index, schema)
      const { latencyMs, schemaNumbers, rowNumbers, errors } = this.#columns
      latencyMs.push(entry.latencyMs)
      schemaNumbers.push(number)
      rowNumbers.push(rows.rowCount + i)
      if (error !== undefined) errors.set(index, error)
      this.#route(entry.routing)
    }
    this.#put(rows, entry)
    rows.rowCount += ids.length
    this.cells += ids.length * (rows.inputs.size + rows.outputs.size + 16)
  }

  /** Resolves when the columns hold nearly all rows; what is read later puts the rest first. */
  settle(): Promise<void> {
    return this.#later.settle()
  }

  /** Resolves when nearly all rows can be found by their ids. */
  async settleIndex(): Promise<void> {
    while (this.length - this.#indexed > indexSlice) {
      this.#indexUpTo(this.#indexed + indexSlice)
      await nextTurn()
    }
  }

  /** The newest row of an inference id among the live arms. */
  find(id: string): BlockRow | undefined {
    this.#later.complete()
    this.#indexUpTo(this.length)
    const index = this.#byKey.get(id)
    return index === undefined ? undefined : new BlockRow(this.#columns, index)
  }

  /** The rows with event time in [from, to) that no later answer in this block took the place of. */
  *window(from: number, to: number): Generator<BlockRow> {
    this.#later.complete()
    const { at, flags: flagsOf } = this.#columns
    for (let index = 0; index < this.length; index++) {
      const time = at.at(index)
      if (time < from || time >= to || flagsOf.at(index) & flags.superseded) continue
      yield new BlockRow(this.#columns, index)
    }
  }

  /** Rows in order of writing from one on, without those that a later answer took the place of. */
  *from(first: number): Generator<readonly [index: number, row: BlockRow]> {
    this.#later.complete()
    const { flags: flagsOf } = this.#columns
    for (let index = first; index < this.length; index++) {
      if (flagsOf.at(index) & flags.superseded) continue
      yield [index, new BlockRow(this.#columns, index)]
    }
  }

  /** A later answer in another block has taken the place of a row here; the counts of this block stay its own. */
  supersede(index: number): void {
    if (index < this.length) this.#mark(index)
  }

  #push(id: string, at: number): number {
    const index = this.#columns.ids.push(id) - 1
    this.#columns.at.push(at)
    if (at < this.minAt) this.minAt = at
    if (at > this.maxAt) this.maxAt = at
    return index
  }

  /** The row takes the place of an earlier one of the same id and arm. */
  #index(index: number, { arm, mode }: RecordSchema): void {
    const key = keyOf(this.#columns.ids[index]!, arm, mode)
    const earlier = this.#byKey.get(key)
    if (earlier !== undefined) this.#mark(earlier)
    else if (mode === 'live') this.liveRows++
    this.#byKey.set(key, index)
    this.#indexed = index + 1
  }

  /** Indexes rows of drawn ids, of which each is the first of its id. */
  #indexUpTo(end: number): void {
    const { ids, schemaRows, schemaNumbers } = this.#columns
    for (; this.#indexed < end; this.#indexed++) {
      const { arm, mode } = schemaRows[schemaNumbers.at(this.#indexed)]!.schema
      this.#byKey.set(keyOf(ids[this.#indexed]!, arm, mode), this.#indexed)
    }
  }

  #mark(index: number): void {
    this.#columns.flags.set(index, this.#columns.flags.at(index) | flags.superseded)
  }

  #route(routing: EntryRouting | undefined): void {
    const columns = this.#columns
    columns.flags.push(routing ? flags.routed : 0)
    columns.propensities.push(routing?.propensity ?? Number.NaN)
    columns.units.push(routing?.unit ?? '')
    columns.traceIds.push(routing?.traceId ?? '')
  }

  /** Rows whose tensors have another width than before (a free dimension beyond the batch) get columns of their own. */
  #rowsOf(schema: RecordSchema, entry: PredictionEntry): NumberedRows {
    const known = this.#schemas.get(schema) ?? []
    if (known.length === 0) this.#schemas.set(schema, known)
    const fits = ({ widths }: NumberedRows): boolean => {
      for (let i = 0; i < widths.length; i++) {
        if (!Object.is(widthOf(entry, schema.inputs[i]!), widths[i])) return false
      }
      return true
    }
    const found = known.find(fits)
    if (found) return found
    const rows = { schema, inputs: new Map(), outputs: new Map(), tensors: [], rowCount: 0 }
    const number = this.#columns.schemaRows.push(rows) - 1
    const added = { rows, number, widths: schema.inputs.map((input) => widthOf(entry, input)) }
    known.push(added)
    return added
  }

  #put(rows: SchemaRows, { schema, ids, inputs, answer }: PredictionEntry): void {
    const { tensors, rowCount: start } = rows
    const end = start + ids.length
    for (let i = 0; i < schema.inputs.length; i++) {
      const { name } = schema.inputs[i]!
      const tensor = inputs[name]!
      tensors[i] ??= namedColumns(rows.inputs, columnsOf(name, tensor, ids.length))
      this.#later.put(tensors[i]!, { tensor, start })
    }
    for (let i = 0; i < schema.outputs.length; i++) {
      const place = schema.inputs.length + i
      if (!('outputs' in answer)) {
        if (tensors[place]) putMissing(tensors[place], start, end)
        continue
      }
      const { name } = schema.outputs[i]!
      const tensor = answer.outputs[name]!
      let columns = tensors[place]
      if (!columns) {
        columns = namedColumns(rows.outputs, columnsOf(name, tensor, ids.length))
        tensors[place] = columns
        putMissing(columns, 0, start)
      }
      if (columns.length * ids.length === tensor.data.length) {
        this.#later.put(columns, { tensor, start })
      } else putMissing(columns, start, end)
    }
  }
}

function namedColumns(
  side: Map<string, GrowingColumn>,
  columns: readonly GrowingColumn[],
): readonly GrowingColumn[] {
  for (const column of columns) side.set(column.name, column)
  return columns
}

const widthOf = ({ inputs, ids }: PredictionEntry, { name }: TensorHead): number =>
  inputs[name]!.data.length / ids.length

interface NumberedRows {
  readonly rows: SchemaRows
  readonly number: number
  /** Elements a row of each input. */
  readonly widths: readonly number[]
}

const keyOf = (id: string, arm: string, mode: ArmMode): string =>
  mode === 'live' ? id : `${id}\u0000${arm}`
