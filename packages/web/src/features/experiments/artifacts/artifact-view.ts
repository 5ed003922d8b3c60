/**
 * How a file of a run can be looked at. Nothing of it can run: pages are read with the elements of a closed list
 * (`markup`), drawings stand in an image, which no browser lets run anything.
 */
export type ArtifactKind =
  | 'image'
  | 'table'
  | 'json'
  | 'markup'
  | 'drawing'
  | 'signature'
  | 'text'
  | 'preview'
  | 'other'
/** Kinds whose whole content is a text. */
export type TextKind = Exclude<ArtifactKind, 'image' | 'preview' | 'other'>

const images: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
}
const drawings: Readonly<Record<string, string>> = { svg: 'image/svg+xml' }
const texts = new Set(
  'txt log jsonl yaml yml toml ini cfg py r js ts sh sql xml env conda patch diff'.split(' '),
)
const markups = new Set(['md', 'markdown', 'html', 'htm'])
const tables: Readonly<Record<string, string>> = { csv: ',', tsv: '\t' }

/** What the server looks into, as a browser cannot. */
const looked = new Set(['onnx', 'parquet'])

const extensionOf = (path: string): string => /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''

export function artifactKind(path: string): ArtifactKind {
  if (/(^|\/)MLmodel$/.test(path)) return 'signature'
  const extension = extensionOf(path)
  if (extension in images) return 'image'
  if (extension in tables) return 'table'
  if (looked.has(extension)) return 'preview'
  if (extension === 'json') return 'json'
  if (extension === 'svg') return 'drawing'
  if (markups.has(extension)) return 'markup'
  return texts.has(extension) ? 'text' : 'other'
}
export const isMarkdown = (path: string): boolean => /[.](md|markdown)$/i.test(path)
/** The type that an image is given whatever the server says, so that it can only be an image. */
export const imageType = (path: string): string =>
  ({ ...images, ...drawings })[extensionOf(path)] ?? 'image/png'
export const delimiterOf = (path: string): string => tables[extensionOf(path)] ?? ','

/** JSON with one field a line, where it is whole; everything else as it is. */
export function readableText(path: string, text: string): string {
  if (extensionOf(path) !== 'json') return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

export interface Cells {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The table in a JSON file as `log_table` writes it: columns, and rows of values. Null where it is none. */
export function readSplitTable(text: string): Cells | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { columns, data } = value as { readonly columns?: unknown; readonly data?: unknown }
  if (!Array.isArray(columns) || !Array.isArray(data)) return null
  if (!data.every((row) => Array.isArray(row))) return null
  return {
    head: columns.map(cellText),
    rows: data.map((row: readonly unknown[]) => columns.map((_, at) => cellText(row[at]))),
  }
}

/** An image of a table is told by where it lies among the files of the run. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'object') return String(value)
  const { type, filepath } = value as { readonly type?: unknown; readonly filepath?: unknown }
  return type === 'image' && typeof filepath === 'string' ? filepath : JSON.stringify(value)
}

/** Rows of delimited text (RFC 4180): quoted cells may hold delimiters, quotes and line ends. */
export function readDelimited(text: string, delimiter: string): readonly (readonly string[])[] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index]
    if (quoted) {
      if (char !== '"') cell += char
      else if (text[index + 1] === '"') {
        cell += '"'
        index += 1
      } else quoted = false
    } else if (char === '"' && cell === '') quoted = true
    else if (char === delimiter) {
      row.push(cell)
      cell = ''
    } else if (char === '\n') {
      rows.push([...row, cell.replace(/\r$/, '')])
      row = []
      cell = ''
    } else cell += char
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell])
  return rows.filter((one) => one.length > 1 || one[0] !== '')
}

export interface SignatureField {
  readonly side: 'inputs' | 'outputs' | 'params'
  readonly name: string
  readonly type: string
  readonly required: boolean
}

/** The signature in an `MLmodel` file: its YAML holds the fields as JSON in single quotes. Null where there is none. */
export function readSignature(text: string): readonly SignatureField[] | null {
  const block = /^signature:[ \t]*\r?\n((?:[ \t]+.*(?:\r?\n|$))+)/m.exec(text)?.[1]
  if (!block) return null
  const found = [...block.matchAll(/^[ \t]+(inputs|outputs|params):\s*'((?:[^']|'')*)'/gm)]
  return found.flatMap(([, side, quoted]) => fieldsOf(side as SignatureField['side'], quoted ?? ''))
}

function fieldsOf(side: SignatureField['side'], quoted: string): readonly SignatureField[] {
  let fields: unknown
  try {
    // A line that YAML folded is one space in what was written.
    fields = JSON.parse(quoted.replaceAll("''", "'").replaceAll(/\r?\n[ \t]*/g, ' '))
  } catch {
    return []
  }
  if (!Array.isArray(fields)) return []
  return fields.map((one: unknown, index) => {
    const field = (one ?? {}) as Record<string, unknown>
    const tensor = (field['tensor-spec'] ?? {}) as Record<string, unknown>
    const shape = Array.isArray(tensor['shape']) ? ` [${tensor['shape'].join(', ')}]` : ''
    return {
      side,
      name: String(field['name'] ?? index),
      type: `${tensor['dtype'] ?? field['dtype'] ?? field['type'] ?? ''}${shape}`,
      required: field['required'] !== false && field['optional'] !== true,
    }
  })
}
