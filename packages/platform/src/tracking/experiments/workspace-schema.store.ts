import { type Kysely, sql } from 'kysely'
import type { Dialect } from '../../storage/index.ts'

/** Names of experiments are unique within their workspace; what was there before is in the default one. */
export async function createWorkspaceColumns(
  db: Kysely<unknown>,
  _types: unknown,
  dialect: Dialect,
): Promise<void> {
  const addTo = (table: string) =>
    sql`alter table ${sql.table(table)} add column workspace text not null default 'default'`.execute(
      db,
    )
  await addTo('evaluation_dataset')
  if (dialect === 'postgres') {
    await addTo('experiment')
    await sql`alter table experiment drop constraint experiment_name_key`.execute(db)
  } else await rebuild(db)
  await sql`create unique index experiment_by_name on experiment (workspace, name)`.execute(db)
}

/** SQLite cannot take a constraint away from a table. */
async function rebuild(db: Kysely<unknown>): Promise<void> {
  await sql`create table experiment_next (number integer primary key, name text not null,
    artifact_location text not null, lifecycle text not null, created_at integer not null,
    updated_at integer not null, workspace text not null default 'default')`.execute(db)
  await sql`insert into experiment_next (number, name, artifact_location, lifecycle, created_at, updated_at)
    select number, name, artifact_location, lifecycle, created_at, updated_at from experiment`.execute(
    db,
  )
  await sql`drop table experiment`.execute(db)
  await sql`alter table experiment_next rename to experiment`.execute(db)
}
