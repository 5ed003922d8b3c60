import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Dialect } from '../../storage/index.ts'
import type { Clause } from '../search/filter.ts'
import { compare } from '../search/keyset.store.ts'
import type { RunEntity } from './run-search.ts'

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

export const columnOf = (key: string): RawBuilder<unknown> => {
  const column = columns[key]
  if (!column) throw new TypeError(`runs have no attribute "${key}"`)
  return column
}

export const tableOf = { metric: 'run_latest_metric', param: 'run_param', tag: 'run_tag' } as const

/** What a clause asks of the value of a metric, parameter or tag that a run has. */
export function valueCondition(
  dialect: Dialect,
  clause: Clause<RunEntity>,
  alias: string,
): RawBuilder<SqlBool> {
  const { entity, operator, value } = clause
  const matches = compare(dialect, sql.ref(`${alias}.value`), operator, value)
  if (entity !== 'metric') return matches
  // A NaN is unequal to every number and not comparable with any.
  const isNan = sql.ref(`${alias}.is_nan`)
  return operator === '!='
    ? sql<SqlBool>`(${isNan} = 1 or ${matches})`
    : sql<SqlBool>`(${isNan} = 0 and ${matches})`
}

/** A clause as a condition on `run`. */
export function condition(dialect: Dialect, clause: Clause<RunEntity>): RawBuilder<SqlBool> {
  const { entity, key, operator, value } = clause
  switch (entity) {
    case 'attribute':
      return compare(dialect, columnOf(key), operator, value)
    case 'metric':
    case 'param':
    case 'tag': {
      const table = sql.table(tableOf[entity])
      const owned = sql`select 1 from ${table} as a where a.run_number = run.number and a.key = ${key}`
      if (operator === 'IS NULL') return sql<SqlBool>`not exists (${owned})`
      if (operator === 'IS NOT NULL') return sql<SqlBool>`exists (${owned})`
      return sql<SqlBool>`exists (${owned} and ${valueCondition(dialect, clause, 'a')})`
    }
    case 'dataset': {
      const column = sql.ref(key === 'context' ? 'u.context' : `d.${key}`)
      return sql<SqlBool>`exists (select 1 from run_dataset as u
        join input_dataset as d on d.number = u.dataset_number
        where u.run_number = run.number and ${compare(dialect, column, operator, value)})`
    }
  }
}
