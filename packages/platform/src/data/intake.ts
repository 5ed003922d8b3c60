import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import {
  type BlobInfo,
  type BlobStore,
  identifier,
  type Lake,
  literal,
  type Table,
} from '../storage/index.ts'
import { refuseRepeatedNames, refuseReservedNames } from './column-names.ts'
import type { DatasetRecord, EventTimeSpec, FileSource, Schema } from './model.ts'
import { eventTimeColumn } from './model.ts'
import { appendableSchema, brokenSql, columnOf, ruleText, windowSql } from './rules.ts'

/** Rows that have passed the rules as one Parquet blob, and those that have not as another. */
export interface Intake {
  readonly schema: Schema
  readonly piece: (BlobInfo & { readonly rowCount: number }) | undefined
  readonly quarantine: BlobInfo | undefined
  readonly quarantined: number
  readonly reasons: readonly { readonly rule: string; readonly rows: number }[]
}

export interface IntakeDeps {
  readonly lake: Lake
  readonly blobs: BlobStore
  readonly folder: string
  readonly uniqueName: () => string
}

const parquetOf = (path: string): string => `read_parquet(${literal(path)})`

const delimiters = [',', ';', '\t', '|'] as const
const headerBytes = 65_536

/** The delimiter that stands most often in the header line; a guess from the rows would hide ragged ones. */
async function delimiterOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0)
    // What stands in quotes is part of a name.
    const unquoted = buffer.toString('utf8', 0, bytesRead).replaceAll(/"(?:[^"]|"")*"/g, '')
    const header = unquoted.split(/\r?\n/, 1)[0] ?? ''
    const count = (delimiter: string): number => header.split(delimiter).length
    return delimiters.reduce((best, candidate) =>
      count(candidate) > count(best) ? candidate : best,
    )
  } finally {
    await file.close()
  }
}

/** Every row is read to find a column's type, and a row with too few or too many fields is an error. */
const csvOf = (path: string, delimiter: string): string =>
  `read_csv(${literal(path)}, header = true, delim = ${literal(delimiter)}, quote = '"', escape = '"', comment = '', skip = 0, sample_size = -1, strict_mode = true, null_padding = false)`

/** The rows of a file, in SQL. */
async function relationOfFile(path: string, format: 'csv' | 'jsonl' | 'parquet'): Promise<string> {
  switch (format) {
    case 'csv':
      return csvOf(path, await delimiterOf(path))
    case 'jsonl':
      return `read_json(${literal(path)}, format = 'newline_delimited', sample_size = -1, maximum_depth = 20)`
    case 'parquet':
      return parquetOf(path)
  }
}

/** The rows of a file whose columns have names of their own, in SQL. @throws INVALID_DATA */
export async function namedRelationOfFile(
  lake: Lake,
  path: string,
  format: 'csv' | 'jsonl' | 'parquet',
): Promise<string> {
  await refuseRepeatedNames(
    lake,
    format === 'csv' ? { path, format, delimiter: await delimiterOf(path) } : { path, format },
  )
  return relationOfFile(path, format)
}

/** Brings a file into Parquet, keeps the window, sets rows that break a rule apart. */
export async function intakeFile(
  deps: IntakeDeps,
  dataset: DatasetRecord,
  current: Schema | undefined,
  source: FileSource,
): Promise<Intake> {
  const staged = join(deps.folder, `${deps.uniqueName()}.parquet`)
  const { path, format } = source
  const relation = await namedRelationOfFile(deps.lake, path, format)
  try {
    await deps.lake.copyToParquet(`SELECT * FROM ${relation}`, staged)
    return await sortOut(deps, dataset, current, { staged, from: source.from, to: source.to })
  } finally {
    await rm(staged, { force: true })
  }
}

/** Brings rows held in memory in; a column `event_time` is spread over the columns that the dataset keeps it in. */
export async function intakeTable(
  deps: IntakeDeps,
  dataset: DatasetRecord,
  current: Schema | undefined,
  table: Table,
): Promise<Intake> {
  const staged = join(deps.folder, `${deps.uniqueName()}.parquet`)
  try {
    await deps.lake.writeTable(withOwnEventTime(dataset.eventTime, table), staged)
    return await sortOut(deps, dataset, current, { staged })
  } finally {
    await rm(staged, { force: true })
  }
}

const hourMs = 3_600_000

function withOwnEventTime(spec: EventTimeSpec | null, table: Table): Table {
  const time = table.columns.find((column) => column.name === eventTimeColumn)
  if (!spec || spec.column === eventTimeColumn || time?.type !== 'timestamp') return table
  const own = new Set([spec.column, spec.hourColumn, eventTimeColumn])
  const rest = table.columns.filter((column) => !own.has(column.name))
  const day = Array.from(time.values, (ms) =>
    Number.isNaN(ms) ? null : new Date(ms).toISOString().slice(0, 10),
  )
  if (spec.hourColumn === undefined)
    return { ...table, columns: [{ ...time, name: spec.column }, ...rest] }
  const hour = time.values.map((ms) => Math.floor((ms / hourMs) % 24))
  return {
    ...table,
    columns: [
      { name: spec.column, type: 'date', values: day },
      { name: spec.hourColumn, type: 'integer', values: hour },
      ...rest,
    ],
  }
}

interface Staged {
  readonly staged: string
  readonly from?: number | undefined
  readonly to?: number | undefined
}

async function sortOut(
  deps: IntakeDeps,
  dataset: DatasetRecord,
  current: Schema | undefined,
  input: Staged,
): Promise<Intake> {
  const described = await deps.lake.describe(`SELECT * FROM ${parquetOf(input.staged)}`)
  if (described.length === 0) throw new KaizenError('INVALID_DATA', 'the file has no columns')
  refuseReservedNames(described.map(({ name }) => name))
  const schema = current ? appendableSchema(current, described) : described
  for (const rule of dataset.rules) columnOf(schema, rule.column, 'rule')
  const window = windowSql(dataset.eventTime, described, { from: input.from, to: input.to })
  const aligned = `(SELECT ${alignedColumns(schema, described)} FROM ${parquetOf(input.staged)} ${window})`
  const broken = dataset.rules.map(brokenSql)
  const anyBroken = broken.length === 0 ? 'FALSE' : broken.map((sql) => `(${sql})`).join(' OR ')
  const reasons = await countReasons(deps.lake, aligned, dataset, broken)
  const quarantined = reasons.reduce((sum, reason) => sum + reason.rows, 0)
  const piece = await store(deps, `SELECT * FROM ${aligned} WHERE NOT (${anyBroken})`)
  const quarantine =
    quarantined > 0 ? await store(deps, `SELECT * FROM ${aligned} WHERE ${anyBroken}`) : undefined
  return { schema, piece, quarantine, quarantined, reasons }
}

/** The dataset's columns in their order and types; what the new rows lack is missing. */
function alignedColumns(schema: Schema, described: Schema): string {
  const types = {
    boolean: 'BOOLEAN',
    integer: 'BIGINT',
    number: 'DOUBLE',
    string: 'VARCHAR',
    date: 'DATE',
    timestamp: 'TIMESTAMP',
  } as const
  return schema
    .map((column) => {
      const name = identifier(column.name)
      const known = described.some((candidate) => candidate.name === column.name)
      return `CAST(${known ? name : 'NULL'} AS ${types[column.type]}) AS ${name}`
    })
    .join(', ')
}

async function countReasons(
  lake: Lake,
  relation: string,
  dataset: DatasetRecord,
  broken: readonly string[],
): Promise<Intake['reasons']> {
  if (broken.length === 0) return []
  const first = `CASE ${broken.map((sql, index) => `WHEN ${sql} THEN ${index}`).join(' ')} END`
  const counted = await lake.query(
    `SELECT ${first} AS rule, count(*) AS n FROM ${relation} GROUP BY 1 HAVING rule IS NOT NULL ORDER BY 1`,
  )
  const [rules, counts] = counted.columns
  return Array.from({ length: counted.rowCount }, (_, row) => {
    const rule = dataset.rules[Number(rules?.values[row])]
    return { rule: rule ? ruleText(rule) : 'unknown rule', rows: Number(counts?.values[row]) }
  })
}

async function store(
  deps: IntakeDeps,
  sql: string,
): Promise<(BlobInfo & { readonly rowCount: number }) | undefined> {
  const path = join(deps.folder, `${deps.uniqueName()}.parquet`)
  try {
    const { rowCount } = await deps.lake.copyToParquet(sql, path)
    if (rowCount === 0) return undefined
    return { ...(await deps.blobs.put(createReadStream(path))), rowCount }
  } finally {
    await rm(path, { force: true })
  }
}
