import type { CardRevision } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { CardProse } from './cards.ts'

interface CardTables {
  model_card_revision: {
    model_number: number
    version: number
    revision: number
    prose: string
    edited_by: string
    edited_at: number
  }
}
interface VersionKey {
  readonly modelNumber: number
  readonly version: number
}
export interface CardEdit extends CardRevision {
  readonly prose: CardProse
}

/** An edit of a card, the newest unless told. */
export async function findEdit(
  reader: Reader,
  key: VersionKey,
  revision?: number,
): Promise<CardEdit | undefined> {
  const query = tables<CardTables>(reader)
    .selectFrom('model_card_revision')
    .selectAll()
    .where('model_number', '=', key.modelNumber)
    .where('version', '=', key.version)
    .orderBy('revision', 'desc')
    .limit(1)
  const row = await (revision === undefined
    ? query
    : query.where('revision', '=', revision)
  ).executeTakeFirst()
  return (
    row && {
      revision: row.revision,
      by: row.edited_by,
      at: row.edited_at,
      prose: JSON.parse(row.prose) as CardProse,
    }
  )
}

/** Who edited a card when, newest first. */
export async function listEdits(
  reader: Reader,
  key: VersionKey,
  page: { readonly before: number | undefined; readonly limit: number },
): Promise<readonly CardRevision[]> {
  const query = tables<CardTables>(reader)
    .selectFrom('model_card_revision')
    .select(['revision', 'edited_by as by', 'edited_at as at'])
    .where('model_number', '=', key.modelNumber)
    .where('version', '=', key.version)
    .orderBy('revision', 'desc')
    .limit(page.limit)
  return (page.before === undefined ? query : query.where('revision', '<', page.before)).execute()
}

/** Answers false when another edit took the number first. */
export async function insertEdit(tx: Tx, key: VersionKey, edit: CardEdit): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tables<CardTables>(tx)
    .insertInto('model_card_revision')
    .values({
      model_number: key.modelNumber,
      version: key.version,
      revision: edit.revision,
      prose: JSON.stringify(edit.prose),
      edited_by: edit.by,
      edited_at: edit.at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** The cards of a model go with it. */
export async function deleteCards(tx: Tx, modelNumber: number): Promise<void> {
  await tables<CardTables>(tx)
    .deleteFrom('model_card_revision')
    .where('model_number', '=', modelNumber)
    .execute()
}
