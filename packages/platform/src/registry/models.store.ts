import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { RegisteredModel } from './model.ts'
import type { RegistryTables } from './tables.ts'

type ModelRow = RegistryTables['registered_model']

/** Answers the number of the new model, or undefined when the name is taken. */
export async function insertModel(
  tx: Tx,
  model: { readonly name: string; readonly description: string; readonly now: number },
): Promise<number | undefined> {
  const row = await tables<RegistryTables>(tx)
    .insertInto('registered_model')
    .values({
      name: model.name,
      description: model.description,
      last_version: 0,
      created_at: model.now,
      updated_at: model.now,
    } as ModelRow)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('number')
    .executeTakeFirst()
  return row?.number
}

export async function findModelNumber(reader: Reader, name: string): Promise<number | undefined> {
  const row = await tables<RegistryTables>(reader)
    .selectFrom('registered_model')
    .select('number')
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.number
}

/** Models by number, in the order of `numbers`. */
export async function readModels(
  reader: Reader,
  numbers: readonly number[],
): Promise<readonly RegisteredModel[]> {
  if (numbers.length === 0) return []
  const db = tables<RegistryTables>(reader)
  const rows = await db
    .selectFrom('registered_model')
    .selectAll()
    .where('number', 'in', numbers)
    .execute()
  const tags = await db
    .selectFrom('registered_model_tag')
    .selectAll()
    .where('model_number', 'in', numbers)
    .orderBy('key')
    .execute()
  const aliases = await db
    .selectFrom('registered_model_alias')
    .selectAll()
    .where('model_number', 'in', numbers)
    .orderBy('alias')
    .execute()
  const newest = await db
    .selectFrom('model_version')
    .select(['model_number', (eb) => eb.fn.max('version').as('version')])
    .where('model_number', 'in', numbers)
    .where('deleted_at', 'is', null)
    .groupBy('model_number')
    .execute()
  const tagsOf = Map.groupBy(tags, (tag) => tag.model_number)
  const aliasesOf = Map.groupBy(aliases, (alias) => alias.model_number)
  const newestOf = new Map(newest.map((row) => [row.model_number, row.version]))
  const found = new Map(
    rows.map((row): [number, RegisteredModel] => [
      row.number,
      {
        number: row.number,
        name: row.name,
        description: row.description,
        latestVersion: newestOf.get(row.number) ?? null,
        aliases: (aliasesOf.get(row.number) ?? []).map(({ alias, version }) => ({
          alias,
          version,
        })),
        tags: Object.fromEntries(
          (tagsOf.get(row.number) ?? []).map(({ key, value }) => [key, value]),
        ),
        createdAt: row.created_at,
        updatedAt: row.updated_at,
      },
    ]),
  )
  return numbers.flatMap((number) => found.get(number) ?? [])
}

export async function updateModel(
  tx: Tx,
  number: number,
  change: Partial<Pick<ModelRow, 'name' | 'description' | 'updated_at'>>,
): Promise<void> {
  await tables<RegistryTables>(tx)
    .updateTable('registered_model')
    .set(change)
    .where('number', '=', number)
    .execute()
}

/** The number of the next version; two callers never get the same, nor one that was used before. */
export async function takeVersionNumber(tx: Tx, number: number, now: number): Promise<number> {
  const row = await tables<RegistryTables>(tx)
    .updateTable('registered_model')
    .set((eb) => ({ last_version: eb('last_version', '+', 1), updated_at: now }))
    .where('number', '=', number)
    .returning('last_version')
    .executeTakeFirstOrThrow()
  return row.last_version
}

/** Removes a model with its versions, tags and aliases. */
export async function deleteModel(tx: Tx, number: number): Promise<void> {
  const db = tables<RegistryTables>(tx)
  for (const table of [
    'model_version_tag',
    'model_version',
    'registered_model_alias',
    'registered_model_tag',
  ] as const) {
    await db.deleteFrom(table).where('model_number', '=', number).execute()
  }
  await db.deleteFrom('registered_model').where('number', '=', number).execute()
}

export async function putModelTag(
  tx: Tx,
  number: number,
  key: string,
  value: string,
): Promise<void> {
  await tables<RegistryTables>(tx)
    .insertInto('registered_model_tag')
    .values({ model_number: number, key, value })
    .onConflict((conflict) => conflict.columns(['model_number', 'key']).doUpdateSet({ value }))
    .execute()
}

export async function deleteModelTag(tx: Tx, number: number, key: string): Promise<void> {
  await tables<RegistryTables>(tx)
    .deleteFrom('registered_model_tag')
    .where('model_number', '=', number)
    .where('key', '=', key)
    .execute()
}

/** Points an alias at a version; answers the version that it pointed at before. */
export async function putAlias(
  tx: Tx,
  number: number,
  alias: string,
  version: number,
): Promise<number | undefined> {
  const before = await readAlias(tx, number, alias)
  await tables<RegistryTables>(tx)
    .insertInto('registered_model_alias')
    .values({ model_number: number, alias, version })
    .onConflict((conflict) => conflict.columns(['model_number', 'alias']).doUpdateSet({ version }))
    .execute()
  return before
}

export async function readAlias(
  reader: Reader,
  number: number,
  alias: string,
): Promise<number | undefined> {
  const row = await tables<RegistryTables>(reader)
    .selectFrom('registered_model_alias')
    .select('version')
    .where('model_number', '=', number)
    .where('alias', '=', alias)
    .executeTakeFirst()
  return row?.version
}

export async function deleteAlias(tx: Tx, number: number, alias: string): Promise<void> {
  await tables<RegistryTables>(tx)
    .deleteFrom('registered_model_alias')
    .where('model_number', '=', number)
    .where('alias', '=', alias)
    .execute()
}

/** Names of the models of a workspace other than the default one. */
export async function modelsOfWorkspace(
  reader: Reader,
  workspace: string,
): Promise<readonly string[]> {
  const rows = await tables<RegistryTables>(reader)
    .selectFrom('registered_model')
    .select('name')
    .where('name', '>=', `${workspace}/`)
    .where('name', '<', `${workspace}0`)
    .orderBy('name')
    .execute()
  return rows.map(({ name }) => name)
}
