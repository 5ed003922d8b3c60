import type { Table, TableColumn } from '../../storage/index.ts'
import { drawnPlaces } from '../drawn-places.ts'
import type { ContentReference, EmbeddingSample, MonitorDeclaration, TextSample } from '../model.ts'

export type ContentColumns = Pick<MonitorDeclaration, 'texts' | 'embeddings'>

/** Texts that are kept of a column, and signs of each. */
const keptTexts = 500
const keptSigns = 2000
/** Vectors that are kept, fewer where they are long. */
const [fewestVectors, mostVectors, keptNumbers] = [50, 200, 100_000]

export const hasContent = ({ texts, embeddings }: ContentColumns): boolean =>
  texts.length + embeddings.length > 0

/** Whether a column is read as text or as part of an embedding, and not by its single values. */
export const isContent = (name: string, { texts, embeddings }: ContentColumns): boolean =>
  texts.includes(name) || embeddings.some((one) => name === one || placeIn(one, name) !== undefined)

/** What is kept of the texts and embeddings of a reference. */
export const contentReference = (
  table: Table,
  { texts, embeddings }: ContentColumns,
): ContentReference => ({
  texts: Object.fromEntries(texts.map((name) => [name, textSample(table, name)])),
  embeddings: Object.fromEntries(embeddings.map((name) => [name, embeddingSample(table, name)])),
})

/** Drawn texts; null where there is no such column. */
export function textSample({ columns, rowCount }: Table, name: string): TextSample | null {
  const column = columns.find((one) => one.name === name)
  if (!column) return null
  const { values } = column
  const present: string[] = []
  for (let row = 0; row < rowCount; row++) {
    const value = values[row]
    if (value === null || value === undefined || Number.isNaN(value)) continue
    const text = String(value)
    if (text.trim() !== '') present.push(text)
  }
  const sample = draw(present, keptTexts).map((text) => text.slice(0, keptSigns))
  return { rows: rowCount, empty: rowCount - present.length, sample }
}

/** Drawn vectors of the length that most have; null where no column holds any. */
export function embeddingSample(table: Table, name: string): EmbeddingSample | null {
  const vectors = vectorsOf(table, name)
  if (!vectors) return null
  const lengths = new Map<number, number>()
  let missing = 0
  for (const vector of vectors) {
    if (vector === null) missing++
    else if (vector) lengths.set(vector.length, (lengths.get(vector.length) ?? 0) + 1)
  }
  const [commonest] = [...lengths].sort(([a, m], [b, n]) => n - m || b - a)
  const dimension = commonest?.[0] ?? 0
  const fit = vectors.filter((one): one is number[] => !!one && one.length === dimension)
  const most = Math.floor(keptNumbers / Math.max(1, dimension))
  return {
    rows: table.rowCount,
    missing,
    invalid: table.rowCount - missing - fit.length,
    dimension,
    sample: draw(fit, Math.min(mostVectors, Math.max(fewestVectors, most))).map((vector) =>
      vector.map((value) => Number(value.toPrecision(6))),
    ),
  }
}

/** A vector of finite numbers of each row; null where it is missing, undefined where it is none. */
function vectorsOf(
  { columns, rowCount }: Table,
  name: string,
): (number[] | null | undefined)[] | null {
  const whole = columns.find((column) => column.name === name)
  if (whole) return Array.from({ length: rowCount }, (_, row) => vectorIn(whole.values[row]))
  const parts = columns
    .flatMap((column) => {
      const place = placeIn(name, column.name)
      return place === undefined ? [] : [{ place, column }]
    })
    .sort((a, b) => a.place - b.place)
    .map(({ column }) => column)
  if (parts.length === 0) return null
  return Array.from({ length: rowCount }, (_, row) => vectorOver(parts, row))
}

function vectorOver(parts: readonly TableColumn[], row: number): number[] | null | undefined {
  const cells = parts.map(({ values }) => values[row])
  const isMissing = (cell: unknown): boolean =>
    cell === null || cell === undefined || cell === '' || Number.isNaN(cell)
  if (cells.every(isMissing)) return null
  // Rows of shorter vectors leave the last places empty.
  while (isMissing(cells.at(-1))) cells.pop()
  return finite(cells.map((cell) => (isMissing(cell) ? Number.NaN : Number(cell))))
}

/** Lists come as text: `[0.1, 0.2]`. */
function vectorIn(cell: unknown): number[] | null | undefined {
  if (cell === null || cell === undefined || cell === '' || Number.isNaN(cell)) return null
  if (typeof cell !== 'string') return undefined
  let read: unknown
  try {
    read = JSON.parse(cell)
  } catch {
    return undefined
  }
  return Array.isArray(read) && read.every((one) => typeof one === 'number')
    ? finite(read)
    : undefined
}

const finite = (vector: number[]): number[] | undefined =>
  vector.length > 0 && vector.every(Number.isFinite) ? vector : undefined

/** The place of a column in an embedding: `emb[3]`, `emb_3`. */
function placeIn(embedding: string, column: string): number | undefined {
  if (!column.startsWith(embedding)) return undefined
  const [, inBrackets, afterLine] =
    /^(?:\[(\d{1,5})\]|_(\d{1,5}))$/.exec(column.slice(embedding.length)) ?? []
  const place = inBrackets ?? afterLine
  return place === undefined ? undefined : Number(place)
}

const draw = <Item>(items: readonly Item[], most: number): readonly Item[] =>
  drawnPlaces(items.length, most).map((place) => items[place]!)
