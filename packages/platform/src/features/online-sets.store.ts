import { type Reader, type Tx, tables } from '../storage/index.ts'
import { emptyOnlineState, type OnlineSet, type OnlineSetState } from './model.ts'

interface SetTables {
  feature_online_set: { no: number; view: string; digest: string; state: string }
}

const toSet = (row: SetTables['feature_online_set']): OnlineSet => ({
  no: row.no,
  view: row.view,
  digest: row.digest,
  state: JSON.parse(row.state) as OnlineSetState,
})

export async function findSet(
  reader: Reader,
  view: string,
  digest: string,
): Promise<OnlineSet | undefined> {
  const row = await tables<SetTables>(reader)
    .selectFrom('feature_online_set')
    .selectAll()
    .where('view', '=', view)
    .where('digest', '=', digest)
    .executeTakeFirst()
  return row && toSet(row)
}

export async function setsOf(reader: Reader, view: string): Promise<readonly OnlineSet[]> {
  const rows = await tables<SetTables>(reader)
    .selectFrom('feature_online_set')
    .selectAll()
    .where('view', '=', view)
    .execute()
  return rows.map(toSet)
}

/** The rows of these values, found or begun. */
export async function ensureSet(tx: Tx, view: string, digest: string): Promise<OnlineSet> {
  const found = await findSet(tx, view, digest)
  if (found) return found
  const db = tables<SetTables>(tx)
  const { last } = await db
    .selectFrom('feature_online_set')
    .select(({ fn }) => fn.max('no').as('last'))
    .executeTakeFirstOrThrow()
  const set = { no: Number(last ?? 0) + 1, view, digest, state: emptyOnlineState }
  await db
    .insertInto('feature_online_set')
    .values({ ...set, state: JSON.stringify(set.state) })
    .execute()
  return set
}

export async function changeState(
  tx: Tx,
  no: number,
  change: (state: OnlineSetState) => OnlineSetState,
): Promise<void> {
  const db = tables<SetTables>(tx)
  const row = await db
    .selectFrom('feature_online_set')
    .select('state')
    .where('no', '=', no)
    .executeTakeFirst()
  if (!row) return
  const state = change(JSON.parse(row.state) as OnlineSetState)
  await db
    .updateTable('feature_online_set')
    .set({ state: JSON.stringify(state) })
    .where('no', '=', no)
    .execute()
}

export async function deleteSets(tx: Tx, view: string): Promise<void> {
  await tables<SetTables>(tx).deleteFrom('feature_online_set').where('view', '=', view).execute()
}
