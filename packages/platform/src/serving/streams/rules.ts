import type { Positions, TopicRecord } from './model.ts'

/** Why a record cannot be a row; undefined where it may be one. */
export function problemOf({ value }: TopicRecord): string | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(value)
  } catch {
    return 'it is not JSON'
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return undefined
  return 'it is not a JSON object of columns'
}

/** Positions after records have been taken. Those of a partition come in order. */
export function advanced(positions: Positions, records: readonly TopicRecord[]): Positions {
  const next: Record<string, number> = { ...positions }
  for (const { partition, position } of records) next[partition] = position + 1
  return next
}

/** Records that lie where the stream is or behind it: a consumer whose group was formed anew may bring earlier ones again. */
export const unread = (
  positions: Positions,
  records: readonly TopicRecord[],
): readonly TopicRecord[] =>
  records.filter(({ partition, position }) => position >= (positions[partition] ?? 0))

/** The name of an answer: the same record gets the same one however often it is scored. */
export const answerId = (stream: string, { partition, position }: TopicRecord): string =>
  `${stream}/${partition}/${position}`
