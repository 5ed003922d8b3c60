import { KaizenError } from '@kaizen/contracts'
import type { WireJson } from './json.ts'

/** What a request says about its rows besides their inputs. */
export interface PredictionContext {
  /** Names the request; rows are `<id>` or, of several, `<id>:<row>`. */
  readonly id: string | undefined
  /** Names each row; goes before `id`. */
  readonly inferenceIds: readonly string[] | undefined
  /** Event times in milliseconds: one, or one a row. */
  readonly at: number | readonly number[] | undefined
}

export const maxIdLength = 256

const invalid = (where: string, problem: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `${where}: ${problem}`)

/** @throws INVALID_REQUEST for ids that are empty, too long or ill-formed. */
export function parseId(where: string, value: WireJson | undefined): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string' || value.length > maxIdLength || !value.isWellFormed()) {
    throw invalid(where, `expected text of at most ${maxIdLength} characters`)
  }
  return value
}

/** A list of ids, or one text with commas between them (protocol parameters hold no lists). */
export function parseIds(
  where: string,
  value: WireJson | undefined,
): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  const items = typeof value === 'string' ? value.split(',') : value
  if (!Array.isArray(items)) throw invalid(where, 'expected a list of inference ids')
  const ids = items.map((item: WireJson, i) => {
    const id = parseId(`${where}[${i}]`, item)
    if (id === undefined) throw invalid(`${where}[${i}]`, 'an inference id must not be empty')
    return id
  })
  if (new Set(ids).size !== ids.length) throw invalid(where, 'an inference id stands twice')
  return ids
}

const maxTime = 8.64e15

/** Milliseconds or ISO 8601 with a zone; one for all rows or a list. */
export function parseEventTime(
  where: string,
  value: WireJson | undefined,
): number | readonly number[] | undefined {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return value.map((item, i) => oneTime(`${where}[${i}]`, item))
  return oneTime(where, value as WireJson)
}

function oneTime(where: string, value: WireJson): number {
  const ms =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^\d+$/.test(value)
        ? Number(value)
        : typeof value === 'string' && /^\d{4}-\d\d-\d\dT.+(Z|[+-]\d\d:?\d\d)$/.test(value)
          ? Date.parse(value)
          : Number.NaN
  if (!(ms >= 0 && ms <= maxTime)) {
    throw invalid(
      where,
      'expected milliseconds since 1970 or ISO 8601 text such as "2024-05-01T12:00:00Z"',
    )
  }
  return Math.floor(ms)
}

/** Ids and times of `rows` rows. @throws INVALID_REQUEST when there are not as many as rows. */
export function rowContext(
  context: PredictionContext,
  requestId: string,
  rows: number,
): { readonly ids: readonly string[]; readonly at: number | Float64Array | undefined } {
  const { inferenceIds, at } = context
  if (inferenceIds && inferenceIds.length !== rows) {
    throw invalid('inference_ids', `there are ${inferenceIds.length} for ${rows} rows`)
  }
  if (Array.isArray(at) && at.length !== rows) {
    throw invalid('event_time', `there are ${at.length} for ${rows} rows`)
  }
  const ids =
    inferenceIds ??
    (rows === 1 ? [requestId] : Array.from({ length: rows }, (_, i) => `${requestId}:${i}`))
  return { ids, at: typeof at === 'object' ? Float64Array.from(at) : at }
}
