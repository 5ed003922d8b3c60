import { type Reader, type Tx, tables } from '../../storage/index.ts'

interface BanditTables {
  serving_bandit_arm: {
    endpoint: string
    arm: string
    model: string
    version: number
    lesson: string
    rewards: string
  }
  serving_bandit_cursor: { endpoint: string; lesson: string; matured_until: number }
}
export type BanditArmRow = BanditTables['serving_bandit_arm']

/** What arms of an endpoint have earned in a lesson. */
export function armRewards(
  reader: Reader,
  endpoint: string,
  lesson: string,
): Promise<readonly BanditArmRow[]> {
  return tables<BanditTables>(reader)
    .selectFrom('serving_bandit_arm')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .where('lesson', '=', lesson)
    .execute()
}

export async function putArmRewards(tx: Tx, row: BanditArmRow): Promise<void> {
  await tables<BanditTables>(tx)
    .insertInto('serving_bandit_arm')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['endpoint', 'arm', 'model', 'version', 'lesson'])
        .doUpdateSet({ rewards: row.rewards }),
    )
    .execute()
}

/** Up to which event time a lesson is learnt; undefined before it has begun. */
export async function cursorOf(
  reader: Reader,
  { endpoint, lesson }: { readonly endpoint: string; readonly lesson: string },
): Promise<number | undefined> {
  const row = await tables<BanditTables>(reader)
    .selectFrom('serving_bandit_cursor')
    .select('matured_until')
    .where('endpoint', '=', endpoint)
    .where('lesson', '=', lesson)
    .executeTakeFirst()
  return row && Number(row.matured_until)
}

/** The cursor of a lesson, begun at `start` where there is none; others who learn it wait until the transaction ends. */
export async function lockLesson(
  tx: Tx,
  { endpoint, lesson }: { readonly endpoint: string; readonly lesson: string },
  start: number,
): Promise<number> {
  const row = await tables<BanditTables>(tx)
    .insertInto('serving_bandit_cursor')
    .values({ endpoint, lesson, matured_until: start })
    .onConflict((conflict) =>
      conflict.columns(['endpoint', 'lesson']).doUpdateSet((current) => ({
        matured_until: current.ref('serving_bandit_cursor.matured_until'),
      })),
    )
    .returning('matured_until')
    .executeTakeFirstOrThrow()
  return Number(row.matured_until)
}

export async function moveCursor(
  tx: Tx,
  { endpoint, lesson }: { readonly endpoint: string; readonly lesson: string },
  maturedUntil: number,
): Promise<void> {
  await tables<BanditTables>(tx)
    .updateTable('serving_bandit_cursor')
    .set({ matured_until: maturedUntil })
    .where('endpoint', '=', endpoint)
    .where('lesson', '=', lesson)
    .execute()
}
