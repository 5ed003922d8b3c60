import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Dialect, Reader } from '../../storage/index.ts'
import type { Clause, Order } from '../search/filter.ts'
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
} from '../search/keyset.store.ts'
import type { Position } from '../search/page-token.ts'
import { ofWholeSession } from './trace-schema.store.ts'
import type { TraceEntity } from './trace-search.ts'
import { traceKeys } from './traces.ts'

type TraceClause = Clause<TraceEntity>

export interface TraceQuery {
  readonly experimentNumbers: readonly number[]
  readonly clauses: readonly TraceClause[]
  readonly order: readonly Order<TraceEntity>[]
  readonly after?: Position | undefined
  readonly limit: number
}

export interface FoundTrace {
  readonly number: number
  readonly position: Position
}

/** Numbers of the traces of one page, with the position of each. */
export async function searchTraces(
  reader: Reader,
  dialect: Dialect,
  query: TraceQuery,
): Promise<readonly FoundTrace[]> {
  if (query.experimentNumbers.length === 0) return []
  const terms = sortTerms(query.order)
  const conditions = [
    ...traceConditions(dialect, query),
    ...(query.after ? [after(terms, query.after)] : []),
  ]
  const { rows } = await sql<SortedRow & { number: number }>`
    select trace.number as number, ${sortColumns(terms)} from trace ${joins(query.order)}
    where ${sql.join(conditions, sql` and `)}
    order by ${orderBy(terms)} limit ${query.limit}`.execute(reader)
  return rows.map((row) => ({ number: row.number, position: positionOf(terms, row) }))
}

/** How many traces match. */
export async function countTraces(
  reader: Reader,
  dialect: Dialect,
  query: Pick<TraceQuery, 'experimentNumbers' | 'clauses'>,
): Promise<number> {
  if (query.experimentNumbers.length === 0) return 0
  const conditions = traceConditions(dialect, query)
  const { rows } = await sql<{ count: number }>`select count(*) as count from trace
    where ${sql.join(conditions, sql` and `)}`.execute(reader)
  return Number(rows[0]?.count ?? 0)
}

/** What a trace must fulfil, apart from what patterns and its spans' contents tell. */
export function traceConditions(
  dialect: Dialect,
  { experimentNumbers, clauses }: Pick<TraceQuery, 'experimentNumbers' | 'clauses'>,
): readonly RawBuilder<SqlBool>[] {
  // Patterns are no matter of the database.
  const told = clauses.filter(({ operator }) => operator !== 'RLIKE')
  const spans = told.filter((clause) => spanColumns.has(spanKey(clause) ?? ''))
  return [
    sql<SqlBool>`trace.experiment_number in (${sql.join([...experimentNumbers])})`,
    ...told.flatMap((clause) => condition({ dialect, experimentNumbers }, clause)),
    ...(spans.length === 0 ? [] : [ofOneSpan(dialect, spans)]),
  ]
}

const spanColumns = new Set(['name', 'type', 'status'])
const spanKey = ({ entity, key }: TraceClause): string | undefined =>
  entity === 'span' ? key : undefined

/** All clauses about spans speak of one and the same span. */
const ofOneSpan = (dialect: Dialect, clauses: readonly TraceClause[]): RawBuilder<SqlBool> => {
  const conditions = clauses.map(({ key, operator, value }) =>
    compare(dialect, sql.ref(`g.${key}`), operator, value),
  )
  return sql<SqlBool>`exists (select 1 from trace_span_group as g
    where g.trace_number = trace.number and ${sql.join(conditions, sql` and `)})`
}

const columns: Readonly<Record<string, RawBuilder<unknown>>> = {
  id: sql.ref('trace.id'),
  client_request_id: sql.ref('trace.client_request_id'),
  state: sql.ref('trace.state'),
  timestamp_ms: sql.ref('trace.timestamp_ms'),
  execution_ms: sql.ref('trace.execution_ms'),
  end_ms: sql`(trace.timestamp_ms + coalesce(trace.execution_ms, 0))`,
  experiment_id: sql.ref('trace.experiment_number'),
}
const columnOf = (key: string): RawBuilder<unknown> => {
  const column = columns[key]
  if (!column) throw new TypeError(`traces have no attribute "${key}"`)
  return column
}

/** What the conditions of one search share. */
interface Scope {
  readonly dialect: Dialect
  readonly experimentNumbers: readonly number[]
}

function condition(scope: Scope, clause: TraceClause): readonly RawBuilder<SqlBool>[] {
  const { dialect } = scope
  const { entity, key } = clause
  switch (entity) {
    case 'attribute':
      return attributeCondition(dialect, clause)
    case 'tag':
      return [pairCondition(dialect, 'trace_tag', key, clause)]
    case 'metadata':
      return key === traceKeys.sourceRun
        ? [ofRun(dialect, clause)]
        : [pairCondition(dialect, 'trace_metadata', key, clause)]
    case 'feedback':
    case 'expectation':
      return [assessmentCondition(scope, clause)]
    case 'issue':
      return [
        sql<SqlBool>`exists (select 1 from trace_assessment as a where a.trace_number = trace.number
          and a.kind = 'issue' and ${compare(dialect, sql.ref('a.name'), clause.operator, clause.value)})`,
      ]
    case 'span':
      return []
  }
}

function attributeCondition(dialect: Dialect, clause: TraceClause): readonly RawBuilder<SqlBool>[] {
  const { key, operator, value } = clause
  switch (key) {
    case 'text':
      return []
    case 'name':
      return [pairCondition(dialect, 'trace_tag', traceKeys.name, clause)]
    case 'run_id':
      return [ofRun(dialect, clause)]
    case 'prompt':
      return [
        sql<SqlBool>`exists (select 1 from trace_prompt as p where p.trace_number = trace.number
          and ${compare(dialect, sql.ref('p.prompt'), operator, value)})`,
      ]
    default:
      return [compare(dialect, columnOf(key), operator, value)]
  }
}

function pairCondition(
  dialect: Dialect,
  table: 'trace_tag' | 'trace_metadata',
  key: string,
  { operator, value }: TraceClause,
): RawBuilder<SqlBool> {
  const owned = sql`select 1 from ${sql.table(table)} as p where p.trace_number = trace.number and p.key = ${key}`
  if (operator === 'IS NULL') return sql<SqlBool>`not exists (${owned})`
  if (operator === 'IS NOT NULL') return sql<SqlBool>`exists (${owned})`
  return sql<SqlBool>`exists (${owned} and ${compare(dialect, sql.ref('p.value'), operator, value)})`
}

/** A trace is of the run that made it and of those that it was linked to. */
function ofRun(dialect: Dialect, clause: TraceClause): RawBuilder<SqlBool> {
  const made = pairCondition(dialect, 'trace_metadata', traceKeys.sourceRun, clause)
  if (clause.operator !== '=' && clause.operator !== 'IN') return made
  return sql<SqlBool>`(${made} or exists (select 1 from trace_run as r where r.trace_number = trace.number
    and ${compare(dialect, sql.ref('r.run_id'), clause.operator, clause.value)}))`
}

/**
 * Values are kept as JSON: a text is compared with what it says, in quotes or not. An assessment whose metadata names
 * a session speaks of all traces of that session.
 */
function assessmentCondition(
  { dialect, experimentNumbers }: Scope,
  clause: TraceClause,
): RawBuilder<SqlBool> {
  const { entity, key, operator, value } = clause
  const valued = operator !== 'IS NULL' && operator !== 'IS NOT NULL'
  const said = sql`a.kind = ${entity} and a.name = ${key} and a.valid = 1
    ${valued ? sql`and ${valueCondition(dialect, { operator, value })}` : sql``}`
  const spoken = sql<SqlBool>`(exists (select 1 from trace_assessment as a
      where a.trace_number = trace.number and ${said})
    or exists (select 1 from trace_metadata as p where p.trace_number = trace.number
      and p.key = ${traceKeys.session} and p.value in (
        select s.value from trace_assessment as a
        join trace_metadata as s on s.trace_number = a.trace_number and s.key = ${traceKeys.session}
        join trace as t on t.number = a.trace_number
        where ${sql.raw(ofWholeSession)} and ${said}
          and t.experiment_number in (${sql.join([...experimentNumbers])}))))`
  return operator === 'IS NULL' ? sql<SqlBool>`not ${spoken}` : spoken
}

function valueCondition(
  dialect: Dialect,
  { operator, value }: Pick<TraceClause, 'operator' | 'value'>,
): RawBuilder<SqlBool> {
  if (value.kind === 'text' && (operator === '=' || operator === '!=')) {
    const spelt = sql`(a.value = ${value.text} or a.value = ${JSON.stringify(value.text)})`
    return operator === '=' ? sql<SqlBool>`${spelt}` : sql<SqlBool>`not ${spelt}`
  }
  if (operator === 'LIKE' || operator === 'ILIKE')
    return compare(dialect, sql.ref('a.value'), operator, value)
  const number = value.kind === 'text' ? Number(value.text) : Number.NaN
  if (value.kind === 'text' && Number.isNaN(number)) return sql<SqlBool>`1 = 0`
  const against = value.kind === 'text' ? ({ kind: 'number', number } as const) : value
  return sql<SqlBool>`(a.number is not null and ${compare(dialect, sql.ref('a.number'), operator, against)})`
}

const sortAlias = (index: number): string => `o${index}`

const joins = (order: readonly Order<TraceEntity>[]): RawBuilder<unknown> =>
  sql.join(
    order.flatMap(({ key }, index) => {
      if (key !== 'name' && key !== 'run_id') return []
      const alias = sortAlias(index)
      const [table, name] =
        key === 'name' ? ['trace_tag', traceKeys.name] : ['trace_metadata', traceKeys.sourceRun]
      return [
        sql`left join ${sql.table(table)} as ${sql.ref(alias)}
          on ${sql.ref(`${alias}.trace_number`)} = trace.number and ${sql.ref(`${alias}.key`)} = ${name}`,
      ]
    }),
    sql` `,
  )

/** The given order, then the newest first, then by id: a total order. */
function sortTerms(order: readonly Order<TraceEntity>[]): readonly SortTerm[] {
  return [
    ...order.flatMap(({ key, type, descending: down }, index): readonly SortTerm[] => {
      if (key === 'name' || key === 'run_id')
        return nullsLast(sql.ref(`${sortAlias(index)}.value`), 'text', down)
      const stored = type === 'number' ? 'integer' : 'text'
      return key === 'execution_ms' || key === 'client_request_id'
        ? nullsLast(columnOf(key), stored, down)
        : [{ type: stored, expression: columnOf(key), descending: down }]
    }),
    descending('integer', sql.ref('trace.timestamp_ms')),
    ascending('text', sql.ref('trace.id')),
  ]
}
