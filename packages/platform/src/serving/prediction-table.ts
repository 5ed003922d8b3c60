import type { JsonValue, PredictionRecord } from '@kaizen/contracts'
import type { Table } from '../storage/index.ts'
import type { BlockRow, SchemaRows } from './log/block.ts'
import { type Cell, type GrowingColumn, gather } from './log/columns.ts'
import type { Label, PredictionTable } from './model.ts'

/** Lays rows out by columns; columns that only some rows have are missing in the others. */
export function predictionTable(
  rows: readonly BlockRow[],
  labels: ReadonlyMap<string, Label>,
): PredictionTable {
  return {
    inferenceId: rows.map(({ id }) => id),
    at: Float64Array.from(rows, ({ at }) => at),
    arm: rows.map((row) => row.rows.schema.arm),
    mode: rows.map((row) => row.rows.schema.mode),
    version: Float64Array.from(rows, (row) => row.rows.schema.version),
    latencyMs: Float64Array.from(rows, ({ latencyMs }) => latencyMs),
    error: rows.map(({ error }) => error),
    inputs: tableOf(rows, 'inputs'),
    outputs: tableOf(rows, 'outputs'),
    actual: rows.map(({ id }) => labels.get(id) ?? null),
  }
}

function tableOf(rows: readonly BlockRow[], side: 'inputs' | 'outputs'): Table {
  const kinds = new Map<string, GrowingColumn['kind']>()
  const seen = new Set<SchemaRows>()
  for (const row of rows) {
    if (seen.has(row.rows)) continue
    seen.add(row.rows)
    for (const { name, kind } of row.rows[side].values()) {
      if (!kinds.has(name)) kinds.set(name, kind)
    }
  }
  const columns = [...kinds].map(([name, kind]) => {
    const cells: Cell[] = rows.map((row) => {
      const column = row.rows[side].get(name)
      return { column: column?.kind === kind ? column : undefined, row: row.row }
    })
    return gather(name, kind, cells)
  })
  return { rowCount: rows.length, columns }
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
