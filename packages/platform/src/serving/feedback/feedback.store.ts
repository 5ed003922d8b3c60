import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { Label, TimeSpan } from '../model.ts'

interface FeedbackTables {
  serving_feedback: {
    endpoint: string
    inference_id: string
    value: string
    observed_at: number | null
    received_at: number
    predicted_at: number
    corrections: number
    change: number
    lesson: string | null
  }
  serving_feedback_head: { endpoint: string; change: number }
}
export type FeedbackRow = FeedbackTables['serving_feedback']

/** Rows per statement; databases limit the values that one may bind. */
const chunkRows = 500

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += chunkRows) yield items.slice(at, at + chunkRows)
}

/** Stored labels by inference id. */
export async function findLabels(
  reader: Reader,
  endpoint: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, FeedbackRow>> {
  const found = new Map<string, FeedbackRow>()
  for (const chunk of chunks(ids)) {
    const rows = await tables<FeedbackTables>(reader)
      .selectFrom('serving_feedback')
      .selectAll()
      .where('endpoint', '=', endpoint)
      .where('inference_id', 'in', chunk)
      .execute()
    for (const row of rows) found.set(row.inference_id, row)
  }
  return found
}

export async function putLabels(tx: Tx, rows: readonly FeedbackRow[]): Promise<void> {
  for (const chunk of chunks(rows)) {
    await tables<FeedbackTables>(tx)
      .insertInto('serving_feedback')
      .values([...chunk])
      .onConflict((conflict) =>
        conflict.columns(['endpoint', 'inference_id']).doUpdateSet((excluded) => ({
          value: excluded.ref('excluded.value'),
          observed_at: excluded.ref('excluded.observed_at'),
          received_at: excluded.ref('excluded.received_at'),
          predicted_at: excluded.ref('excluded.predicted_at'),
          corrections: excluded.ref('excluded.corrections'),
          change: excluded.ref('excluded.change'),
          lesson: excluded.ref('excluded.lesson'),
        })),
      )
      .execute()
  }
}

/** The next number of change of an endpoint's labels. */
export async function nextChange(tx: Tx, endpoint: string): Promise<number> {
  const row = await tables<FeedbackTables>(tx)
    .insertInto('serving_feedback_head')
    .values({ endpoint, change: 1 })
    .onConflict((conflict) =>
      conflict.column('endpoint').doUpdateSet((current) => ({
        change: current('serving_feedback_head.change', '+', 1),
      })),
    )
    .returning('change')
    .executeTakeFirstOrThrow()
  return row.change
}

/** Labels of predictions with event time in the span. */
export async function labelsIn(
  reader: Reader,
  endpoint: string,
  { from, to }: TimeSpan,
): Promise<ReadonlyMap<string, Label>> {
  const rows = await tables<FeedbackTables>(reader)
    .selectFrom('serving_feedback')
    .select(['inference_id', 'value'])
    .where('endpoint', '=', endpoint)
    .where('predicted_at', '>=', from)
    .where('predicted_at', '<', to)
    .execute()
  return new Map(rows.map((row) => [row.inference_id, JSON.parse(row.value) as Label]))
}

/** How many labelled predictions have event time at or after `since`. */
export async function countLabels(
  reader: Reader,
  endpoint: string,
  since: number,
): Promise<number> {
  const row = await tables<FeedbackTables>(reader)
    .selectFrom('serving_feedback')
    .select((count) => count.fn.countAll<number>().as('labels'))
    .where('endpoint', '=', endpoint)
    .where('predicted_at', '>=', since)
    .executeTakeFirstOrThrow()
  return Number(row.labels)
}

/** The span of event time whose labels changed after a cursor. */
export async function changesSince(
  reader: Reader,
  endpoint: string,
  cursor: number,
): Promise<{ readonly cursor: number; readonly span: TimeSpan | null }> {
  const row = await tables<FeedbackTables>(reader)
    .selectFrom('serving_feedback')
    .select((all) => [
      all.fn.max('change').as('newest'),
      all.fn.min('predicted_at').as('first'),
      all.fn.max('predicted_at').as('last'),
    ])
    .where('endpoint', '=', endpoint)
    .where('change', '>', cursor)
    .executeTakeFirst()
  if (!row || row.newest === null || row.first === null || row.last === null) {
    return { cursor, span: null }
  }
  return {
    cursor: Number(row.newest),
    span: { from: Number(row.first), to: Number(row.last) + 1 },
  }
}
