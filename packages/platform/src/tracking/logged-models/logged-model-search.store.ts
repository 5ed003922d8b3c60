import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Dialect, Reader } from '../../storage/index.ts'
import type { Clause, Order } from '../search/filter.ts'
import {
  after,
  ascending,
  compare,
  descending,
  orderBy,
  positionOf,
  type SortedRow,
  type SortTerm,
  sortColumns,
} from '../search/keyset.store.ts'
import type { Position } from '../search/page-token.ts'
import type { DatasetScope, LoggedModelEntity } from './logged-model-search.ts'

export interface LoggedModelQuery {
  readonly experimentNumbers: readonly number[]
  readonly clauses: readonly Clause<LoggedModelEntity>[]
  readonly datasets: readonly DatasetScope[]
  readonly order: readonly (Order<LoggedModelEntity> & { readonly dataset?: DatasetScope })[]
  readonly after?: Position | undefined
  readonly limit: number
}

const columnOf = (key: string): RawBuilder<unknown> => sql.ref(`logged_model.${key}`)

/** Ids of the models of one page, with the position of each. */
export async function searchLoggedModels(
  reader: Reader,
  dialect: Dialect,
  query: LoggedModelQuery,
): Promise<readonly { readonly id: string; readonly position: Position }[]> {
  if (query.experimentNumbers.length === 0) return []
  const terms: readonly SortTerm[] = [
    ...query.order.flatMap(termsOf),
    descending('integer', columnOf('created_at')),
    ascending('text', columnOf('id')),
  ]
  const conditions = [
    sql<SqlBool>`logged_model.experiment_number in (${sql.join([...query.experimentNumbers])})`,
    sql<SqlBool>`logged_model.lifecycle = 'active'`,
    ...query.clauses.map((clause) => condition(dialect, clause, query.datasets)),
    ...measuredOn(query),
    ...(query.after ? [after(terms, query.after)] : []),
  ]
  const rows = await sql<SortedRow & { id: string }>`
    select logged_model.id as id, ${sortColumns(terms)} from logged_model
    where ${sql.join(conditions, sql` and `)}
    order by ${orderBy(terms)} limit ${query.limit}`.execute(reader)
  return rows.rows.map((row) => ({ id: row.id, position: positionOf(terms, row) }))
}

/** Data sets narrow the clauses about metrics; where there are none, a model needs any metric on one of them. */
function measuredOn({ clauses, datasets }: LoggedModelQuery): readonly RawBuilder<SqlBool>[] {
  if (datasets.length === 0 || clauses.some(({ entity }) => entity === 'metric')) return []
  return [
    sql<SqlBool>`exists (select 1 from logged_model_metric as m
      where m.model_id = logged_model.id ${onDatasets(datasets)})`,
  ]
}

/** The newest value of a metric of a model, on one data set where asked. */
const newestValue = (key: string, dataset: DatasetScope | undefined): RawBuilder<unknown> =>
  sql`(select case when m.is_nan = 1 then null else m.value end from logged_model_metric as m
    where m.model_id = logged_model.id and m.key = ${key} ${onDatasets(dataset ? [dataset] : [])}
    order by m.step desc, m.timestamp desc limit 1)`

function termsOf(
  order: Order<LoggedModelEntity> & { readonly dataset?: DatasetScope },
): readonly SortTerm[] {
  if (order.entity === 'attribute') {
    const type = order.type === 'number' ? 'integer' : 'text'
    return [{ type, expression: columnOf(order.key), descending: order.descending }]
  }
  const value = newestValue(order.key, order.dataset)
  return [
    ascending('integer', sql`case when ${value} is null then 1 else 0 end`),
    { type: 'real', expression: sql`coalesce(${value}, 0)`, descending: order.descending },
  ]
}

function onDatasets(datasets: readonly DatasetScope[]): RawBuilder<unknown> {
  if (datasets.length === 0) return sql``
  const each = datasets.map(({ name, digest }) =>
    digest
      ? sql`(m.dataset_name = ${name} and m.dataset_digest = ${digest})`
      : sql`m.dataset_name = ${name}`,
  )
  return sql`and (${sql.join(each, sql` or `)})`
}

const pairTables = { param: 'logged_model_param', tag: 'logged_model_tag' } as const

function condition(
  dialect: Dialect,
  clause: Clause<LoggedModelEntity>,
  datasets: readonly DatasetScope[],
): RawBuilder<SqlBool> {
  const { entity, key, operator, value } = clause
  if (entity === 'attribute') return compare(dialect, columnOf(key), operator, value)
  if (entity === 'metric') {
    return sql<SqlBool>`exists (select 1 from logged_model_metric as m
      where m.model_id = logged_model.id and m.key = ${key} and m.is_nan = 0
      and ${compare(dialect, sql.ref('m.value'), operator, value)} ${onDatasets(datasets)})`
  }
  return sql<SqlBool>`exists (select 1 from ${sql.table(pairTables[entity])} as a
    where a.model_id = logged_model.id and a.key = ${key}
    and ${compare(dialect, sql.ref('a.value'), operator, value)})`
}
