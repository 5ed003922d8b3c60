import { KaizenError } from '@kaizen/contracts'

/**
 * Parses CSV (RFC 4180) with a header line. @throws INVALID_DATA for ragged lines and unclosed quotes
 * @returns the header and the lines after it, all text.
 */
export function parseCsv(text: string): {
  readonly header: readonly string[]
  readonly lines: readonly (readonly string[])[]
} {
  const [header, ...rows] = parseCsvLines(text)
  if (!header) throw new KaizenError('INVALID_DATA', 'the CSV is empty; it needs a header line')
  return { header, lines: rows }
}

/** Parses CSV line by line, all of as many fields as the first. @throws INVALID_DATA */
export function parseCsvLines(text: string): readonly (readonly string[])[] {
  const lines: string[][] = []
  let line: string[] = []
  const end = (): void => {
    lines.push(line)
    line = []
  }
  let at = text.startsWith('\ufeff') ? 1 : 0
  while (at < text.length) {
    const field = readField(text, at, lines.length + 1)
    line.push(field.value)
    at = field.end
    if (text[at] === ',') {
      at++
      // A comma at the very end begins one more, empty field.
      if (at === text.length || text[at] === '\n' || text[at] === '\r') line.push('')
      else continue
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++
    at++
    end()
  }
  const filled = lines.filter((fields) => fields.length > 1 || fields[0] !== '')
  const width = filled[0]?.length
  const ragged = filled.findIndex((fields) => fields.length !== width)
  if (ragged >= 0) {
    throw new KaizenError(
      'INVALID_DATA',
      `row ${ragged} of the CSV has ${filled[ragged]!.length} fields, but the header has ${width}`,
    )
  }
  return filled
}

function readField(
  text: string,
  start: number,
  line: number,
): { readonly value: string; readonly end: number } {
  if (text[start] !== '"') {
    let end = start
    while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end++
    return { value: text.slice(start, end), end }
  }
  let value = ''
  let at = start + 1
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote < 0) {
      throw new KaizenError('INVALID_DATA', `line ${line} of the CSV has a quote that never closes`)
    }
    value += text.slice(at, quote)
    if (text[quote + 1] !== '"') return { value, end: quote + 1 }
    value += '"'
    at = quote + 2
  }
}
