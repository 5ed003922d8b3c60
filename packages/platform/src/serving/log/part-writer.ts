import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tensor } from '../../runtime/index.ts'
import { type ParquetCell, type ParquetScalar, ParquetWriter } from '../../storage/index.ts'
import { halfToNumber } from './columns.ts'
import { type DecodedFrame, decodeSegment } from './frame.ts'
import {
  dayOf,
  fixedColumns,
  isList,
  type PartFile,
  type PartManifest,
  type PartTensor,
  partName,
  sqlTypeOfTensor,
} from './part.ts'
import { PartLayout } from './part-layout.ts'
import type { PredictionEntry } from './record.ts'

export interface PartTask {
  readonly folder: string
  /** Paths of segments that follow each other, oldest first. */
  readonly segments: readonly string[]
  readonly first: number
  readonly last: number
}

/** Rows of a chunk of the engine. */
const chunkRows = 2048
const memoryLimitMb = 256

/**
 * Writes segments as Parquet files, one a day, each inference id of an arm once as last answered. Nothing counts before
 * the manifest that this answers is stored.
 */
export async function writePart(task: PartTask): Promise<PartManifest> {
  const layout = new PartLayout()
  const last = new Map<string, number>()
  const starts: number[] = []
  let places = 0
  const take = (entry: PredictionEntry): void => {
    layout.add(entry)
    for (const id of entry.ids) last.set(keyOf(id, entry), places++)
  }
  for (const path of task.segments) {
    starts.push(places)
    await eachEntry([path], take, { elements: false })
  }
  const { tensors, schemas } = layout
  const columns = [
    ...fixedColumns,
    ...tensors.map((tensor) => ({ name: tensor.column, sqlType: sqlTypeOfTensor(tensor) })),
  ]
  using writer = await ParquetWriter.open(columns, { tempFolder: task.folder, memoryLimitMb })
  const days = new Map<string, Omit<PartFile, 'path' | 'sizeBytes'>>()
  const rows = new ChunkedRows(columns.length, writer)
  let place = 0
  await eachEntry(task.segments, (entry) => {
    const inputs = schemas[layout.numberOf(entry.schema)]!.inputs
    const outputs = schemas[layout.numberOf(entry.schema)]!.outputs
    for (let row = 0; row < entry.ids.length; row++, place++) {
      if (last.get(keyOf(entry.ids[row]!, entry)) !== place) continue
      const at = typeof entry.at === 'number' ? entry.at : entry.at[row]!
      count(days, at, entry)
      const cells: ParquetCell[] = fixedCells(entry, { row, at, place })
      cells[12] = layout.numberOf(entry.schema)
      const put = (tensorPlace: number, tensor: Tensor): void => {
        cells[fixedColumns.length + tensorPlace] = cellOf(tensors[tensorPlace]!, tensor, {
          row,
          rows: entry.ids.length,
        })
      }
      const { answer } = entry
      for (const [i, { name }] of entry.schema.inputs.entries())
        put(inputs[i]!, entry.inputs[name]!)
      if ('outputs' in answer) {
        for (const [i, { name }] of entry.schema.outputs.entries()) {
          put(outputs[i]!, answer.outputs[name]!)
        }
      }
      rows.push(cells)
    }
  })
  rows.flush()
  const files = await writeDays(task, writer, [...days.values()])
  const { first, last: lastNumber } = task
  return { first, last: lastNumber, files, tensors: [...tensors], schemas: [...schemas], starts }
}

async function writeDays(
  task: PartTask,
  writer: ParquetWriter,
  days: readonly Omit<PartFile, 'path' | 'sizeBytes'>[],
): Promise<PartFile[]> {
  const files: PartFile[] = []
  for (const day of days.toSorted((a, b) => a.minAt - b.minAt)) {
    await mkdir(join(task.folder, `day=${day.day}`), { recursive: true })
    const path = join(`day=${day.day}`, `${partName(task)}.parquet`)
    const where = `"at" >= make_timestamp(${micros(day.minAt)}) AND "at" <= make_timestamp(${micros(day.maxAt)})`
    files.push({ ...day, path, ...(await writer.write(join(task.folder, path), where)) })
  }
  return files
}

const micros = (at: number): bigint => BigInt(Math.round(at * 1000))

function count(
  days: Map<string, Omit<PartFile, 'path' | 'sizeBytes'>>,
  at: number,
  { schema }: PredictionEntry,
): void {
  const day = dayOf(at)
  const before = days.get(day) ?? { day, rows: 0, liveRows: 0, minAt: at, maxAt: at }
  days.set(day, {
    day,
    rows: before.rows + 1,
    liveRows: before.liveRows + (schema.mode === 'live' ? 1 : 0),
    minAt: Math.min(before.minAt, at),
    maxAt: Math.max(before.maxAt, at),
  })
}

async function eachEntry(
  segments: readonly string[],
  visit: (entry: PredictionEntry) => void,
  options?: { readonly elements: boolean },
): Promise<void> {
  for (const path of segments) {
    const take = (frame: DecodedFrame): void => {
      if (frame.kind === 'rows') visit(frame.entry)
    }
    decodeSegment(await readFile(path), take, options)
  }
}

const keyOf = (id: string, { schema }: PredictionEntry): string =>
  schema.mode === 'live' ? id : `${id}\u0000${schema.arm}`

/** In the order of `fixedColumns`. */
function fixedCells(
  entry: PredictionEntry,
  { row, at, place }: { readonly row: number; readonly at: number; readonly place: number },
): ParquetCell[] {
  const { schema, routing, answer } = entry
  const propensity = routing?.propensity ?? Number.NaN
  return [
    entry.ids[row]!,
    micros(at),
    schema.arm,
    schema.mode,
    schema.model,
    schema.version,
    entry.latencyMs,
    'error' in answer ? answer.error : null,
    Number.isNaN(propensity) ? null : propensity,
    routing?.unit || null,
    routing?.traceId || null,
    entry.fresh === true,
    null,
    place,
  ]
}

function cellOf(
  column: PartTensor,
  tensor: Tensor,
  { row, rows }: { readonly row: number; readonly rows: number },
): ParquetCell {
  const width = tensor.data.length / rows
  if (!Number.isInteger(width)) return null
  if (!isList(column)) return scalarOf(tensor, row)
  return Array.from({ length: width }, (_, i) => scalarOf(tensor, row * width + i))
}

function scalarOf({ datatype, data }: Tensor, place: number): ParquetScalar {
  const value = data[place]!
  if (datatype === 'BOOL') return value === 1
  return datatype === 'FP16' ? halfToNumber(value as number) : value
}

/** Turns rows into chunks of columns. */
class ChunkedRows {
  readonly #writer: ParquetWriter
  readonly #columns: ParquetCell[][]
  #rows = 0

  constructor(width: number, writer: ParquetWriter) {
    this.#writer = writer
    this.#columns = Array.from({ length: width }, () =>
      new Array<ParquetCell>(chunkRows).fill(null),
    )
  }

  push(cells: readonly ParquetCell[]): void {
    for (let i = 0; i < this.#columns.length; i++) this.#columns[i]![this.#rows] = cells[i] ?? null
    if (++this.#rows === chunkRows) this.flush()
  }

  flush(): void {
    if (this.#rows > 0) this.#writer.append(this.#columns, this.#rows)
    this.#rows = 0
  }
}
