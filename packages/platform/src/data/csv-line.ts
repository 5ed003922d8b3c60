import type { JsonValue } from '@kaizen/contracts'

/** A line of CSV (RFC 4180). A text that a spreadsheet would take for a formula is told to be text. */
export const csvLine = (cells: readonly JsonValue[]): string =>
  `${cells.map(csvCell).join(',')}\r\n`

function csvCell(value: JsonValue): string {
  if (value === null) return ''
  if (typeof value !== 'string') return quoted(String(value))
  return quoted(/^[=+\-@\t\r]/u.test(value) ? `'${value}` : value)
}

const quoted = (text: string): string =>
  /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text
