import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { Workspace } from './model.ts'
import type { IdentityTables } from './tables.ts'

const toWorkspace = (row: IdentityTables['workspace']): Workspace => ({
  name: row.name,
  description: row.description,
  artifactRoot: row.artifact_root,
})

/** By name. */
export async function listWorkspaces(reader: Reader): Promise<readonly Workspace[]> {
  const rows = await tables<IdentityTables>(reader)
    .selectFrom('workspace')
    .selectAll()
    .orderBy('name')
    .execute()
  return rows.map(toWorkspace)
}

export async function findWorkspace(reader: Reader, name: string): Promise<Workspace | undefined> {
  const row = await tables<IdentityTables>(reader)
    .selectFrom('workspace')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toWorkspace(row)
}

/** Whether there is any besides the default one. */
export async function hasOtherWorkspaces(reader: Reader): Promise<boolean> {
  const rows = await tables<IdentityTables>(reader)
    .selectFrom('workspace')
    .select('name')
    .limit(2)
    .execute()
  return rows.length > 1
}

/** Answers whether the name was free. */
export async function insertWorkspace(tx: Tx, workspace: Workspace, now: number): Promise<boolean> {
  const { name, description, artifactRoot } = workspace
  const inserted = await tables<IdentityTables>(tx)
    .insertInto('workspace')
    .values({ name, description, artifact_root: artifactRoot, created_at: now, updated_at: now })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .executeTakeFirst()
  return inserted !== undefined
}

export async function updateWorkspace(tx: Tx, workspace: Workspace, now: number): Promise<void> {
  const { name, description, artifactRoot } = workspace
  await tables<IdentityTables>(tx)
    .updateTable('workspace')
    .set({ description, artifact_root: artifactRoot, updated_at: now })
    .where('name', '=', name)
    .execute()
}

export async function deleteWorkspace(tx: Tx, name: string): Promise<void> {
  await tables<IdentityTables>(tx).deleteFrom('workspace').where('name', '=', name).execute()
}

/** Roles of a workspace, which end with it. */
export async function rolesOfWorkspace(reader: Reader, name: string): Promise<readonly number[]> {
  const rows = await tables<IdentityTables>(reader)
    .selectFrom('access_role')
    .select('id')
    .where('workspace', '=', name)
    .execute()
  return rows.map(({ id }) => id)
}
