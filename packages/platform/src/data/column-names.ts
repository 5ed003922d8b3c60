import { KaizenError } from '@kaizen/contracts'
import { type Lake, literal } from '../storage/index.ts'

/** A file whose columns name themselves. */
export interface NamedColumns {
  readonly path: string
  readonly format: 'csv' | 'jsonl' | 'parquet'
  /** Of a CSV file. */
  readonly delimiter?: string
}

/**
 * Refuses a file with two columns of one name: reading it as a table would give one of them a name that nobody chose.
 * Names that differ by case alone are the same, as they are in SQL.
 * @throws INVALID_DATA
 */
export async function refuseRepeatedNames(lake: Lake, file: NamedColumns): Promise<void> {
  const names = await namesIn(lake, file)
  const seen = new Map<string, number>()
  for (const [index, name] of names.entries()) {
    const first = seen.get(name.toLowerCase())
    if (first !== undefined && name !== '')
      throw new KaizenError(
        'INVALID_DATA',
        `the file has two columns named "${name}": the ${ordinal(first)} ("${names[first]}") and the ${ordinal(index)}`,
        { hint: 'Rename one of them, or leave it out, and add the file again.' },
      )
    if (first === undefined) seen.set(name.toLowerCase(), index)
  }
}

/** Columns that queries over the rows of a version add for themselves. */
export const reservedColumns = {
  rowIndex: 'kaizen row index',
  derivedValue: 'kaizen derived value',
} as const

/** Refuses columns that a query over the rows would take for its own. @throws INVALID_DATA */
export function refuseReservedNames(names: readonly string[]): void {
  const reserved = new Set<string>(Object.values(reservedColumns))
  const taken = names.find((name) => reserved.has(name.toLowerCase()))
  if (taken === undefined) return
  throw new KaizenError('INVALID_DATA', `a column is named "${taken}", which Kaizen uses itself`, {
    hint: 'Rename the column, or leave it out, and add the rows again.',
  })
}

const ordinal = (index: number): string => {
  const number = index + 1
  const last = number % 100 >= 11 && number % 100 <= 13 ? 0 : number % 10
  return `${number}${['th', 'st', 'nd', 'rd'][last] ?? 'th'}`
}

async function namesIn(
  lake: Lake,
  { path, format, delimiter = ',' }: NamedColumns,
): Promise<readonly string[]> {
  if (format === 'jsonl') return []
  if (format === 'csv') {
    const header = await lake.query(
      `SELECT * FROM read_csv(${literal(path)}, header = false, all_varchar = true, delim = ${literal(delimiter)}, quote = '"', escape = '"', comment = '', skip = 0, sample_size = 1, ignore_errors = true) LIMIT 1`,
    )
    return header.columns.map(({ values }) => String(values[0] ?? ''))
  }
  const { columns } = await lake.query(
    `SELECT name, coalesce(num_children, 0) FROM parquet_schema(${literal(path)})`,
  )
  const [names, children] = [columns[0]?.values ?? [], columns[1]?.values ?? []]
  // The root comes first, and after each column those inside it.
  const top: string[] = []
  for (let at = 1; at < names.length; at = afterColumn(children, at)) top.push(String(names[at]))
  return top
}

function afterColumn(children: ArrayLike<unknown>, at: number): number {
  let next = at + 1
  for (let child = 0; child < Number(children[at] ?? 0); child++) next = afterColumn(children, next)
  return next
}
