import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../../storage/index.ts'

/** Deleted runs know since when; those from before count from now on. */
export async function createDeletionTime(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema.alterTable('run').addColumn('deleted_at', types.integer).execute()
  await sql`update run set deleted_at = ${Date.now()} where lifecycle = 'deleted'`.execute(db)
}
