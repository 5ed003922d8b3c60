import type { FeatureView, JsonValue, Materialization, OnlineFeatures } from '@kaizen/contracts'
import { formatCount } from '../../shared/format/number.ts'
import { formatSpan } from '../../shared/format/time.ts'

/** Columns with their types, as one line. */
export const columnWords = (
  columns: readonly { readonly name: string; readonly type: string }[],
): string => columns.map(({ name, type }) => `${name} (${type})`).join(', ')

/** Where a feature comes from: a column, or an aggregate over a window. */
export const sourceWords = ({
  name,
  column,
  aggregate,
}: FeatureView['definition']['features'][number]): string =>
  aggregate
    ? `${aggregate.function} of ${column ?? 'rows'} over ${aggregate.window}`
    : (column ?? name)

/** A value that somebody typed, as its type says; a text that is none stays one, and is refused by name. */
export function typedValue(text: string, type: string): JsonValue {
  if (type === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
  if (type === 'boolean' && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  return text
}

/** Join keys with their types, as one line. */
export const keyWords = ({ joinKeys }: Pick<FeatureView, 'joinKeys'>): string =>
  joinKeys.length === 0 ? 'none: one value for everything' : columnWords(joinKeys)

/** What of a dataset stands online: nothing, all of it, or an older version. */
export function freshness(
  { datasetVersion }: FeatureView['online'],
  latest: number | null | undefined,
): { readonly state: string; readonly words: string } {
  if (datasetVersion === null) return { state: 'waiting', words: 'not materialized yet' }
  if (latest === null || latest === undefined) {
    return { state: 'ok', words: `version ${datasetVersion}` }
  }
  if (datasetVersion === latest) {
    return { state: 'ok', words: `version ${latest}, the newest` }
  }
  return { state: 'attention', words: `version ${datasetVersion}; the newest is ${latest}` }
}

/** Which rows a materialization was asked for. */
export const reachWords = ({ kind, from, to }: Materialization): string =>
  kind === 'window' ? formatSpan(from, to) : 'what is new'

export const writtenWords = ({ rows, written }: Materialization): string =>
  `${formatCount(written)} of ${formatCount(rows)}`

/** One feature of an entity as it was found. */
export interface LookedUp {
  readonly name: string
  readonly value: string | null
  readonly status: string
  /** When it happened; null where nothing was found. */
  readonly at: number | null
}

/** The answer for one entity, without the keys that it begins with. */
export function lookedUp({ metadata, results }: OnlineFeatures, keys: number): LookedUp[] {
  return metadata.feature_names.slice(keys).map((name, index) => {
    const { values, statuses, event_timestamps: times } = results[keys + index]!
    const value = values[0] ?? null
    const status = statuses[0] ?? 'NOT_FOUND'
    return {
      name,
      value: value === null ? null : typeof value === 'string' ? value : JSON.stringify(value),
      status,
      at: status === 'NOT_FOUND' ? null : Date.parse(times[0] ?? ''),
    }
  })
}

/** The words of a status, and how it looks. */
export const statusLooks: Readonly<
  Record<string, { readonly state: string; readonly label: string }>
> = {
  PRESENT: { state: 'ok', label: 'present' },
  NULL_VALUE: { state: 'attention', label: 'missing value' },
  NOT_FOUND: { state: 'waiting', label: 'not found' },
  OUTSIDE_MAX_AGE: { state: 'attention', label: 'too old' },
}
