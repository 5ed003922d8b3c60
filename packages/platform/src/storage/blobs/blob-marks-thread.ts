import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { Client } from 'pg'
import { type MarkTask, markOf, type RowsGone } from './blob-marks.ts'

const digestLength = 64
const pattern = new RegExp(`[0-9a-f]{${digestLength}}`, 'g')
const rowsAtOnce = 10_000

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

type Row = Readonly<Record<string, unknown>>

/** Whether a row is one of those that are looked past, of a table that has some. */
function goneFrom(table: string, gone: readonly RowsGone[] = []) {
  const here = gone
    .filter((one) => one.table === table)
    .map(({ column, values }) => ({ column, values: new Set<unknown>(values) }))
  return {
    columns: here.map(({ column }) => column),
    has: (row: Row): boolean =>
      here.some(({ column, values }) => lineOf(row[column]).some((value) => values.has(value))),
  }
}

/** A path with all that it lies below; any other value alone. */
function lineOf(value: unknown): readonly unknown[] {
  if (typeof value === 'bigint') return [Number(value)]
  if (typeof value !== 'string') return [value]
  const parts = value.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** Text columns with the table that each is in. */
type Columns = ReadonlyMap<string, readonly string[]>

const selectOf = (table: string, columns: readonly string[], more: readonly string[]): string =>
  `select ${[...new Set([...columns, ...more])].map(quoted).join(', ')} from ${quoted(table)}
   where ${columns.map((column) => `length(${quoted(column)}) >= ${digestLength}`).join(' or ')}`

function addMarks(marks: Set<number>, row: Iterable<unknown>): void {
  for (const value of row) {
    if (typeof value !== 'string') continue
    for (const [digest] of value.matchAll(pattern)) marks.add(markOf(digest))
  }
}

function markSqlite({ database, except, gone }: MarkTask): Set<number> {
  const sqlite = new DatabaseSync(database, { readOnly: true, timeout: 10_000 })
  const marks = new Set<number>()
  try {
    sqlite.exec('begin')
    for (const [table, columns] of sqliteColumns(sqlite, except)) {
      const past = goneFrom(table, gone)
      for (const row of sqlite.prepare(selectOf(table, columns, past.columns)).iterate()) {
        if (!past.has(row)) addMarks(marks, Object.values(row))
      }
    }
    sqlite.exec('commit')
    return marks
  } finally {
    sqlite.close()
  }
}

function sqliteColumns(sqlite: DatabaseSync, except: readonly string[]): Columns {
  const rows = sqlite
    .prepare(
      `select t.name as "table", c.name as "column" from sqlite_schema as t, pragma_table_info(t.name) as c
       where t.type = 'table' and lower(c.type) = 'text'`,
    )
    .all() as { table: string; column: string }[]
  return grouped(rows, except)
}

async function markPostgres({ database, except, gone }: MarkTask): Promise<Set<number>> {
  const client = new Client({ connectionString: database })
  await client.connect()
  const marks = new Set<number>()
  try {
    await client.query('begin isolation level repeatable read read only')
    const { rows } = await client.query<{ table: string; column: string }>(
      `select table_name as "table", column_name as "column" from information_schema.columns
       where table_schema = current_schema() and data_type in ('text', 'character varying', 'json', 'jsonb')`,
    )
    for (const [table, columns] of grouped(rows, except)) {
      const past = goneFrom(table, gone)
      const select = selectOf(table, columns, past.columns)
      await client.query(`declare texts no scroll cursor for ${select}`)
      for (;;) {
        const found = await client.query<Row>(`fetch ${rowsAtOnce} from texts`)
        for (const row of found.rows) if (!past.has(row)) addMarks(marks, Object.values(row))
        if (found.rows.length < rowsAtOnce) break
      }
      await client.query('close texts')
    }
    await client.query('commit')
    return marks
  } finally {
    await client.end()
  }
}

function grouped(
  rows: readonly { readonly table: string; readonly column: string }[],
  except: readonly string[],
): Columns {
  const columns = new Map<string, string[]>()
  for (const { table, column } of rows) {
    if (!except.includes(table)) columns.set(table, [...(columns.get(table) ?? []), column])
  }
  return columns
}

const task = workerData as MarkTask
const finding = task.database.startsWith('postgres')
  ? markPostgres(task)
  : Promise.resolve(task).then(markSqlite)
finding.then(
  (marks) => parentPort?.postMessage(Float64Array.from(marks)),
  (failure: unknown) =>
    parentPort?.postMessage({ failed: failure instanceof Error ? failure.message : 'unknown' }),
)
