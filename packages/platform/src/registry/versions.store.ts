import type { ModelSignature, ModelVersionView } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { ModelStage, ModelVersion } from './model.ts'
import type { RegistryTables } from './tables.ts'

export type VersionRow = RegistryTables['model_version']

/** Names one version. */
export interface VersionKey {
  readonly modelNumber: number
  readonly version: number
}

export async function insertVersion(tx: Tx, row: VersionRow): Promise<void> {
  await tables<RegistryTables>(tx).insertInto('model_version').values(row).execute()
}

/** Versions in the order of `keys`; deleted ones are left out. */
export async function readVersions(
  reader: Reader,
  keys: readonly VersionKey[],
): Promise<readonly ModelVersion[]> {
  if (keys.length === 0) return []
  const db = tables<RegistryTables>(reader)
  const numbers = [...new Set(keys.map(({ modelNumber }) => modelNumber))]
  const versions = [...new Set(keys.map(({ version }) => version))]
  const rows = await db
    .selectFrom('model_version')
    .innerJoin('registered_model', 'registered_model.number', 'model_version.model_number')
    .selectAll('model_version')
    .select('registered_model.name')
    .where('model_number', 'in', numbers)
    .where('version', 'in', versions)
    .where('deleted_at', 'is', null)
    .execute()
  const tags = await db
    .selectFrom('model_version_tag')
    .selectAll()
    .where('model_number', 'in', numbers)
    .where('version', 'in', versions)
    .orderBy('key')
    .execute()
  const aliases = await db
    .selectFrom('registered_model_alias')
    .selectAll()
    .where('model_number', 'in', numbers)
    .where('version', 'in', versions)
    .orderBy('alias')
    .execute()
  const nameOf = (row: { model_number: number; version: number }): string =>
    `${row.model_number}/${row.version}`
  const tagsOf = Map.groupBy(tags, nameOf)
  const aliasesOf = Map.groupBy(aliases, nameOf)
  const found = new Map(
    rows.map((row): [string, ModelVersion] => [
      nameOf(row),
      toVersion(row, {
        tags: Object.fromEntries(
          (tagsOf.get(nameOf(row)) ?? []).map(({ key, value }) => [key, value]),
        ),
        aliases: (aliasesOf.get(nameOf(row)) ?? []).map(({ alias }) => alias),
      }),
    ]),
  )
  return keys.flatMap((key) => found.get(`${key.modelNumber}/${key.version}`) ?? [])
}

const toVersion = (
  row: VersionRow & { readonly name: string },
  extra: Pick<ModelVersionView, 'tags' | 'aliases'>,
): ModelVersion => ({
  modelNumber: row.model_number,
  name: row.name,
  version: row.version,
  status: row.status as ModelVersionView['status'],
  statusMessage: row.status_message,
  stage: row.stage as ModelStage,
  description: row.description,
  source: row.source,
  storageUri: row.storage_uri,
  runId: row.run_id,
  runLink: row.run_link,
  loggedModelId: row.logged_model_id,
  aliases: extra.aliases,
  tags: extra.tags,
  modelDigest: row.model_digest,
  modelSizeBytes: row.model_size_bytes,
  signature: row.signature === null ? null : (JSON.parse(row.signature) as ModelSignature),
  lineage: JSON.parse(row.lineage) as ModelVersionView['lineage'],
  createdAt: row.created_at,
  createdBy: row.created_by,
  updatedAt: row.updated_at,
})

/** Numbers of the versions of a model, newest first, below `before`. */
export async function listVersions(
  reader: Reader,
  modelNumber: number,
  options: { readonly before?: number | undefined; readonly limit: number },
): Promise<readonly VersionKey[]> {
  let query = tables<RegistryTables>(reader)
    .selectFrom('model_version')
    .select('version')
    .where('model_number', '=', modelNumber)
    .where('deleted_at', 'is', null)
    .orderBy('version', 'desc')
    .limit(options.limit)
  if (options.before !== undefined) query = query.where('version', '<', options.before)
  return (await query.execute()).map(({ version }) => ({ modelNumber, version }))
}

/** The newest ready version of each stage of each model. */
export async function latestOfStages(
  reader: Reader,
  modelNumbers: readonly number[],
): Promise<readonly VersionKey[]> {
  if (modelNumbers.length === 0) return []
  const rows = await tables<RegistryTables>(reader)
    .selectFrom('model_version')
    .select(['model_number', 'stage', (eb) => eb.fn.max('version').as('version')])
    .where('model_number', 'in', modelNumbers)
    .where('deleted_at', 'is', null)
    .where('status', '=', 'READY')
    .groupBy(['model_number', 'stage'])
    .orderBy('model_number')
    .orderBy('stage')
    .execute()
  return rows.map((row) => ({ modelNumber: row.model_number, version: row.version }))
}

export async function updateVersion(
  tx: Tx,
  key: VersionKey,
  change: Partial<Pick<VersionRow, 'description' | 'stage' | 'updated_at'>>,
): Promise<void> {
  await tables<RegistryTables>(tx)
    .updateTable('model_version')
    .set(change)
    .where('model_number', '=', key.modelNumber)
    .where('version', '=', key.version)
    .execute()
}

/** Moves all other versions of a stage to `Archived`; answers their numbers. */
export async function archiveOthers(
  tx: Tx,
  key: VersionKey,
  stage: ModelStage,
  now: number,
): Promise<readonly number[]> {
  const rows = await tables<RegistryTables>(tx)
    .updateTable('model_version')
    .set({ stage: 'Archived', updated_at: now })
    .where('model_number', '=', key.modelNumber)
    .where('version', '!=', key.version)
    .where('stage', '=', stage)
    .where('deleted_at', 'is', null)
    .returning('version')
    .execute()
  return rows.map(({ version }) => version)
}

/** Hides a version and drops its aliases; where it came from is forgotten. */
export async function deleteVersion(tx: Tx, key: VersionKey, now: number): Promise<void> {
  const db = tables<RegistryTables>(tx)
  await db
    .updateTable('model_version')
    .set({
      deleted_at: now,
      updated_at: now,
      source: '',
      storage_uri: '',
      run_id: null,
      run_link: '',
      logged_model_id: null,
      model_digest: null,
      model_size_bytes: null,
      signature: null,
    })
    .where('model_number', '=', key.modelNumber)
    .where('version', '=', key.version)
    .execute()
  await db
    .deleteFrom('registered_model_alias')
    .where('model_number', '=', key.modelNumber)
    .where('version', '=', key.version)
    .execute()
}

export async function putVersionTag(
  tx: Tx,
  key: VersionKey,
  tag: { readonly key: string; readonly value: string },
): Promise<void> {
  await tables<RegistryTables>(tx)
    .insertInto('model_version_tag')
    .values({ model_number: key.modelNumber, version: key.version, ...tag })
    .onConflict((conflict) =>
      conflict.columns(['model_number', 'version', 'key']).doUpdateSet({ value: tag.value }),
    )
    .execute()
}

export async function deleteVersionTag(tx: Tx, key: VersionKey, tagKey: string): Promise<void> {
  await tables<RegistryTables>(tx)
    .deleteFrom('model_version_tag')
    .where('model_number', '=', key.modelNumber)
    .where('version', '=', key.version)
    .where('key', '=', tagKey)
    .execute()
}
