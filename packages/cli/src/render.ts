import type { JsonValue } from '@kaizen/contracts'

/** One column of a printed table. */
export interface TableColumn<Row> {
  readonly title: string
  readonly of: (row: Row) => string | number | null | undefined
  /** Numbers stand right. */
  readonly right?: boolean
}

/** A table for people: a line a row, columns as wide as they need, `–` for what is missing. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
): string {
  const cells = rows.map((row) => columns.map((column) => cellText(column.of(row))))
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((line) => (line[index] ?? '').length)),
  )
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) =>
        columns[index]?.right ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [line(columns.map((column) => column.title.toUpperCase())), ...cells.map(line)].join('\n')
}

function cellText(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  return typeof value === 'number' ? formatNumber(value) : printable(value)
}

/** Text of others, without what could drive a terminal. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '\uFFFD')

/** Whole numbers with separators, others with four significant digits. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US')
  return Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toPrecision(4)))
}

/** An amount of the disk, in powers of a thousand. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${formatNumber(bytes / 1000 ** unit)} ${units[unit]}`
}

/** A time as people and programs both read it: UTC, to the second. */
export const formatTime = (ms: number | null | undefined): string | null =>
  ms === null || ms === undefined
    ? null
    : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`

/** Prints the value as JSON, or the text for people. */
export function print(asJson: boolean, value: unknown, text: () => string): void {
  process.stdout.write(`${asJson ? JSON.stringify(value as JsonValue, null, 2) : text()}\n`)
}

/** Names and values, one a line, the values aligned. */
export function renderFacts(
  facts: Readonly<Record<string, string | number | null | undefined>>,
): string {
  const width = Math.max(...Object.keys(facts).map((name) => name.length))
  return Object.entries(facts)
    .map(([name, value]) => `${name.padEnd(width)}  ${cellText(value)}`)
    .join('\n')
}
