import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type FeedbackItem, KaizenError } from '@kaizen/contracts'

/** Which fields of a file hold what. */
export interface LabelFields {
  readonly id: string
  readonly value: string
  readonly observedAt: string
}

/**
 * Reads ground truth from a file a line at a time: JSON Lines (`.jsonl`, `.ndjson`), or CSV with a header line.
 * @throws INVALID_DATA naming the line
 */
export async function* readLabels(path: string, fields: LabelFields): AsyncGenerator<FeedbackItem> {
  const lines = createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })
  const parse = /\.(jsonl|ndjson)$/.test(path) ? fromJson : undefined
  let header: readonly string[] | undefined
  let number = 0
  for await (const line of lines) {
    number++
    const text = number === 1 ? line.replace(/^\ufeff/, '') : line
    if (text.trim() === '') continue
    const where = `${path}:${number}`
    if (parse) {
      yield itemOf(parse(text, where), fields, where)
      continue
    }
    const cells = splitCsv(text, where)
    if (!header) {
      header = cells
      continue
    }
    if (cells.length !== header.length) {
      throw invalid(where, `${cells.length} values for ${header.length} columns`)
    }
    const names = header
    const record = Object.fromEntries(cells.map((cell, i) => [names[i], scalar(cell)]))
    yield itemOf(record, fields, where)
  }
}

const invalid = (where: string, problem: string): KaizenError =>
  new KaizenError('INVALID_DATA', `${where}: ${problem}`)

function fromJson(line: string, where: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Told below, like everything that is no object.
  }
  throw invalid(where, 'this is no JSON object')
}

function itemOf(
  record: Readonly<Record<string, unknown>>,
  { id, value, observedAt }: LabelFields,
  where: string,
): FeedbackItem {
  const label = record[value]
  const name = record[id]
  if (name === undefined || name === '') throw invalid(where, `the field "${id}" is missing`)
  if (typeof label !== 'number' && typeof label !== 'string' && typeof label !== 'boolean') {
    throw invalid(where, `the field "${value}" is no number, text or truth value`)
  }
  const at = record[observedAt]
  if (at === undefined || at === '' || at === null)
    return { inferenceId: String(name), value: label }
  const ms = typeof at === 'number' ? at : Date.parse(String(at))
  if (!Number.isFinite(ms)) throw invalid(where, `the field "${observedAt}" is no time`)
  return { inferenceId: String(name), value: label, observedAt: Math.floor(ms) }
}

/** Numbers and truth values as such, all else as text. */
function scalar(cell: string): string | number | boolean {
  if (cell === 'true' || cell === 'false') return cell === 'true'
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(cell) ? Number(cell) : cell
}

/** One line of CSV (RFC 4180); labels hold no line breaks. */
function splitCsv(line: string, where: string): readonly string[] {
  const cells: string[] = []
  let at = 0
  while (at <= line.length) {
    if (line[at] !== '"') {
      const end = line.indexOf(',', at)
      cells.push(line.slice(at, end < 0 ? line.length : end))
      if (end < 0) break
      at = end + 1
      continue
    }
    const quoted = /^"((?:[^"]|"")*)"(,|$)/.exec(line.slice(at))
    if (!quoted) throw invalid(where, 'a quoted value does not end')
    cells.push(quoted[1]!.replaceAll('""', '"'))
    at += quoted[0].length
    if (quoted[2] === '') break
  }
  return cells
}
