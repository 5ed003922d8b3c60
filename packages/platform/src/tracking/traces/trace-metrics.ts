import { KaizenError } from '@kaizen/contracts'
import { invalidValue } from '../rules.ts'
import { type Clause, parseFilter, type SearchGrammar, textualOrListed } from '../search/filter.ts'
import type { TraceEntity } from './trace-search.ts'

export const metricViews = ['TRACES', 'SPANS', 'ASSESSMENTS'] as const
export type MetricView = (typeof metricViews)[number]
export const aggregationTypes = ['COUNT', 'SUM', 'AVG', 'PERCENTILE', 'MIN', 'MAX'] as const
export type AggregationType = (typeof aggregationTypes)[number]

export interface Aggregation {
  readonly type: AggregationType
  /** Of a percentile: between 0 and 100. */
  readonly percentile: number | undefined
}

interface MetricRule {
  readonly aggregations: readonly AggregationType[]
  readonly dimensions: readonly string[]
}

const spread: readonly AggregationType[] = ['AVG', 'MIN', 'MAX', 'PERCENTILE']
const summed: readonly AggregationType[] = ['SUM', ...spread]
const counted: readonly AggregationType[] = ['COUNT']
const byName = { aggregations: summed, dimensions: ['trace_name'] }
const models = ['span_model_name', 'span_model_provider']

/** What can be asked of each view. */
const metrics: Readonly<Record<MetricView, Readonly<Record<string, MetricRule>>>> = {
  TRACES: {
    trace_count: { aggregations: counted, dimensions: ['trace_name', 'trace_status'] },
    session_count: { aggregations: counted, dimensions: [] },
    latency: { aggregations: spread, dimensions: ['trace_name'] },
    input_tokens: byName,
    output_tokens: byName,
    total_tokens: byName,
    cache_read_input_tokens: byName,
    cache_creation_input_tokens: byName,
  },
  SPANS: {
    span_count: {
      aggregations: counted,
      dimensions: ['span_name', 'span_type', 'span_status', ...models],
    },
    latency: { aggregations: spread, dimensions: ['span_name', 'span_status'] },
    input_cost: { aggregations: summed, dimensions: models },
    output_cost: { aggregations: summed, dimensions: models },
    total_cost: { aggregations: summed, dimensions: models },
  },
  ASSESSMENTS: {
    assessment_count: {
      aggregations: counted,
      dimensions: ['assessment_name', 'assessment_value'],
    },
    assessment_value: { aggregations: spread, dimensions: ['assessment_name'] },
  },
}

/** @throws INVALID_REQUEST when the view has no such metric, or the metric no such aggregation or dimension. */
export function checkMetric(
  view: MetricView,
  metric: string,
  asked: { readonly aggregations: readonly Aggregation[]; readonly dimensions: readonly string[] },
): void {
  const known = metrics[view]
  const rule = Object.hasOwn(known, metric) ? known[metric] : undefined
  if (!rule)
    throw invalidValue('metric_name', metric, `expected one of ${Object.keys(known).join(', ')}.`)
  if (asked.aggregations.length === 0)
    throw new KaizenError('INVALID_REQUEST', "Missing value for required parameter 'aggregations'.")
  for (const { type, percentile } of asked.aggregations) {
    if (!rule.aggregations.includes(type))
      throw invalidValue(
        'aggregation_type',
        type,
        `${metric} takes ${rule.aggregations.join(', ')}.`,
      )
    if (
      type === 'PERCENTILE' &&
      !(percentile !== undefined && percentile >= 0 && percentile <= 100)
    )
      throw invalidValue('percentile_value', percentile ?? null, 'it must be between 0 and 100.')
  }
  for (const dimension of asked.dimensions)
    if (!rule.dimensions.includes(dimension))
      throw invalidValue(
        'dimensions',
        dimension,
        rule.dimensions.length === 0
          ? `${metric} takes none.`
          : `${metric} takes ${rule.dimensions.join(', ')}.`,
      )
}

type FilterEntity = 'trace' | 'span' | 'assessment'
const any = (entity: FilterEntity) => ({
  entity,
  spellings: [entity, `${entity}s`],
  rule: () => textualOrListed,
})
const grammar: SearchGrammar<FilterEntity> = [any('trace'), any('span'), any('assessment')]

export interface MetricFilters {
  /** In the words of the search of traces. */
  readonly traces: readonly Clause<TraceEntity>[]
  readonly spans: readonly Clause<'span'>[]
  readonly assessments: readonly Clause<'assessment'>[]
}

/** Filters such as `trace.status = 'OK'`, `trace.tag.team = 'blue'`, `span.type = 'LLM'`. @throws INVALID_FILTER */
export function parseMetricFilters(filters: readonly string[]): MetricFilters {
  if (filters.length > 50) throw invalidValue('filters', filters.length, 'at most 50 are taken.')
  const clauses = filters.flatMap((filter) => parseFilter(filter, grammar))
  const of = <E extends FilterEntity>(entity: E, keys: readonly string[]): readonly Clause<E>[] =>
    clauses.flatMap((clause) => {
      if (clause.entity !== entity) return []
      if (!keys.includes(clause.key)) throw unknownKey(clause, keys)
      return [clause as Clause<E>]
    })
  return {
    traces: clauses.flatMap((clause) => (clause.entity === 'trace' ? [traceClause(clause)] : [])),
    spans: of('span', ['name', 'type', 'status']),
    assessments: of('assessment', ['name', 'type']),
  }
}

function traceClause(clause: Clause<FilterEntity>): Clause<TraceEntity> {
  const { key } = clause
  if (key === 'status') return { ...clause, entity: 'attribute', key: 'state' }
  for (const entity of ['tag', 'metadata'] as const)
    if (key.startsWith(`${entity}.`) && key.length > entity.length + 1)
      return { ...clause, entity, key: key.slice(entity.length + 1) }
  throw unknownKey(clause, ['status', 'tag.<key>', 'metadata.<key>'])
}

const unknownKey = ({ entity, key }: Clause, known: readonly string[]): KaizenError =>
  new KaizenError(
    'INVALID_FILTER',
    `Invalid filter: unknown ${entity} key ${JSON.stringify(key.slice(0, 100))}; known are ${known.join(', ')}`,
  )

/** One measured thing: when it began, what it is told apart by, and how much it was. */
export interface Sample {
  readonly timeMs: number
  /** Values of the dimensions asked for; one that is missing leaves the sample out. */
  readonly dimensions: readonly (string | undefined)[]
  readonly value: number
}

/** Figures of the samples with one set of dimensions, in one span of time. */
export interface MetricPoint {
  readonly dimensions: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, number>>
}

interface Group {
  readonly bucket: number
  readonly dimensions: readonly string[]
  readonly values: number[]
}

/** Gathers samples into groups; figures are made when all are in. */
export class SampleGroups {
  readonly #names: readonly string[]
  readonly #intervalMs: number | undefined
  readonly #groups = new Map<string, Group>()

  constructor(names: readonly string[], intervalMs: number | undefined) {
    this.#names = names
    this.#intervalMs = intervalMs
  }

  add({ timeMs, dimensions, value }: Sample): void {
    if (!dimensions.every((dimension) => dimension !== undefined && dimension !== '')) return
    const interval = this.#intervalMs
    const bucket = interval === undefined ? 0 : Math.floor(timeMs / interval) * interval
    const key = JSON.stringify([bucket, ...dimensions])
    const group = this.#groups.get(key)
    if (group) group.values.push(value)
    else this.#groups.set(key, { bucket, dimensions: dimensions as string[], values: [value] })
  }

  /** By time, then by dimensions. */
  points(aggregations: readonly Aggregation[]): readonly MetricPoint[] {
    const sorted = [...this.#groups.values()].sort(
      (a, b) => a.bucket - b.bucket || compareLists(a.dimensions, b.dimensions),
    )
    return sorted.map((group) => ({
      dimensions: {
        ...(this.#intervalMs === undefined ? {} : { time_bucket: bucketName(group.bucket) }),
        ...Object.fromEntries(
          this.#names.map((name, at) => [name, group.dimensions[at] as string]),
        ),
      },
      values: Object.fromEntries(
        aggregations.map((aggregation) => [
          nameOf(aggregation),
          aggregate(aggregation, group.values),
        ]),
      ),
    }))
  }
}

const bucketName = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00')

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (const [index, text] of a.entries()) {
    const other = b[index] ?? ''
    if (text !== other) return text < other ? -1 : 1
  }
  return 0
}

const nameOf = ({ type, percentile = 0 }: Aggregation): string =>
  type === 'PERCENTILE' ? `P${Number.isInteger(percentile) ? `${percentile}.0` : percentile}` : type

function aggregate({ type, percentile = 0 }: Aggregation, values: number[]): number {
  switch (type) {
    case 'COUNT':
      return values.length
    case 'SUM':
      return sum(values)
    case 'AVG':
      return sum(values) / values.length
    case 'MIN':
      return values.reduce((least, value) => Math.min(least, value))
    case 'MAX':
      return values.reduce((most, value) => Math.max(most, value))
    case 'PERCENTILE':
      return quantile(values, percentile / 100)
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Hyndman and Fan, definition 7: linear between the two values that surround the place. */
function quantile(values: number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)] as number
  const high = sorted[Math.ceil(place)] as number
  return low + (high - low) * (place - Math.floor(place))
}

/**
 * Normalized pointwise mutual information of two conditions: −1 when they never meet, 0 when they are independent, 1
 * when they always come together (Bouma, 2009); smoothed by half a trace in each cell. NaN where it is not defined.
 */
export function correlation(counts: {
  readonly first: number
  readonly second: number
  readonly both: number
  readonly all: number
}): { readonly npmi: number; readonly npmiSmoothed: number } {
  const { first, second, both, all } = counts
  if (all === 0 || first === 0 || second === 0)
    return { npmi: Number.NaN, npmiSmoothed: Number.NaN }
  const smoothing = 0.5
  const npmiSmoothed = normalized({
    both: both + smoothing,
    first: first + 2 * smoothing,
    second: second + 2 * smoothing,
    all: all + 4 * smoothing,
  })
  if (both === 0) return { npmi: -1, npmiSmoothed }
  if (both === all) return { npmi: 1, npmiSmoothed }
  return { npmi: normalized({ both, first, second, all }), npmiSmoothed }
}

function normalized(counts: { both: number; first: number; second: number; all: number }): number {
  const { both, first, second, all } = counts
  const value =
    (Math.log(both) + Math.log(all) - Math.log(first) - Math.log(second)) /
    (Math.log(all) - Math.log(both))
  return Math.max(-1, Math.min(1, value))
}
