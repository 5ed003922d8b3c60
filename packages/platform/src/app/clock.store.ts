import { type Migration, type Reader, type Tx, tables } from '../storage/index.ts'

interface ClockTables {
  replay_clock: { id: number; now: number }
}

export const appMigrations: readonly Migration[] = [
  {
    name: '1400-app-replay-clock',
    async up(db, types) {
      await db.schema
        .createTable('replay_clock')
        .addColumn('id', types.integer, (column) => column.primaryKey())
        .addColumn('now', types.integer, (column) => column.notNull())
        .execute()
    },
  },
]

/** Where the replay clock stood when the server last ran. */
export async function readReplayClock(reader: Reader): Promise<number | undefined> {
  const row = await tables<ClockTables>(reader)
    .selectFrom('replay_clock')
    .select('now')
    .where('id', '=', 1)
    .executeTakeFirst()
  return row?.now
}

export async function writeReplayClock(tx: Tx, now: number): Promise<void> {
  await tables<ClockTables>(tx)
    .insertInto('replay_clock')
    .values({ id: 1, now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ now }))
    .execute()
}
