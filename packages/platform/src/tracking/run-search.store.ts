import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Dialect, Reader } from '../storage/index.ts'
import type { Clause, Order } from './filter.ts'
import {
  after,
  ascending,
  compare,
  descending,
  nullsLast,
  orderBy,
  positionOf,
  type SortedRow,
  type SortTerm,
  sortColumns,
} from './keyset.store.ts'
import type { Lifecycle } from './model.ts'
import type { Position } from './page-token.ts'
import type { RunEntity } from './run-search.ts'

export interface RunQuery {
  readonly experimentNumbers: readonly number[]
  readonly lifecycles: readonly Lifecycle[]
  readonly clauses: readonly Clause<RunEntity>[]
  readonly order: readonly Order<RunEntity>[]
  readonly after?: Position | undefined
  readonly limit: number
}

const columns: Readonly<Record<string, RawBuilder<unknown>>> = {
  run_id: sql.ref('run.id'),
  run_name: sql.ref('run.name'),
  experiment_id: sql`cast(run.experiment_number as text)`,
  status: sql.ref('run.status'),
  artifact_uri: sql.ref('run.artifact_uri'),
  user_id: sql.ref('run.user_id'),
  start_time: sql.ref('run.start_time'),
  end_time: sql.ref('run.end_time'),
}
const columnOf = (key: string): RawBuilder<unknown> => {
  const column = columns[key]
  if (!column) throw new TypeError(`runs have no attribute "${key}"`)
  return column
}

/** Numbers of the runs of one page, with the position of each. */
export async function searchRuns(
  reader: Reader,
  dialect: Dialect,
  query: RunQuery,
): Promise<readonly { readonly number: number; readonly position: Position }[]> {
  if (query.experimentNumbers.length === 0) return []
  const terms = sortTerms(query.order)
  const conditions = [
    sql<SqlBool>`run.experiment_number in (${sql.join([...query.experimentNumbers])})`,
    sql<SqlBool>`run.lifecycle in (${sql.join([...query.lifecycles])})`,
    ...query.clauses.map((clause) => condition(dialect, clause)),
    ...(query.after ? [after(terms, query.after)] : []),
  ]
  const rows = await sql<SortedRow & { number: number }>`
    select run.number as number, ${sortColumns(terms)} from run ${joins(query.order)}
    where ${sql.join(conditions, sql` and `)}
    order by ${orderBy(terms)} limit ${query.limit}`.execute(reader)
  return rows.rows.map((row) => ({ number: row.number, position: positionOf(terms, row) }))
}

/** Runs that log the same key twice in an order share one join each, by index: `o0`, `o1`, …. */
const sortAlias = (index: number): string => `o${index}`

const tableOf = { metric: 'run_latest_metric', param: 'run_param', tag: 'run_tag' } as const

const joins = (order: readonly Order<RunEntity>[]): RawBuilder<unknown> =>
  sql.join(
    order.flatMap(({ entity, key }, index) => {
      if (entity === 'attribute' || entity === 'dataset') return []
      const alias = sortAlias(index)
      return [
        sql`left join ${sql.table(tableOf[entity])} as ${sql.ref(alias)}
          on ${sql.ref(`${alias}.run_number`)} = run.number and ${sql.ref(`${alias}.key`)} = ${key}`,
      ]
    }),
    sql` `,
  )

/** The given order, then the newest first, then by id: a total order. */
function sortTerms(order: readonly Order<RunEntity>[]): readonly SortTerm[] {
  return [
    ...order.flatMap((item, index) => termsOf(item, sortAlias(index))),
    descending('integer', sql.ref('run.start_time')),
    ascending('text', sql.ref('run.id')),
  ]
}

function termsOf(item: Order<RunEntity>, alias: string): readonly SortTerm[] {
  const { entity, key, type, descending: down } = item
  if (entity === 'metric') {
    const isNan = sql.ref(`${alias}.is_nan`)
    return [
      ascending('integer', sql`case when ${isNan} is null then 2 else ${isNan} end`),
      {
        type: 'real',
        expression: sql`coalesce(${sql.ref(`${alias}.value`)}, 0)`,
        descending: down,
      },
    ]
  }
  if (entity !== 'attribute') return nullsLast(sql.ref(`${alias}.value`), 'text', down)
  const stored = type === 'number' ? 'integer' : 'text'
  return key === 'end_time'
    ? nullsLast(columnOf(key), stored, down)
    : [{ type: stored, expression: columnOf(key), descending: down }]
}

function condition(dialect: Dialect, clause: Clause<RunEntity>): RawBuilder<SqlBool> {
  const { entity, key, operator, value } = clause
  switch (entity) {
    case 'attribute':
      return compare(dialect, columnOf(key), operator, value)
    case 'metric': {
      // A NaN is unequal to every number and not comparable with any.
      const matches = compare(dialect, sql.ref('m.value'), operator, value)
      const nan =
        operator === '!=' ? sql`(m.is_nan = 1 or ${matches})` : sql`m.is_nan = 0 and ${matches}`
      return sql<SqlBool>`exists (select 1 from run_latest_metric as m
        where m.run_number = run.number and m.key = ${key} and ${nan})`
    }
    case 'param':
    case 'tag': {
      const table = sql.table(tableOf[entity])
      const owned = sql`select 1 from ${table} as a where a.run_number = run.number and a.key = ${key}`
      if (operator === 'IS NULL') return sql<SqlBool>`not exists (${owned})`
      if (operator === 'IS NOT NULL') return sql<SqlBool>`exists (${owned})`
      return sql<SqlBool>`exists (${owned} and ${compare(dialect, sql.ref('a.value'), operator, value)})`
    }
    case 'dataset': {
      const column = sql.ref(key === 'context' ? 'u.context' : `d.${key}`)
      return sql<SqlBool>`exists (select 1 from run_dataset as u
        join input_dataset as d on d.number = u.dataset_number
        where u.run_number = run.number and ${compare(dialect, column, operator, value)})`
    }
  }
}
