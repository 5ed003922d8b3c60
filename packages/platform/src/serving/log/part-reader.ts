import { join } from 'node:path'
import type { Datatype, Tensor, TensorData, Tensors } from '../../runtime/index.ts'
import {
  identifier,
  type Lake,
  literal,
  type Table,
  type TableColumn,
} from '../../storage/index.ts'
import { Block } from './block.ts'
import { maxColumnsPerTensor } from './columns.ts'
import { isList, type PartManifest, type PartTensor } from './part.ts'
import type { EntryRouting, RecordSchema } from './record.ts'

const pathsOf = (folder: string, { files }: Pick<PartManifest, 'files'>): string =>
  `[${files.map(({ path }) => literal(join(folder, path))).join(', ')}]`

interface PartQuestion {
  readonly folder: string
  readonly manifest: PartManifest
  readonly ids?: readonly string[]
  /** At most so many rows, from this one of the order of writing on. */
  readonly range?: { readonly from: number; readonly limit: number }
}

/** The rows of a part in memory, all or those of some inference ids, a few thousand at a time. */
export async function readPart(lake: Lake, question: PartQuestion): Promise<Block> {
  return (await readPlaced(lake, question)).block
}

/** Rows of a part with the places that they had when they were written. */
export async function readPlaced(
  lake: Lake,
  { folder, manifest, ids, range }: PartQuestion,
): Promise<{ readonly block: Block; readonly places: readonly number[] }> {
  const block = new Block()
  const places: number[] = []
  if (manifest.files.length === 0) return { block, places }
  const schemas = manifest.schemas.map((schema): RecordSchema => {
    const heads = (places: readonly number[]) =>
      places.map((place) => {
        const { name, datatype } = manifest.tensors[place]!
        return { name, datatype }
      })
    return { ...schema, inputs: heads(schema.inputs), outputs: heads(schema.outputs) }
  })
  const conditions = [
    ...(ids ? [`inference_id IN (${ids.map(literal).join(', ')})`] : []),
    ...(range ? [`place >= ${range.from}`] : []),
  ]
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  const limit = range ? ` LIMIT ${range.limit}` : ''
  const columns = manifest.tensors.flatMap(selected).map((sql) => `, ${sql}`)
  const sql = `SELECT inference_id, "at", latency_ms, error, propensity, unit, trace_id, drawn_id, schema, place${columns.join('')}
    FROM read_parquet(${pathsOf(folder, manifest)}, hive_partitioning = false)${where} ORDER BY place${limit}`
  for await (const table of lake.scan(sql)) addRows({ block, places }, { table, manifest, schemas })
  return { block, places }
}

/** Which of the files hold rows of any of the ids. */
export async function filesWith(
  lake: Lake,
  paths: readonly string[],
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (paths.length === 0 || ids.length === 0) return new Set()
  const table = await lake.query(
    `SELECT DISTINCT filename FROM read_parquet([${paths.map(literal).join(', ')}], filename = true, hive_partitioning = false)
     WHERE inference_id IN (${ids.map(literal).join(', ')})`,
  )
  return new Set(table.columns[0]!.values as string[])
}

/** Tensors with more elements than the log shows as columns stay in their file. */
const isShown = ({ mostWidth }: PartTensor): boolean => mostWidth <= maxColumnsPerTensor

function selected(tensor: PartTensor): readonly string[] {
  const column = identifier(tensor.column)
  if (!isShown(tensor)) return [`len(${column})`]
  if (!isList(tensor)) return [column]
  return [
    `len(${column})`,
    ...Array.from({ length: tensor.mostWidth }, (_, i) => `${column}[${i + 1}]`),
  ]
}

/** Columns before those of tensors. */
const fixed = 10

interface Chunk {
  readonly table: Table
  readonly manifest: PartManifest
  readonly schemas: readonly RecordSchema[]
}

function addRows(
  { block, places }: { readonly block: Block; readonly places: number[] },
  { table, manifest, schemas }: Chunk,
): void {
  const values = table.columns.map((column) => column.values)
  const [ids, at, latency, errors, propensities, units, traces, drawn, schemaNumbers, written] =
    values as [
      string[],
      Float64Array,
      Float64Array,
      (string | null)[],
      Float64Array,
      (string | null)[],
      (string | null)[],
      boolean[],
      Float64Array,
      Float64Array,
    ]
  const readers = readersOf(table.columns, manifest.tensors)
  for (let row = 0; row < table.rowCount; row++) {
    const number = schemaNumbers[row]!
    places.push(written[row]!)
    const { inputs, outputs } = manifest.schemas[number]!
    const tensorsAt = (numbers: readonly number[]): Tensors =>
      Object.fromEntries(
        numbers.map((place) => [manifest.tensors[place]!.name, readers[place]!(row)]),
      )
    const error = errors[row]
    block.add({
      schema: schemas[number]!,
      ids: [ids[row]!],
      fresh: drawn[row] || undefined,
      at: at[row]!,
      latencyMs: latency[row]!,
      routing: routingOf(propensities[row]!, units[row]!, traces[row]!),
      inputs: tensorsAt(inputs),
      answer: typeof error === 'string' ? { error } : { outputs: tensorsAt(outputs) },
    })
  }
}

function routingOf(
  propensity: number,
  unit: string | null,
  traceId: string | null,
): EntryRouting | undefined {
  if (Number.isNaN(propensity) && unit === null && traceId === null) return undefined
  return { propensity, unit: unit ?? '', traceId: traceId ?? '' }
}

/** By tensor, what makes one row of it. */
function readersOf(
  columns: readonly TableColumn[],
  tensors: readonly PartTensor[],
): readonly ((row: number) => Tensor)[] {
  let next = fixed
  return tensors.map((tensor) => {
    const datatype = readAs(tensor.datatype)
    const width = isList(tensor) ? columns[next++]!.values : undefined
    const own = isShown(tensor) ? columns.slice(next, next + tensor.mostWidth) : []
    next += own.length
    const cell = cellOf(datatype)
    return (row) => {
      const length = width ? Number(width[row] ?? 0) : 1
      // Only its length tells rows apart whose elements nobody is shown.
      const data = isShown(tensor)
        ? Array.from({ length }, (_, i) => cell(own[i]!.values[row]!))
        : new Float64Array(length)
      return { datatype, shape: [1, length], data: data as TensorData }
    }
  })
}

/** Halves come as the numbers that they stand for. */
const readAs = (datatype: Datatype): Datatype => (datatype === 'FP16' ? 'FP64' : datatype)

const cellOf =
  (datatype: Datatype) =>
  (value: string | number | boolean | null): string | number => {
    if (datatype === 'BYTES') return (value as string | null) ?? ''
    return datatype === 'BOOL' ? Number(value === true) : (value as number)
  }
