import { dirname } from 'node:path'
import type { Column } from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'
import {
  categoricalColumn,
  type Column as MlColumn,
  numericColumn,
  type Table,
  tableOf,
} from '@kaizen/ml/data'
import { identifier, type Lake, literal, type TableColumn } from '../storage/index.ts'
import type { TrainOptions } from './options.ts'

/** Rows to learn from, with the columns that take part in it. */
export interface TrainingRows {
  readonly table: Table
  readonly features: readonly string[]
  readonly columnTypes: ReadonlyMap<string, Column['type']>
}

/** Opens an analytics engine that may read `folder` and nothing else. */
export type OpenLake = (folder: string) => Lake

/**
 * Reads the columns that a training needs from a Parquet file.
 * @throws INVALID_DATA for a column that does not exist or cannot be learnt from, or a file that is not Parquet
 */
export async function readTrainingRows(
  path: string,
  options: TrainOptions,
  openLake: OpenLake,
): Promise<TrainingRows> {
  const lake = openLake(dirname(path))
  try {
    const source = `read_parquet(${literal(path)})`
    const schema = await lake.describe(`SELECT * FROM ${source}`)
    const features = chooseFeatures(schema, options)
    const names = [
      ...features,
      options.target,
      ...(options.weight === undefined ? [] : [options.weight]),
    ]
    const rows = await lake.query(`SELECT ${names.map(identifier).join(', ')} FROM ${source}`)
    const categorical = new Set(options.categorical)
    return {
      table: tableOf(rows.columns.map((column) => toMlColumn(column, categorical))),
      features,
      columnTypes: new Map(schema.map(({ name, type }) => [name, type])),
    }
  } finally {
    await lake.close()
  }
}

/** The features asked for, or every column that can be one. */
export function chooseFeatures(
  schema: readonly Column[],
  options: Pick<TrainOptions, 'features' | 'target' | 'weight' | 'categorical'>,
): readonly string[] {
  const types = new Map(schema.map(({ name, type }) => [name, type]))
  const need = (name: string, role: string): void => {
    if (types.has(name)) return
    throw new KaizenError('INVALID_DATA', `the ${role} "${name}" is no column of the rows`, {
      hint: `Their columns are: ${schema.map((column) => column.name).join(', ')}.`,
    })
  }
  need(options.target, 'target')
  if (options.weight !== undefined) need(options.weight, 'weight')
  const chosen =
    options.features ??
    schema
      .filter(
        ({ name, type }) => name !== options.target && name !== options.weight && !isTime(type),
      )
      .map(({ name }) => name)
  for (const name of chosen) {
    need(name, 'feature')
    if (!isTime(types.get(name)) || options.categorical.includes(name)) continue
    throw new KaizenError('INVALID_DATA', `the feature "${name}" is a ${types.get(name)}`, {
      hint: 'A model learns nothing for the future from a moment of the past: use parts of it, such as hour or weekday.',
    })
  }
  for (const name of options.categorical) {
    if (chosen.includes(name)) continue
    throw new KaizenError('INVALID_DATA', `the categorical column "${name}" is not a feature`, {
      hint: `The features are: ${chosen.join(', ')}.`,
    })
  }
  return chosen
}

const isTime = (type: Column['type'] | undefined): boolean =>
  type === 'date' || type === 'timestamp'

/** Text is a category; so is what is declared to be one, by its text. */
function toMlColumn(column: TableColumn, categorical: ReadonlySet<string>): MlColumn {
  const { name } = column
  const cells: ArrayLike<number | string | boolean | null> = column.values
  if (column.type === 'string' || column.type === 'date' || categorical.has(name))
    return categoricalColumn(name, Array.from(cells, textOf))
  if (column.values instanceof Float64Array) return numericColumn(name, column.values)
  return numericColumn(
    name,
    Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell))),
  )
}

const textOf = (cell: number | string | boolean | null): string | null =>
  cell === null || Number.isNaN(cell) ? null : String(cell)
