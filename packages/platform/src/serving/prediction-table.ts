import { setImmediate as nextTurn } from 'node:timers/promises'
import type { JsonValue, PredictionRecord } from '@kaizen/contracts'
import type { Table, TableColumn } from '../storage/index.ts'
import type { BlockRow, SchemaRows } from './log/block.ts'
import type { GrowingColumn } from './log/columns.ts'
import type { Label, PredictionTable } from './model.ts'

/**
 * Lays rows out by columns; columns that only some rows have are missing in the others. Between columns other work gets
 * its turn: a window may hold millions of values.
 */
export async function predictionTable(
  rows: readonly BlockRow[],
  labels: ReadonlyMap<string, Label>,
): Promise<PredictionTable> {
  const places = placesOf(rows)
  return {
    inferenceId: rows.map(({ id }) => id),
    at: Float64Array.from(rows, ({ at }) => at),
    arm: rows.map((row) => row.rows.schema.arm),
    mode: rows.map((row) => row.rows.schema.mode),
    version: Float64Array.from(rows, (row) => row.rows.schema.version),
    latencyMs: Float64Array.from(rows, ({ latencyMs }) => latencyMs),
    error: rows.map(({ error }) => error),
    inputs: await tableOf(places, 'inputs'),
    outputs: await tableOf(places, 'outputs'),
    actual: rows.map(({ id }) => labels.get(id) ?? null),
  }
}

/** Where the values of rows are: in the columns of which schema, and at which place of them. */
interface Places {
  readonly schemas: readonly SchemaRows[]
  readonly schemaOf: Uint32Array
  readonly rowOf: Uint32Array
}

function placesOf(rows: readonly BlockRow[]): Places {
  const numbers = new Map<SchemaRows, number>()
  const schemaOf = new Uint32Array(rows.length)
  const rowOf = new Uint32Array(rows.length)
  for (const [i, row] of rows.entries()) {
    const schema = row.rows
    let number = numbers.get(schema)
    if (number === undefined) {
      number = numbers.size
      numbers.set(schema, number)
    }
    schemaOf[i] = number
    rowOf[i] = row.row
  }
  return { schemas: [...numbers.keys()], schemaOf, rowOf }
}

async function tableOf(places: Places, side: 'inputs' | 'outputs'): Promise<Table> {
  const kinds = new Map<string, GrowingColumn['kind']>()
  for (const schema of places.schemas) {
    for (const { name, kind } of schema[side].values()) {
      if (!kinds.has(name)) kinds.set(name, kind)
    }
  }
  const columns: TableColumn[] = []
  for (const [name, kind] of kinds) {
    const held = places.schemas.map((schema) => {
      const column = schema[side].get(name)
      return column?.kind === kind ? column : undefined
    })
    columns.push({ name, type: kind, values: valuesAt(places, held, kind) } as TableColumn)
    if (places.rowOf.length > quickRows) await nextTurn()
  }
  return { rowCount: places.rowOf.length, columns }
}

/** Rows whose columns are gathered in one turn of the loop. */
const quickRows = 2000

function valuesAt(
  { schemaOf, rowOf }: Places,
  held: readonly (GrowingColumn | undefined)[],
  kind: GrowingColumn['kind'],
): TableColumn['values'] {
  if (kind === 'number' || kind === 'integer') {
    const values = new Float64Array(rowOf.length)
    for (let i = 0; i < rowOf.length; i++) {
      const column = held[schemaOf[i]!]
      values[i] = column ? column.number(rowOf[i]!) : Number.NaN
    }
    return values
  }
  const values = new Array<string | boolean | null>(rowOf.length)
  for (let i = 0; i < rowOf.length; i++) {
    values[i] = held[schemaOf[i]!]?.value(rowOf[i]!) ?? null
  }
  return values as TableColumn['values']
}

/** One row as the API shows it. */
export function predictionRecord(
  endpoint: string,
  row: BlockRow,
  actual: Label | undefined,
): PredictionRecord {
  const { arm, mode, model, version } = row.rows.schema
  return {
    inferenceId: row.id,
    endpoint,
    arm,
    mode,
    model,
    version,
    at: row.at,
    latencyMs: row.latencyMs,
    propensity: row.routing && row.routing.propensity > 0 ? row.routing.propensity : null,
    unit: row.routing?.unit || null,
    traceId: row.routing?.traceId || null,
    inputs: valuesOf(row.rows.inputs, row.row),
    outputs: row.error === null ? valuesOf(row.rows.outputs, row.row) : {},
    error: row.error,
    actual: actual ?? null,
  }
}

function valuesOf(
  columns: ReadonlyMap<string, GrowingColumn>,
  row: number,
): Record<string, JsonValue> {
  const values: Record<string, JsonValue> = {}
  for (const [name, column] of columns) {
    if (column.kind === 'string' || column.kind === 'boolean') {
      values[name] = column.value(row)
      continue
    }
    const number = column.number(row)
    // JSON has no such numbers; a missing one is null, infinities keep their name.
    values[name] = Number.isFinite(number) ? number : Number.isNaN(number) ? null : String(number)
  }
  return values
}
