import { KaizenError, type Page } from '@kaizen/contracts'
import type { Database } from '../../storage/index.ts'
import { experimentNumbers } from '../rules.ts'
import { checkPageSize } from '../runs/run-search.ts'
import { pageToken, readPageToken } from '../search/page-token.ts'
import { readCosts, readPoints } from '../spans/span-chunks.ts'
import * as store from './trace-metrics.store.ts'
import {
  type Aggregation,
  checkMetric,
  correlation,
  type MetricPoint,
  type MetricView,
  parseMetricFilters,
  SampleGroups,
} from './trace-metrics.ts'
import type { TraceFinder } from './trace-search.service.ts'

export interface TraceMetricsDeps {
  readonly database: Database
  readonly finder: TraceFinder
}

export interface MetricQuery {
  readonly experimentIds: readonly string[]
  readonly view: MetricView
  readonly metric: string
  readonly aggregations: readonly Aggregation[]
  readonly dimensions: readonly string[]
  readonly filters: readonly string[]
  readonly intervalSeconds: number | undefined
  readonly fromMs: number | undefined
  readonly untilMs: number | undefined
  readonly limit: number
  readonly pageToken: string | undefined
}

const largestPage = 10_000
const rowsAtATime = 2000
const tracesAtATime = 200

/** A verdict counts as a figure too: yes is 1, no is 0; null for what is neither figure nor verdict. */
function figureOf(row: { readonly value: string; readonly number_value: number | null }) {
  return row.number_value ?? verdicts[row.value] ?? null
}
const verdicts: Readonly<Record<string, number>> = { true: 1, false: 0, '"yes"': 1, '"no"': 0 }

/** Figures over traces, their spans and what was said of them. */
export class TraceMetrics {
  readonly #deps: TraceMetricsDeps

  constructor(deps: TraceMetricsDeps) {
    this.#deps = deps
  }

  /** @throws INVALID_REQUEST, INVALID_FILTER */
  async query(query: MetricQuery): Promise<Page<MetricPoint>> {
    checkMetric(query.view, query.metric, query)
    const { pageToken: token, limit: _limit, ...identity } = query
    const limit = checkPageSize(query.limit, largestPage)
    const scope: store.MetricScope = {
      experimentNumbers: experimentNumbers(query.experimentIds),
      filters: parseMetricFilters(query.filters),
      fromMs: query.fromMs,
      untilMs: query.untilMs,
    }
    const groups = new SampleGroups(query.dimensions, intervalOf(query))
    if (scope.experimentNumbers.length > 0) await this.#gather(query, scope, groups)
    const points = groups.points(query.aggregations)
    const [start = 0] = token ? readPageToken(token, ['trace-metrics', identity]).map(Number) : []
    const items = points.slice(start, start + limit)
    return start + limit < points.length
      ? { items, nextPageToken: pageToken(['trace-metrics', identity], [start + limit]) }
      : { items }
  }

  #gather(query: MetricQuery, scope: store.MetricScope, groups: SampleGroups): Promise<void> {
    if (query.view === 'TRACES') return this.#traces(query, scope, groups)
    if (query.view === 'SPANS') return this.#spans(query, scope, groups)
    return this.#assessments(query, scope, groups)
  }

  async #traces(query: MetricQuery, scope: store.MetricScope, groups: SampleGroups): Promise<void> {
    const { reader, dialect } = this.#deps.database
    const sessions = new Set<string>()
    for (let after = -1; ; ) {
      const rows = await store.traceSamples(reader, dialect, scope, { after, limit: rowsAtATime })
      for (const row of rows) {
        const value = traceValue(query.metric, row)
        if (value === undefined) continue
        if (query.metric === 'session_count') {
          const bucket = `${Math.floor(row.timestamp_ms / (intervalOf(query) ?? 1e16))}\0${row.session}`
          if (sessions.has(bucket)) continue
          sessions.add(bucket)
        }
        const dimensions = query.dimensions.map((name) =>
          name === 'trace_name' ? (row.name ?? undefined) : row.state,
        )
        groups.add({ timeMs: row.timestamp_ms, dimensions, value })
      }
      const last = rows.at(-1)
      if (!last || rows.length < rowsAtATime) return
      after = last.number
      await breathe()
    }
  }

  async #spans(query: MetricQuery, scope: store.MetricScope, groups: SampleGroups): Promise<void> {
    const { reader, dialect } = this.#deps.database
    const within = (ms: number): boolean =>
      ms >= (query.fromMs ?? Number.NEGATIVE_INFINITY) &&
      ms <= (query.untilMs ?? Number.POSITIVE_INFINITY)
    for (let after = -1; ; ) {
      const numbers = await store.spanTraces(reader, dialect, scope, {
        after,
        limit: tracesAtATime,
      })
      const last = numbers.at(-1)
      if (last === undefined) return
      const samples = query.metric.endsWith('_cost')
        ? costSamples(query, await store.usedSamples(reader, numbers))
        : spanSamples(query, await store.groupSamples(reader, dialect, scope, numbers))
      for (const sample of samples) if (within(sample.timeMs)) groups.add(sample)
      if (numbers.length < tracesAtATime) return
      after = last
      await breathe()
    }
  }

  async #assessments(
    query: MetricQuery,
    scope: store.MetricScope,
    groups: SampleGroups,
  ): Promise<void> {
    const { reader, dialect } = this.#deps.database
    for (let after = ''; ; ) {
      const page = { after, limit: rowsAtATime }
      const rows = await store.assessmentSamples(reader, dialect, scope, page)
      for (const row of rows) {
        const value = query.metric === 'assessment_count' ? 1 : figureOf(row)
        if (value === null) continue
        const dimensions = query.dimensions.map((name) =>
          name === 'assessment_name' ? row.name : row.value,
        )
        groups.add({ timeMs: row.timestamp_ms, dimensions, value })
      }
      const last = rows.at(-1)
      if (!last || rows.length < rowsAtATime) return
      after = last.id
      await breathe()
    }
  }

  /** How much two conditions on traces go together, among those that fulfil a third. @throws INVALID_FILTER */
  async correlate(
    experimentIds: readonly string[],
    filters: { readonly first: string; readonly second: string; readonly base: string },
  ) {
    const { finder } = this.#deps
    const count = (...parts: readonly string[]): Promise<number> =>
      finder.count(experimentIds, parts.filter((part) => part.trim() !== '').join(' AND '))
    const { first, second, base } = filters
    const counts = {
      first: await count(base, first),
      second: await count(base, second),
      both: await count(base, first, second),
      all: await count(base),
    }
    return { ...counts, ...correlation(counts) }
  }
}

function intervalOf({ intervalSeconds, fromMs, untilMs }: MetricQuery): number | undefined {
  if (!intervalSeconds) return undefined
  if (intervalSeconds < 0 || fromMs === undefined || untilMs === undefined)
    throw new KaizenError(
      'INVALID_REQUEST',
      'start_time_ms and end_time_ms are required if time_interval_seconds is set, which is positive.',
    )
  return intervalSeconds * 1000
}

function traceValue(metric: string, row: store.TraceSampleRow): number | undefined {
  switch (metric) {
    case 'trace_count':
      return 1
    case 'session_count':
      return row.session === null ? undefined : 1
    case 'latency':
      return row.execution_ms ?? undefined
    default: {
      const tokens = row.tokens === null ? {} : parsed(row.tokens)
      const value = (tokens as Record<string, unknown> | null)?.[metric]
      return typeof value === 'number' ? value : undefined
    }
  }
}

/** Metadata holds what clients put there. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

const spanSamples = (query: MetricQuery, rows: readonly store.GroupSampleRow[]) =>
  rows.flatMap((row) => {
    const told: Readonly<Record<string, string>> = {
      span_name: row.name,
      span_type: row.type,
      span_status: row.status,
      span_model_name: row.model,
      span_model_provider: row.provider,
    }
    const dimensions = query.dimensions.map((name) => told[name])
    return readPoints(row.points).flatMap(({ startMs, durationMs }) => {
      const value = query.metric === 'span_count' ? 1 : durationMs
      return Number.isNaN(value) ? [] : [{ timeMs: startMs, dimensions, value }]
    })
  })

const costSamples = (query: MetricQuery, used: readonly string[]) =>
  used.flatMap(readCosts).flatMap(({ cost, model, provider, startMs }) => {
    const value = cost[query.metric]
    if (value === undefined) return []
    const dimensions = query.dimensions.map((name) =>
      name === 'span_model_name' ? model : provider,
    )
    return [{ timeMs: startMs, dimensions, value }]
  })

/** Others get their turn between batches. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
