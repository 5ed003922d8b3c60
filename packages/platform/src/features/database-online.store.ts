import type { JsonValue } from '@kaizen/contracts'
import { sql } from 'kysely'
import { type Database, PreparedInsert, PreparedQuery, type Tx, tables } from '../storage/index.ts'
import type { OnlineRow } from './model.ts'
import type { OnlineStore, OnlineWrite } from './online-store.ts'

interface OnlineTable {
  set_no: number
  key: string
  event_us: number
  created_us: number | null
  cells: string
}
interface OnlineTables {
  feature_online: OnlineTable
}
type StoredRow = Omit<OnlineTable, 'set_no'>

const toRow = ({ key, event_us, created_us, cells }: StoredRow): OnlineRow => ({
  key,
  eventUs: event_us,
  createdUs: created_us,
  cells: JSON.parse(cells) as readonly JsonValue[],
})

const readOne = new PreparedQuery<readonly [number, string], StoredRow>((reader, set, key) =>
  tables<OnlineTables>(reader)
    .selectFrom('feature_online')
    .select(['key', 'event_us', 'created_us', 'cells'])
    .where('set_no', '=', set)
    .where('key', '=', key),
)

/** Rows that are at least as new as what stands there; the answer has one row for each that was written. */
const upsert = new PreparedInsert<OnlineTable>(
  ['set_no', 'key', 'event_us', 'created_us', 'cells'],
  (tx, rows) =>
    tables<OnlineTables>(tx)
      .insertInto('feature_online')
      .values([...rows])
      .onConflict((conflict) =>
        conflict
          .columns(['set_no', 'key'])
          .doUpdateSet(({ ref }) => ({
            event_us: ref('excluded.event_us'),
            created_us: ref('excluded.created_us'),
            cells: ref('excluded.cells'),
          }))
          .where(
            sql<boolean>`excluded.event_us > feature_online.event_us or (excluded.event_us = feature_online.event_us and (feature_online.created_us is null or excluded.created_us >= feature_online.created_us))`,
          ),
      )
      .returning('set_no'),
)

/** Keys of one statement. */
const keysAtOnce = 500

/** The online store on the product's own database. */
export class DatabaseOnlineStore implements OnlineStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async read(set: number, keys: readonly string[]): Promise<readonly (OnlineRow | undefined)[]> {
    const { reader, dialect } = this.#database
    const found = new Map<string, OnlineRow>()
    const distinct = [...new Set(keys)]
    if (dialect === 'sqlite' || distinct.length === 1) {
      // A prepared look-up costs SQLite a few microseconds; there is no way to a server and back to save.
      for (const key of distinct)
        for (const row of await readOne.run(reader, dialect, set, key)) found.set(key, toRow(row))
    } else {
      for (let at = 0; at < distinct.length; at += keysAtOnce) {
        const rows = await tables<OnlineTables>(reader)
          .selectFrom('feature_online')
          .select(['key', 'event_us', 'created_us', 'cells'])
          .where('set_no', '=', set)
          .where('key', 'in', distinct.slice(at, at + keysAtOnce))
          .execute()
        for (const row of rows) found.set(row.key, toRow(row))
      }
    }
    return keys.map((key) => found.get(key))
  }

  async write({ set, rows, record }: OnlineWrite): Promise<number> {
    const database = this.#database
    return database.write(async (tx) => {
      const written = await upsert.run(
        tx,
        database.dialect,
        rows.map(({ key, eventUs, createdUs, cells }) => ({
          set_no: set,
          key,
          event_us: eventUs,
          created_us: createdUs,
          cells: JSON.stringify(cells),
        })),
      )
      await record(tx, written)
      return written
    })
  }

  async count(set: number): Promise<number> {
    const { n } = await tables<OnlineTables>(this.#database.reader)
      .selectFrom('feature_online')
      .select(({ fn }) => fn.countAll().as('n'))
      .where('set_no', '=', set)
      .executeTakeFirstOrThrow()
    return Number(n)
  }

  async remove(tx: Tx, sets: readonly number[]): Promise<void> {
    if (sets.length === 0) return
    await tables<OnlineTables>(tx)
      .deleteFrom('feature_online')
      .where('set_no', 'in', [...sets])
      .execute()
  }
}
