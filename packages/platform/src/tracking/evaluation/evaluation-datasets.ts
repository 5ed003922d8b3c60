import { KaizenError } from '@kaizen/contracts'
import { canonicalJson, sha256 } from '../../kernel/index.ts'
import { checkLength, invalidValue } from '../rules.ts'
import { numeric, type SearchGrammar, textual, textualOrListed } from '../search/filter.ts'

/** Any JSON. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

export interface EvaluationDataset {
  readonly datasetId: string
  readonly name: string
  readonly digest: string
  readonly schema: DatasetSchema | undefined
  readonly createdAt: number
  readonly updatedAt: number
  readonly createdBy: string
  readonly updatedBy: string
  readonly tags: Readonly<Record<string, string>>
  readonly experimentIds: readonly string[]
  readonly records: number
}

/** Types by field; of outputs that are no object the one type. */
export interface DatasetSchema {
  readonly inputs: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>> | string
  readonly expectations: Readonly<Record<string, string>>
  readonly version: '1.0'
}

/** A record as a client sends it. */
export interface RecordFields {
  readonly inputs: JsonObject
  readonly outputs: Json | undefined
  readonly expectations: JsonObject | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly source: JsonObject | undefined
}

export interface EvaluationRecord extends RecordFields {
  readonly recordId: string
  readonly sourceId: string | undefined
  readonly sourceType: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
  readonly createdBy: string
  readonly updatedBy: string
}

export const mostRecordsPerCall = 10_000
const longestTag = 5000

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Records that a client sent as text. @throws INVALID_REQUEST */
export function parseRecords(text: string): readonly RecordFields[] {
  const parsed = parseText('records', text)
  if (!Array.isArray(parsed)) throw invalidValue('records', parsed, 'expected a list of records.')
  if (parsed.length > mostRecordsPerCall)
    throw new KaizenError(
      'INVALID_REQUEST',
      `'records' can hold at most ${mostRecordsPerCall} entries. Got ${parsed.length}.`,
    )
  return parsed.map((record, index) => toFields(record, `records[${index}]`))
}

function toFields(record: unknown, place: string): RecordFields {
  if (!isObject(record)) throw invalidValue(place, record, 'expected an object.')
  const { inputs, outputs, expectations, tags, source } = record
  if (!isObject(inputs)) throw invalidValue(`${place}.inputs`, inputs, 'expected an object.')
  if (expectations !== undefined && expectations !== null && !isObject(expectations))
    throw invalidValue(`${place}.expectations`, expectations, 'expected an object.')
  if (source !== undefined && source !== null && !isObject(source))
    throw invalidValue(`${place}.source`, source, 'expected an object.')
  return {
    inputs,
    outputs,
    expectations: isObject(expectations) ? expectations : undefined,
    tags: tagsOf(tags ?? {}, `${place}.tags`),
    source: isObject(source) ? source : undefined,
  }
}

/** Tags that a client sent as text. @throws INVALID_REQUEST */
export const parseTags = (text: string | undefined): Readonly<Record<string, string>> =>
  text ? tagsOf(parseText('tags', text), 'tags') : {}

/** A tag that is null is none. */
function tagsOf(value: unknown, place: string): Readonly<Record<string, string>> {
  if (!isObject(value)) throw invalidValue(place, value, 'expected an object of texts.')
  const entries = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(
    entries.map(([key, inner]) => {
      if (key === '') throw invalidValue(place, key, 'a key may not be empty.')
      checkLength(`${place} key`, key, 255)
      const text = typeof inner === 'string' ? inner : JSON.stringify(inner)
      checkLength(`${place}.${key.slice(0, 50)}`, text, longestTag)
      return [key, text]
    }),
  )
}

function parseText(parameter: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidValue(parameter, text.slice(0, 100), 'expected JSON.')
  }
}

/** By what goes in is a record known; the order of its fields does not matter. */
export const inputsDigest = (inputs: JsonObject): string => sha256(canonicalJson(inputs))

/** A record after a client sent it again: expectations and tags are added to, outputs replaced. */
export const merged = (known: RecordFields, sent: RecordFields): RecordFields => ({
  inputs: known.inputs,
  outputs: sent.outputs ?? known.outputs,
  expectations:
    sent.expectations || known.expectations
      ? { ...known.expectations, ...sent.expectations }
      : undefined,
  tags: { ...known.tags, ...sent.tags },
  source: known.source ?? sent.source,
})

/** Where a record came from: of a trace its id. */
export function sourceOf(source: JsonObject | undefined): {
  readonly id: string | undefined
  readonly type: string | undefined
} {
  const type = source?.['source_type']
  const data = source?.['source_data']
  const key = type === 'TRACE' ? 'trace_id' : 'source_id'
  const id = isObject(data) ? data[key] : undefined
  return {
    id: typeof id === 'string' ? id : undefined,
    type: typeof type === 'string' ? type : undefined,
  }
}

const typeOf = (value: Json): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float'
  return typeof value
}

const typesOf = (
  known: Readonly<Record<string, string>>,
  more: JsonObject,
): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(more).map(([key, value]) => [key, typeOf(value)])),
  ...known,
})

const emptySchema: DatasetSchema = { inputs: {}, outputs: {}, expectations: {}, version: '1.0' }

/** The schema with what records show for the first time. */
export function widened(
  schema: DatasetSchema | undefined,
  records: readonly RecordFields[],
): DatasetSchema {
  let { inputs, outputs, expectations } = schema ?? emptySchema
  for (const record of records) {
    inputs = typesOf(inputs, record.inputs)
    if (record.expectations) expectations = typesOf(expectations, record.expectations)
    if (record.outputs === undefined || record.outputs === null || typeof outputs === 'string')
      continue
    if (isObject(record.outputs)) outputs = typesOf(outputs, record.outputs)
    else if (Object.keys(outputs).length === 0) outputs = typeOf(record.outputs)
  }
  return { inputs, outputs, expectations, version: '1.0' }
}

export type EvaluationEntity = 'attribute' | 'tag'
const times = { created_time: 'created_at', last_update_time: 'updated_at' } as const

/** What a search of evaluation data sets understands. */
export const evaluationGrammar: SearchGrammar<EvaluationEntity> = [
  {
    entity: 'attribute',
    spellings: ['attribute', 'attributes'],
    keys: { name: 'name', ...times, created_by: 'created_by', last_updated_by: 'updated_by' },
    rule: (key) => {
      if (key === 'name') return textualOrListed
      return key.endsWith('_at') ? numeric : textual
    },
  },
  { entity: 'tag', spellings: ['tag', 'tags'], rule: () => textual },
]

/** What they can be sorted by. */
export const evaluationOrderGrammar = evaluationGrammar.filter(({ entity }) => entity !== 'tag')
