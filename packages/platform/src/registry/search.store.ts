import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { defaultWorkspace, type Visibility } from '../kernel/index.ts'
import type { Dialect, Reader } from '../storage/index.ts'
import {
  after,
  ascending,
  type Clause,
  compare,
  descending,
  type Order,
  orderBy,
  type Position,
  positionOf,
  type SortedRow,
  type SortTerm,
  sortColumns,
  within,
} from '../tracking/index.ts'
import { promptTag, type RegistryEntity } from './search.ts'
import type { VersionKey } from './versions.store.ts'

export interface RegistryQuery {
  readonly clauses: readonly Clause<RegistryEntity>[]
  readonly order: readonly Order<RegistryEntity>[]
  readonly after?: Position | undefined
  readonly limit: number
  /** Which models the caller sees, by name; all unless told. */
  readonly visible?: Visibility | undefined
  readonly workspace: string
}

/** What the conditions of one search are about: its columns, and where an object's tags are. */
interface Target {
  readonly columnOf: (key: string) => RawBuilder<unknown>
  readonly tagsOwned: RawBuilder<unknown>
}

/** Within another workspace than the default one names come without it. */
export const nameColumn = (workspace: string): RawBuilder<unknown> => {
  const name = sql.ref('registered_model.name')
  if (workspace === defaultWorkspace) return name
  return sql`substr(${name}, cast(${workspace.length + 2} as integer))`
}

const modelTarget = (workspace: string): Target => ({
  columnOf: (key) => (key === 'name' ? nameColumn(workspace) : sql.ref(`registered_model.${key}`)),
  tagsOwned: sql`registered_model_tag as t where t.model_number = registered_model.number`,
})
const versionTarget = (workspace: string): Target => ({
  columnOf: (key) => {
    if (key === 'name') return nameColumn(workspace)
    // A version of no run has an empty id of one, which is another than any that is asked for.
    if (key === 'run_id') return sql`coalesce(model_version.run_id, '')`
    return sql.ref(`model_version.${key}`)
  },
  tagsOwned: sql`model_version_tag as t
    where t.model_number = model_version.model_number and t.version = model_version.version`,
})

export async function searchModels(
  reader: Reader,
  dialect: Dialect,
  query: RegistryQuery,
): Promise<readonly { readonly number: number; readonly position: Position }[]> {
  const target = modelTarget(query.workspace)
  const terms = [...given(target, query.order), ascending('text', target.columnOf('name'))]
  const { rows } = await sql<SortedRow & { number: number }>`
    select registered_model.number as number, ${sortColumns(terms)} from registered_model
    where ${where(target, dialect, query, terms)}
    order by ${orderBy(terms)} limit ${query.limit}`.execute(reader)
  return rows.map((row) => ({ number: row.number, position: positionOf(terms, row) }))
}

export async function searchVersions(
  reader: Reader,
  dialect: Dialect,
  query: RegistryQuery,
): Promise<readonly (VersionKey & { readonly position: Position })[]> {
  const target = versionTarget(query.workspace)
  const terms = [
    ...(query.order.length === 0 ? newestChange : given(target, query.order)),
    ascending('text', target.columnOf('name')),
    descending('integer', target.columnOf('version')),
  ]
  const { rows } = await sql<SortedRow & { model_number: number; version: number }>`
    select model_version.model_number as model_number, model_version.version as version,
      ${sortColumns(terms)}
    from model_version
    join registered_model on registered_model.number = model_version.model_number
    where model_version.deleted_at is null and ${where(target, dialect, query, terms)}
    order by ${orderBy(terms)} limit ${query.limit}`.execute(reader)
  return rows.map((row) => ({
    modelNumber: row.model_number,
    version: row.version,
    position: positionOf(terms, row),
  }))
}

/** Where no order is asked for, what changed last comes first. */
const newestChange = [descending('integer', sql.ref('model_version.updated_at'))]

const given = (target: Target, order: readonly Order<RegistryEntity>[]): readonly SortTerm[] =>
  order.map(({ key, type, descending: down }) => ({
    type: type === 'number' ? 'integer' : 'text',
    expression: target.columnOf(key),
    descending: down,
  }))

/** Prompts share these tables with models; a search that does not speak of them does not see them. */
function where(
  target: Target,
  dialect: Dialect,
  query: RegistryQuery,
  terms: readonly SortTerm[],
): RawBuilder<SqlBool> {
  const aboutPrompts = query.clauses.some(
    ({ entity, key }) => entity === 'tag' && key === promptTag,
  )
  const conditions = [
    inWorkspace(query.workspace),
    ...(aboutPrompts ? [] : [sql<SqlBool>`not ${isPrompt(target)}`]),
    ...query.clauses.map((clause) => condition(target, dialect, clause)),
    ...(query.visible ? [within(sql.ref('registered_model.name'), query.visible)] : []),
    ...(query.after ? [after(terms, query.after)] : []),
  ]
  return sql<SqlBool>`${sql.join(conditions, sql` and `)}`
}

function inWorkspace(workspace: string): RawBuilder<SqlBool> {
  const name = sql.ref('registered_model.name')
  if (workspace === defaultWorkspace) return sql<SqlBool>`${name} not like '%/%'`
  // The character after the slash is the digit 0: what begins with the workspace and a slash lies between.
  return sql<SqlBool>`(${name} >= ${`${workspace}/`} and ${name} < ${`${workspace}0`})`
}

/** The models of a workspace that somebody sees, or its prompts. */
export function shownModels(
  which: 'models' | 'prompts',
  { workspace, visible }: Pick<RegistryQuery, 'workspace' | 'visible'>,
): RawBuilder<SqlBool> {
  const prompt = isPrompt(modelTarget(workspace))
  const conditions = [
    inWorkspace(workspace),
    which === 'prompts' ? prompt : sql<SqlBool>`not ${prompt}`,
    ...(visible ? [within(sql.ref('registered_model.name'), visible)] : []),
  ]
  return sql<SqlBool>`(${sql.join(conditions, sql` and `)})`
}

const isPrompt = (target: Target): RawBuilder<SqlBool> =>
  sql<SqlBool>`exists (select 1 from ${target.tagsOwned} and t.key = ${promptTag} and t.value = 'true')`

function condition(
  target: Target,
  dialect: Dialect,
  clause: Clause<RegistryEntity>,
): RawBuilder<SqlBool> {
  const { entity, key, operator, value } = clause
  if (entity === 'attribute') return compare(dialect, target.columnOf(key), operator, value)
  const owned = sql`select 1 from ${target.tagsOwned} and t.key = ${key}`
  if (operator === 'IS NULL') return sql<SqlBool>`not exists (${owned})`
  if (operator === 'IS NOT NULL') return sql<SqlBool>`exists (${owned})`
  const matches = sql<SqlBool>`exists (${owned} and ${compare(dialect, sql.ref('t.value'), operator, value)})`
  // What lacks the mark of a prompt is no prompt.
  const noPromptAsked =
    key === promptTag &&
    value.kind === 'text' &&
    ((operator === '=' && value.text === 'false') || (operator === '!=' && value.text === 'true'))
  return noPromptAsked ? sql<SqlBool>`(${matches} or not exists (${owned}))` : matches
}
