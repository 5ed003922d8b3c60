import { rm } from 'node:fs/promises'
import type { JsonValue } from '@kaizen/contracts'
import { type Lake, literal, type Table } from '../storage/index.ts'
import { cellOfText } from './cells.ts'
import { readColumn, rowColumn, type Spine, timeColumn } from './join-sql.ts'
import type { ComputedView, Feature, Selection } from './model.ts'
import type { FeatureFunctions } from './on-demand.ts'
import { featureSql, sqlTypeOf } from './view-relation.ts'

/** Rows that a function is given at once. */
const rowsAtOnce = 1000
/** Rows of one file of computed features. */
const rowsOfFile = 50_000

/** A feature that was computed, in the files that `computeRows` writes. */
export const computedColumn = (view: number, feature: number): string =>
  `__kaizen_computed_${view}_${feature}`

/** Joined rows, as `joinSql` makes them. */
export interface JoinedFile {
  readonly path: string
  readonly selection: Selection
  readonly spine: Pick<Spine, 'schema'>
}

/**
 * Computes the on-demand features of joined rows, each for its own time, in files beside them.
 * @returns SQL of all rows by number with their computed features, and how to take the files away
 * @throws INVALID_DATA where a column of the rows is not of the type that a function takes, and what functions fail with
 */
export async function computeRows(
  lake: Lake,
  functions: FeatureFunctions,
  { path, selection, spine }: JoinedFile,
): Promise<{ readonly relation: string; readonly files: readonly string[] }> {
  const { computed } = selection
  const files: string[] = []
  let held: Held | undefined
  const flush = async (): Promise<void> => {
    if (!held) return
    const file = path.replace(/\.parquet$/, `-computed-${files.length}.parquet`)
    files.push(file)
    await lake.writeTable(tableOf(held), file)
    held = undefined
  }
  try {
    for await (const table of lake.scan(inputsSql({ path, selection, spine }), {
      leastRows: rowsAtOnce,
    })) {
      for (let from = 0; from < table.rowCount; from += rowsAtOnce) {
        held ??= {
          rows: [],
          columns: computed.map(({ view }) => view.definition.features.map(() => [])),
        }
        await computeBatch(functions, { table, from, computed }, held)
        if (held.rows.length >= rowsOfFile) await flush()
      }
    }
    await flush()
  } catch (failure) {
    await removeAll(files)
    throw failure
  }
  const typed = computed.flatMap(({ view }, v) =>
    view.definition.features.map(
      ({ type }, f) =>
        `CAST(${computedColumn(v, f)} AS ${sqlTypeOf(type)}) AS ${computedColumn(v, f)}`,
    ),
  )
  const list = files.map(literal).join(', ')
  return {
    relation: `SELECT CAST(${rowColumn} AS BIGINT) AS ${rowColumn}, ${typed.join(', ')} FROM read_parquet([${list}])`,
    files,
  }
}

export const removeAll = async (files: readonly string[]): Promise<void> =>
  void (await Promise.all(files.map((file) => rm(file, { force: true }))))

/** What has been computed and not yet written. */
interface Held {
  readonly rows: number[]
  /** By view and feature. */
  readonly columns: (string | null)[][][]
}

/** Row numbers, times in milliseconds, and the inputs of all functions as text. */
function inputsSql({ path, selection, spine }: JoinedFile): string {
  const inputs = selection.computed.flatMap(({ view, inputs: taken }) =>
    taken.map((input) => {
      if ('read' in input) return readColumn(input.read)
      return featureSql(input.request, spine.schema, `rows, for the on-demand view "${view.name}"`)
    }),
  )
  const columns = [
    `CAST(${rowColumn} AS DOUBLE)`,
    `epoch_us(${timeColumn}) / 1000`,
    ...inputs.map((input) => `CAST(${input} AS VARCHAR)`),
  ].map((column, i) => `${column} AS c${i}`)
  return `SELECT ${columns.join(', ')} FROM read_parquet(${literal(path)}) ORDER BY ${rowColumn}`
}

async function computeBatch(
  functions: FeatureFunctions,
  batch: {
    readonly table: Table
    readonly from: number
    readonly computed: readonly ComputedView[]
  },
  held: Held,
): Promise<void> {
  const { table, from, computed } = batch
  const to = Math.min(table.rowCount, from + rowsAtOnce)
  const part = (column: number) => table.columns[column]!.values.slice(from, to)
  const at = part(1) as Float64Array
  // Without a time nothing is known of a row, and nothing is computed for it.
  const timed = Array.from(at.keys()).filter((row) => !Number.isNaN(at[row]!))
  held.rows.push(...(part(0) as Float64Array))
  let column = 2
  for (const [v, { view }] of computed.entries()) {
    const { inputs, features } = view.definition
    const texts = inputs.map(({ type }) => {
      const values = part(column++) as readonly (string | null)[]
      return timed.map((row) => cellOfText(values[row] ?? null, type))
    })
    const times = timed.map((row) => at[row]!)
    const answered =
      timed.length === 0
        ? features.map(() => [])
        : await functions.compute(view, { columns: texts, at: times }, 'training')
    for (const [f, feature] of features.entries()) {
      const cells: (string | null)[] = Array(at.length).fill(null)
      for (const [i, row] of timed.entries())
        cells[row] = textOfCell(answered[f]![i] ?? null, feature.type)
      held.columns[v]![f]!.push(...cells)
    }
  }
}

/** A value as the lake reads its text. */
function textOfCell(cell: JsonValue, type: Feature['type']): string | null {
  if (cell === null) return null
  return type === 'timestamp' ? String(cell).replace(/Z$/, '') : String(cell)
}

function tableOf({ rows, columns }: Held): Table {
  return {
    rowCount: rows.length,
    columns: [
      { name: rowColumn, type: 'integer', values: Float64Array.from(rows) },
      ...columns.flatMap((features, v) =>
        features.map((values, f) => ({
          name: computedColumn(v, f),
          type: 'string' as const,
          values,
        })),
      ),
    ],
  }
}
