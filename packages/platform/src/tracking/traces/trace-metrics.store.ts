import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Dialect, Reader } from '../../storage/index.ts'
import { compare } from '../search/keyset.store.ts'
import type { MetricFilters } from './trace-metrics.ts'
import { traceConditions } from './trace-search.store.ts'
import { traceKeys } from './traces.ts'

export interface MetricScope {
  readonly experimentNumbers: readonly number[]
  readonly filters: MetricFilters
  readonly fromMs: number | undefined
  readonly untilMs: number | undefined
}

export interface TraceSampleRow {
  readonly number: number
  readonly timestamp_ms: number
  readonly execution_ms: number | null
  readonly state: string
  readonly name: string | null
  readonly session: string | null
  readonly tokens: string | null
}

export interface GroupSampleRow {
  readonly number: number
  readonly chunk: number
  readonly item: number
  readonly name: string
  readonly type: string
  readonly status: string
  readonly model: string
  readonly provider: string
  readonly points: Uint8Array
}

export interface AssessmentSampleRow {
  readonly id: string
  readonly timestamp_ms: number
  readonly name: string
  readonly value: string
  readonly number_value: number | null
}

/** Spans may begin a little before their trace is said to have, and run long after: time is checked again by span. */
const slackMs = 86_400_000

const conditions = (dialect: Dialect, scope: MetricScope): RawBuilder<SqlBool> => {
  const { experimentNumbers, filters, fromMs, untilMs } = scope
  const spans = filters.spans.map((clause) => ({ ...clause, entity: 'span' as const }))
  return sql<SqlBool>`${sql.join(
    [
      ...traceConditions(dialect, { experimentNumbers, clauses: [...filters.traces, ...spans] }),
      ...(fromMs === undefined ? [] : [sql`trace.timestamp_ms >= ${fromMs}`]),
      ...(untilMs === undefined ? [] : [sql`trace.timestamp_ms <= ${untilMs}`]),
    ],
    sql` and `,
  )}`
}

const pair = (table: string, key: string) =>
  sql`(select value from ${sql.table(table)} as p where p.trace_number = trace.number and p.key = ${key})`

/** Traces after a number, in the order of numbers. */
export async function traceSamples(
  reader: Reader,
  dialect: Dialect,
  scope: MetricScope,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly TraceSampleRow[]> {
  const { rows } = await sql<TraceSampleRow>`
    select trace.number, trace.timestamp_ms, trace.execution_ms, trace.state,
      ${pair('trace_tag', traceKeys.name)} as name,
      ${pair('trace_metadata', traceKeys.session)} as session,
      ${pair('trace_metadata', traceKeys.tokenUsage)} as tokens
    from trace where trace.number > ${page.after} and ${conditions(dialect, scope)}
    order by trace.number limit ${page.limit}`.execute(reader)
  return rows
}

const spanConditions = (dialect: Dialect, { filters }: MetricScope): RawBuilder<SqlBool> =>
  sql<SqlBool>`${sql.join(
    [
      sql`1 = 1`,
      ...filters.spans.map(({ key, operator, value }) =>
        compare(dialect, sql.ref(`g.${key}`), operator, value),
      ),
    ],
    sql` and `,
  )}`

const widened = (scope: MetricScope): MetricScope => ({
  ...scope,
  fromMs: scope.fromMs === undefined ? undefined : scope.fromMs - slackMs,
})

/** Numbers of the traces after a number whose spans are to be read. */
export async function spanTraces(
  reader: Reader,
  dialect: Dialect,
  scope: MetricScope,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly number[]> {
  const { rows } = await sql<{ number: number }>`select trace.number as number from trace
    where trace.number > ${page.after} and ${conditions(dialect, widened(scope))}
    order by trace.number limit ${page.limit}`.execute(reader)
  return rows.map(({ number }) => number)
}

export async function groupSamples(
  reader: Reader,
  dialect: Dialect,
  scope: MetricScope,
  traceNumbers: readonly number[],
): Promise<readonly GroupSampleRow[]> {
  const { rows } =
    await sql<GroupSampleRow>`select g.trace_number as number, g.chunk, g.item, g.name,
      g.type, g.status, g.model, g.provider, g.points
    from trace_span_group as g where g.trace_number in (${sql.join([...traceNumbers])})
      and ${spanConditions(dialect, scope)}`.execute(reader)
  return rows
}

/** What spans of traces used, as chunks keep it. */
export async function usedSamples(
  reader: Reader,
  traceNumbers: readonly number[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ used: string }>`select used from trace_chunk
    where trace_number in (${sql.join([...traceNumbers])}) and used <> ''`.execute(reader)
  return rows.map(({ used }) => used)
}

/** Assessments after an id, in the order of ids. */
export async function assessmentSamples(
  reader: Reader,
  dialect: Dialect,
  scope: MetricScope,
  page: { readonly after: string; readonly limit: number },
): Promise<readonly AssessmentSampleRow[]> {
  const own = scope.filters.assessments.map(({ key, operator, value }) =>
    compare(dialect, sql.ref(key === 'type' ? 'a.kind' : 'a.name'), operator, value),
  )
  const { rows } = await sql<AssessmentSampleRow>`select a.id, trace.timestamp_ms, a.name, a.value,
      a.number as number_value
    from trace_assessment as a join trace on trace.number = a.trace_number
    where a.valid = 1 and a.id > ${page.after}
      and ${sql.join([conditions(dialect, scope), ...own], sql` and `)}
    order by a.id limit ${page.limit}`.execute(reader)
  return rows
}
