import { type Dialect, PreparedQuery, type Reader, type Tx, tables } from '../storage/index.ts'

interface SubjectTables {
  audit_event: { seq: number; subject: string }
  audit_event_subject: { subject: string; seq: number }
  audit_cursor: { name: string; seq: number }
}

/** Up to which event subjects are listed; those of later events are found by looking at each event. */
const cursorName = 'audit.subjects'

const cursor = new PreparedQuery<readonly [name: string], { readonly seq: number }>(
  (reader, name) =>
    tables<SubjectTables>(reader).selectFrom('audit_cursor').select('seq').where('name', '=', name),
)

export async function readListed(reader: Reader, dialect: Dialect): Promise<number> {
  const [row] = await cursor.run(reader, dialect, cursorName)
  return row?.seq ?? 0
}

/** Events after `after`, up to and with `upTo`. */
export interface EventRange {
  readonly after: number
  readonly upTo: number
}

/** Lists the subjects of events; another process may have listed them too. */
export async function listSubjects(tx: Tx, { after, upTo }: EventRange): Promise<void> {
  await tables<SubjectTables>(tx)
    .insertInto('audit_event_subject')
    .columns(['subject', 'seq'])
    .expression((eb) =>
      eb
        .selectFrom('audit_event')
        .select(['subject', 'seq'])
        .where('seq', '>', after)
        .where('seq', '<=', upTo)
        // Rows that will lie together are written together.
        .orderBy('subject')
        .orderBy('seq'),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await tables<SubjectTables>(tx)
    .insertInto('audit_cursor')
    .values({ name: cursorName, seq: upTo })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ seq: upTo }).where('audit_cursor.seq', '<', upTo),
    )
    .execute()
}

/** The first of these events whose subject does not name it, though it should. */
export async function findUnlisted(
  reader: Reader,
  { after, upTo }: EventRange,
): Promise<number | undefined> {
  const row = await tables<SubjectTables>(reader)
    .selectFrom('audit_event')
    .leftJoin('audit_event_subject as listed', (join) =>
      join
        .onRef('listed.subject', '=', 'audit_event.subject')
        .onRef('listed.seq', '=', 'audit_event.seq'),
    )
    .select('audit_event.seq')
    .where('audit_event.seq', '>', after)
    .where('audit_event.seq', '<=', upTo)
    .where('listed.seq', 'is', null)
    .orderBy('audit_event.seq')
    .limit(1)
    .executeTakeFirst()
  return row?.seq
}
