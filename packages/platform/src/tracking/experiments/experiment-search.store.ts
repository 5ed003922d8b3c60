import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Visibility } from '../../kernel/index.ts'
import type { Dialect, Reader } from '../../storage/index.ts'
import type { Lifecycle } from '../model.ts'
import type { ExperimentEntity } from '../runs/run-search.ts'
import type { Clause, Order } from '../search/filter.ts'
import {
  after,
  compare,
  descending,
  orderBy,
  positionOf,
  type SortedRow,
  type SortTerm,
  sortColumns,
  within,
} from '../search/keyset.store.ts'
import type { Position } from '../search/page-token.ts'

export interface ExperimentQuery {
  readonly lifecycles: readonly Lifecycle[]
  readonly clauses: readonly Clause<ExperimentEntity>[]
  readonly order: readonly Order<ExperimentEntity>[]
  readonly after?: Position | undefined
  readonly limit: number
  readonly visible?: Visibility | undefined
  readonly workspace: string
}

const columnOf = (key: string): RawBuilder<unknown> => sql.ref(`experiment.${key}`)

/** Numbers of the experiments of one page, with the position of each. */
export async function searchExperiments(
  reader: Reader,
  dialect: Dialect,
  query: ExperimentQuery,
): Promise<readonly { readonly number: number; readonly position: Position }[]> {
  const terms: readonly SortTerm[] = [
    ...query.order.map(
      ({ key, type, descending: down }): SortTerm => ({
        type: type === 'number' ? 'integer' : 'text',
        expression: columnOf(key),
        descending: down,
      }),
    ),
    descending('integer', columnOf('number')),
  ]
  const conditions = [
    sql<SqlBool>`experiment.workspace = ${query.workspace}`,
    sql<SqlBool>`experiment.lifecycle in (${sql.join([...query.lifecycles])})`,
    ...query.clauses.map((clause) => condition(dialect, clause)),
    ...(query.visible ? [within(sql`cast(experiment.number as text)`, query.visible)] : []),
    ...(query.after ? [after(terms, query.after)] : []),
  ]
  const rows = await sql<SortedRow & { number: number }>`
    select experiment.number as number, ${sortColumns(terms)} from experiment
    where ${sql.join(conditions, sql` and `)}
    order by ${orderBy(terms)} limit ${query.limit}`.execute(reader)
  return rows.rows.map((row) => ({ number: row.number, position: positionOf(terms, row) }))
}

function condition(dialect: Dialect, clause: Clause<ExperimentEntity>): RawBuilder<SqlBool> {
  const { entity, key, operator, value } = clause
  if (entity === 'attribute') return compare(dialect, columnOf(key), operator, value)
  const owned = sql`select 1 from experiment_tag as a
    where a.experiment_number = experiment.number and a.key = ${key}`
  if (operator === 'IS NULL') return sql<SqlBool>`not exists (${owned})`
  if (operator === 'IS NOT NULL') return sql<SqlBool>`exists (${owned})`
  return sql<SqlBool>`exists (${owned} and ${compare(dialect, sql.ref('a.value'), operator, value)})`
}
