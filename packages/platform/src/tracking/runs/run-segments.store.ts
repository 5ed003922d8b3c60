import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Dialect } from '../../storage/index.ts'
import type { Clause, Order } from '../search/filter.ts'
import { ascending, descending, nullsLast, type SortTerm } from '../search/keyset.store.ts'
import { columnOf, condition, tableOf, valueCondition } from './run-conditions.store.ts'
import type { RunEntity } from './run-search.ts'
import { indexedText, indexedValue } from './search-index.store.ts'

/**
 * A part of a sorted list whose rows an index has in order. A list by a metric has three: runs with a number, then those
 * with a NaN, then those without that metric.
 */
export interface Segment {
  /** Values with which the positions of its rows begin. */
  readonly prefix: readonly (string | number)[]
  /** How its rows are sorted; their values follow in the position. */
  readonly terms: readonly SortTerm[]
  readonly from: RawBuilder<unknown>
  readonly conditions: (experiment: number) => readonly RawBuilder<SqlBool>[]
  /** An index that sorts by the beginnings of texts comes before the texts themselves. */
  readonly lead?: {
    readonly expression: RawBuilder<unknown>
    readonly textOf: (text: string) => string
  }
}

export interface SegmentQuery {
  readonly dialect: Dialect
  readonly clauses: readonly Clause<RunEntity>[]
  readonly order: readonly Order<RunEntity>[]
}

/** Several keys of an order each have a join, by their place: `o0`, `o1`, …. */
const sortAlias = (index: number): string => `o${index}`

/** Joins for the orders from `first` on. */
export const joins = (order: readonly Order<RunEntity>[], first = 0): RawBuilder<unknown> =>
  sql.join(
    order.flatMap(({ entity, key }, index) => {
      if (index < first || entity === 'attribute' || entity === 'dataset') return []
      const alias = sortAlias(index)
      return [
        sql`left join ${sql.table(tableOf[entity])} as ${sql.ref(alias)}
          on ${sql.ref(`${alias}.run_number`)} = run.number and ${sql.ref(`${alias}.key`)} = ${key}`,
      ]
    }),
    sql` `,
  )

/** The given orders from `first` on, then the newest first, then by id: a total order. */
export function sortTerms(order: readonly Order<RunEntity>[], first = 0): readonly SortTerm[] {
  return [
    ...order.flatMap((item, index) => (index < first ? [] : termsOf(item, sortAlias(index)))),
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

/** The parts of a sorted list, in their order. */
export function segmentsOf(query: SegmentQuery): readonly Segment[] {
  const [first] = query.order
  if (first === undefined || (first.entity === 'attribute' && first.key !== 'end_time')) {
    return [plainSegment(query, { prefix: [], termsFrom: 0 })]
  }
  if (first.entity === 'attribute') return endTimeSegments(query, first)
  return first.entity === 'metric' ? metricSegments(query, first) : textSegments(query, first)
}

/** Runs by their own columns. */
function plainSegment(
  { dialect, clauses, order }: SegmentQuery,
  options: {
    readonly prefix: Segment['prefix']
    readonly termsFrom: number
    readonly lead?: SortTerm
    readonly more?: readonly RawBuilder<SqlBool>[]
  },
): Segment {
  const { prefix, termsFrom, lead, more = [] } = options
  return {
    prefix,
    terms: [...(lead ? [lead] : []), ...sortTerms(order, termsFrom)],
    from: sql`run ${joins(order, termsFrom)}`,
    conditions: (experiment) => [
      sql<SqlBool>`run.experiment_number = ${experiment}`,
      ...more,
      ...clauses.map((clause) => condition(dialect, clause)),
    ],
  }
}

function endTimeSegments(query: SegmentQuery, first: Order<RunEntity>): readonly Segment[] {
  const column = sql.ref('run.end_time')
  return [
    plainSegment(query, {
      prefix: [0],
      termsFrom: 1,
      lead: { type: 'integer', expression: column, descending: first.descending },
      more: [sql<SqlBool>`${column} is not null`],
    }),
    plainSegment(query, {
      prefix: [1, 0],
      termsFrom: 1,
      more: [sql<SqlBool>`${column} is null`],
    }),
  ]
}

const asksOf = (clause: Clause<RunEntity>, order: Order<RunEntity>): boolean =>
  clause.entity === order.entity && clause.key === order.key

/** Runs by the index of values of one key; clauses on that key bound the walk. */
function valueSegment(
  { dialect, clauses, order }: SegmentQuery,
  first: Order<RunEntity>,
  options: Pick<Segment, 'prefix' | 'terms'> & {
    readonly table: string
    readonly more: readonly RawBuilder<SqlBool>[]
  },
): Segment {
  return {
    prefix: options.prefix,
    terms: options.terms,
    from: sql`${sql.table(options.table)} as o0 cross join run ${joins(order, 1)}`,
    conditions: (experiment) => [
      sql<SqlBool>`o0.experiment_number = ${experiment} and o0.key = ${first.key}`,
      ...options.more,
      sql<SqlBool>`run.number = o0.run_number`,
      ...clauses.map((clause) => {
        if (!asksOf(clause, first) || clause.operator === 'IS NULL') {
          return condition(dialect, clause)
        }
        return clause.operator === 'IS NOT NULL'
          ? sql<SqlBool>`o0.value is not null`
          : valueCondition(dialect, clause, 'o0')
      }),
    ],
  }
}

function missingSegment(
  query: SegmentQuery,
  first: Order<RunEntity>,
  options: { readonly prefix: Segment['prefix']; readonly table: string },
): Segment {
  const absent = sql<SqlBool>`not exists (select 1 from ${sql.table(options.table)} as a
    where a.run_number = run.number and a.key = ${first.key})`
  return plainSegment(query, { prefix: options.prefix, termsFrom: 1, more: [absent] })
}

function metricSegments(query: SegmentQuery, first: Order<RunEntity>): readonly Segment[] {
  const table = tableOf.metric
  const value: SortTerm = {
    type: 'real',
    expression: sql.ref('o0.value'),
    descending: first.descending,
  }
  const rest = sortTerms(query.order, 1)
  const own = query.clauses.filter((clause) => asksOf(clause, first))
  return [
    valueSegment(query, first, {
      table,
      prefix: [0],
      terms: [value, ...rest],
      more: [sql<SqlBool>`o0.is_nan = 0`],
    }),
    ...(own.every(({ operator }) => operator === '!=')
      ? [
          valueSegment(query, first, {
            table,
            prefix: [1, 0],
            terms: rest,
            more: [sql<SqlBool>`o0.is_nan = 1`],
          }),
        ]
      : []),
    ...(own.length === 0 ? [missingSegment(query, first, { prefix: [2, 0], table })] : []),
  ]
}

function textSegments(query: SegmentQuery, first: Order<RunEntity>): readonly Segment[] {
  const { dialect } = query
  const table = tableOf[first.entity as 'param' | 'tag']
  const column = sql.ref('o0.value')
  const value: SortTerm = { type: 'text', expression: column, descending: first.descending }
  const own = query.clauses.filter((clause) => asksOf(clause, first))
  const present = valueSegment(query, first, {
    table,
    prefix: [0],
    terms: [value, ...sortTerms(query.order, 1)],
    more: [],
  })
  const lead = {
    expression: indexedValue(dialect, column),
    textOf: (text: string) => indexedText(dialect, text),
  }
  return [
    dialect === 'postgres' ? { ...present, lead } : present,
    ...(own.every(({ operator }) => operator === 'IS NULL')
      ? [missingSegment(query, first, { prefix: [1, ''], table })]
      : []),
  ]
}
