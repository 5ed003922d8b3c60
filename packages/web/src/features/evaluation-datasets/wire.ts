import type { Page } from '@kaizen/contracts'

/** What is read of MLflow's answers about data sets that answers are evaluated on; parts of them are JSON in texts. */
export interface EvaluationDataset {
  readonly id: string
  readonly name: string
  readonly records: number | null
  readonly digest: string
  readonly createdAt: number | null
  readonly updatedAt: number | null
  readonly createdBy: string
  readonly updatedBy: string
  readonly experimentIds: readonly string[]
  readonly tags: ReadonlyMap<string, string>
  /** Fields and their types, by part: inputs, outputs, expectations. */
  readonly schema: ReadonlyMap<string, string>
}

export interface EvaluationRecord {
  readonly id: string
  readonly inputs: unknown
  readonly outputs: unknown
  readonly expectations: unknown
  readonly tags: ReadonlyMap<string, string>
  readonly source: string
  readonly traceId: string | null
  readonly createdAt: number | null
  readonly updatedAt: number | null
  readonly updatedBy: string
  /** All of it as text in lower case, for searching. */
  readonly words: string
}

type Fields = Readonly<Record<string, unknown>>
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number | null => {
  const parsed = Number(value ?? Number.NaN)
  return Number.isFinite(parsed) ? parsed : null
}
const texts = (value: unknown): ReadonlyMap<string, string> =>
  new Map(Object.entries(fields(value)).map(([key, inner]) => [key, String(inner)]))

function parsed(value: unknown): unknown {
  try {
    return JSON.parse(text(value))
  } catch {
    return null
  }
}

export function readDataset(value: unknown): EvaluationDataset {
  const dataset = fields(value)
  const parts = fields(parsed(dataset['schema']))
  return {
    id: text(dataset['dataset_id']),
    name: text(dataset['name']),
    records: dataset['profile'] ? number(fields(parsed(dataset['profile']))['num_records']) : 0,
    digest: text(dataset['digest']),
    createdAt: number(dataset['created_time']),
    updatedAt: number(dataset['last_update_time']),
    createdBy: text(dataset['created_by']),
    updatedBy: text(dataset['last_updated_by']),
    experimentIds: list(dataset['experiment_ids']).map(String),
    tags: texts(parsed(dataset['tags'])),
    schema: new Map(
      ['inputs', 'outputs', 'expectations'].flatMap((part) =>
        typeof parts[part] === 'string'
          ? [[part, String(parts[part])] as const]
          : [...texts(parts[part])].map(([name, type]) => [`${part}.${name}`, type] as const),
      ),
    ),
  }
}

const pageOf = <Item>(answer: unknown, items: readonly Item[]): Page<Item> => {
  const token = text(fields(answer)['next_page_token'])
  return { items: [...items], ...(token !== '' && { nextPageToken: token }) }
}

export const readDatasetPage = (answer: unknown): Page<EvaluationDataset> =>
  pageOf(answer, list(fields(answer)['datasets']).map(readDataset))

export const readRecordPage = (answer: unknown): Page<EvaluationRecord> =>
  pageOf(answer, list(parsed(fields(answer)['records'])).map(readRecord))

function readRecord(value: unknown): EvaluationRecord {
  const record = fields(value)
  const { inputs = null, outputs = null, expectations = null } = record
  const type = text(record['source_type'])
  const from = text(record['source_id'])
  return {
    id: text(record['dataset_record_id']),
    inputs,
    outputs,
    expectations,
    tags: texts(record['tags']),
    source: [type.toLowerCase(), from].filter(Boolean).join(' '),
    traceId: type === 'TRACE' && from !== '' ? from : null,
    createdAt: number(record['created_time']),
    updatedAt: number(record['last_update_time']),
    updatedBy: text(record['last_updated_by']),
    words: JSON.stringify([inputs, outputs, expectations, record['tags']]).toLowerCase(),
  }
}

/** Records that hold every word of a text, wherever in them. */
export function recordsWith(
  records: readonly EvaluationRecord[],
  wanted: string,
): readonly EvaluationRecord[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return records
  return records.filter((record) => words.every((word) => record.words.includes(word)))
}

/** A part of a record in one line; what is a text stays as it is. */
export function inOneLine(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  const entries = Object.entries(fields(value))
  const [only] = entries
  if (!Array.isArray(value) && entries.length === 1 && typeof only?.[1] === 'string') return only[1]
  return JSON.stringify(value)
}
