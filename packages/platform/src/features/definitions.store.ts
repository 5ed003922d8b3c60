import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { DefinitionKind, DefinitionRecord } from './model.ts'

interface DefinitionTables {
  feature_definition: {
    kind: DefinitionKind
    name: string
    version: number
    project: string | null
    digest: string
    content: string
    bundle: string | null
    newest: number
    created_at: number
    created_by: string
  }
}

const toRecord = <K extends DefinitionKind>(
  row: DefinitionTables['feature_definition'],
): DefinitionRecord<K> => ({
  kind: row.kind as K,
  name: row.name,
  version: row.version,
  project: row.project,
  digest: row.digest,
  definition: JSON.parse(row.content) as DefinitionRecord<K>['definition'],
  bundle: row.bundle === null ? null : (JSON.parse(row.bundle) as DefinitionRecord['bundle']),
  createdAt: row.created_at,
  createdBy: row.created_by,
})

/** A version of a definition, the newest unless told. */
export async function findDefinition<K extends DefinitionKind>(
  reader: Reader,
  kind: K,
  name: string,
  version?: number,
): Promise<DefinitionRecord<K> | undefined> {
  const query = tables<DefinitionTables>(reader)
    .selectFrom('feature_definition')
    .selectAll()
    .where('kind', '=', kind)
    .where('name', '=', name)
  const row = await (version === undefined
    ? query.where('newest', '=', 1)
    : query.where('version', '=', version)
  ).executeTakeFirst()
  return row && toRecord<K>(row)
}

/** The newest definitions of a kind by name, after `after`. */
export async function listDefinitions<K extends DefinitionKind>(
  reader: Reader,
  kind: K,
  after: string,
  limit: number,
): Promise<readonly DefinitionRecord<K>[]> {
  const rows = await tables<DefinitionTables>(reader)
    .selectFrom('feature_definition')
    .selectAll()
    .where('kind', '=', kind)
    .where('newest', '=', 1)
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map((row) => toRecord<K>(row))
}

/** Versions of a definition before `before`, newest first. */
export async function listVersions<K extends DefinitionKind>(
  reader: Reader,
  of: { readonly kind: K; readonly name: string },
  before: number,
  limit: number,
): Promise<readonly DefinitionRecord<K>[]> {
  const rows = await tables<DefinitionTables>(reader)
    .selectFrom('feature_definition')
    .selectAll()
    .where('kind', '=', of.kind)
    .where('name', '=', of.name)
    .where('version', '<', before)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => toRecord<K>(row))
}

/** Makes a version the newest. */
export async function insertDefinition(tx: Tx, record: DefinitionRecord): Promise<void> {
  const { kind, name, version, project, digest, definition, bundle, createdAt, createdBy } = record
  const db = tables<DefinitionTables>(tx)
  await db
    .updateTable('feature_definition')
    .set({ newest: 0 })
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('newest', '=', 1)
    .execute()
  await db
    .insertInto('feature_definition')
    .values({
      kind,
      name,
      version,
      project,
      digest,
      content: JSON.stringify(definition),
      bundle: bundle && JSON.stringify(bundle),
      newest: 1,
      created_at: createdAt,
      created_by: createdBy,
    })
    .execute()
}

/** Which project a definition belongs to. */
export async function setProject(
  tx: Tx,
  { kind, name, project }: Pick<DefinitionRecord, 'kind' | 'name' | 'project'>,
): Promise<void> {
  await tables<DefinitionTables>(tx)
    .updateTable('feature_definition')
    .set({ project })
    .where('kind', '=', kind)
    .where('name', '=', name)
    .execute()
}

/** Removes all versions of a definition. */
export async function deleteDefinition(tx: Tx, kind: DefinitionKind, name: string): Promise<void> {
  await tables<DefinitionTables>(tx)
    .deleteFrom('feature_definition')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .execute()
}
