import { type Reader, type Tx, tables } from '../../storage/index.ts'

interface TopicTables {
  serving_topic: { name: string; next: number }
  serving_topic_record: {
    topic: string
    position: number
    record_id: string | null
    key: string | null
    value: string
    at: number
  }
}

export interface NewRecord {
  readonly id: string | null
  readonly key: string | null
  readonly value: string
}

export interface KeptRecord extends NewRecord {
  readonly position: number
  readonly at: number
}

/** Rows of one statement. */
const atOnce = 200

/** Appends what the topic does not hold by its id; answers how many, and the position after them. */
export async function appendRecords(
  tx: Tx,
  topic: string,
  { records, at }: { readonly records: readonly NewRecord[]; readonly at: number },
): Promise<{ readonly appended: number; readonly next: number }> {
  const db = tables<TopicTables>(tx)
  // The row of the topic is locked until the transaction ends, so positions come in order of commits.
  await db
    .insertInto('serving_topic')
    .values({ name: topic, next: 0 })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const { next: first } = await db
    .updateTable('serving_topic')
    .set((eb) => ({ next: eb('next', '+', 0) }))
    .where('name', '=', topic)
    .returning('next')
    .executeTakeFirstOrThrow()
  const held = await heldIds(tx, topic, records)
  const seen = new Set(held)
  const fresh = records.filter(({ id }) => {
    if (id === null) return true
    if (seen.has(id)) return false
    seen.add(id)
    return true
  })
  for (let from = 0; from < fresh.length; from += atOnce) {
    const rows = fresh.slice(from, from + atOnce).map(({ id, key, value }, i) => ({
      topic,
      position: first + from + i,
      record_id: id,
      key,
      value,
      at,
    }))
    await db.insertInto('serving_topic_record').values(rows).execute()
  }
  const next = first + fresh.length
  await db.updateTable('serving_topic').set({ next }).where('name', '=', topic).execute()
  return { appended: fresh.length, next }
}

async function heldIds(
  tx: Tx,
  topic: string,
  records: readonly NewRecord[],
): Promise<readonly string[]> {
  const ids = records.flatMap(({ id }) => id ?? [])
  const held: string[] = []
  for (let from = 0; from < ids.length; from += atOnce) {
    const rows = await tables<TopicTables>(tx)
      .selectFrom('serving_topic_record')
      .select('record_id')
      .where('topic', '=', topic)
      .where('record_id', 'in', ids.slice(from, from + atOnce))
      .execute()
    for (const { record_id: id } of rows) if (id !== null) held.push(id)
  }
  return held
}

export async function readRecords(
  reader: Reader,
  topic: string,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<readonly KeptRecord[]> {
  const rows = await tables<TopicTables>(reader)
    .selectFrom('serving_topic_record')
    .selectAll()
    .where('topic', '=', topic)
    .where('position', '>=', from)
    .orderBy('position')
    .limit(limit)
    .execute()
  return rows.map(({ position, record_id: id, key, value, at }) => ({
    position,
    id,
    key,
    value,
    at,
  }))
}

/** The position after the last record; undefined where there is no such topic. */
export async function endOf(reader: Reader, topic: string): Promise<number | undefined> {
  const row = await tables<TopicTables>(reader)
    .selectFrom('serving_topic')
    .select('next')
    .where('name', '=', topic)
    .executeTakeFirst()
  return row?.next
}

/** Takes away records written before a time that lie before a position. */
export async function dropRecords(
  tx: Tx,
  topic: string,
  { before, until }: { readonly before: number; readonly until: number },
): Promise<void> {
  await tables<TopicTables>(tx)
    .deleteFrom('serving_topic_record')
    .where('topic', '=', topic)
    .where('at', '<', before)
    .where('position', '<', until)
    .execute()
}

export async function allTopics(
  reader: Reader,
): Promise<readonly { name: string; next: number }[]> {
  return tables<TopicTables>(reader).selectFrom('serving_topic').selectAll().execute()
}
