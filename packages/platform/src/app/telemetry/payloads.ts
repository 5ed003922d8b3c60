import type { MetricObjectWithValues, MetricValue } from 'prom-client'

/** OTLP over HTTP as JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */

type Attributes = Readonly<Record<string, string | number>>

const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : Number.isInteger(value)
          ? { intValue: String(value) }
          : { doubleValue: value },
  }))

/** Milliseconds since 1970 as nanoseconds, which no number holds. */
const nanoseconds = (ms: number): string =>
  String(BigInt(Math.floor(ms)) * 1_000_000n + BigInt(Math.round((ms % 1) * 1e6)))

const scopeOf = (version: string) => ({ name: 'kaizen', version })

export interface Origin {
  readonly resource: Attributes
  readonly version: string
}

export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly name: string
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  readonly failed: boolean
}

const serverSpan = 2
const failedStatus = 2

export const tracesPayload = (spans: readonly Span[], { resource, version }: Origin): unknown => ({
  resourceSpans: [
    {
      resource: { attributes: attributesOf(resource) },
      scopeSpans: [
        {
          scope: scopeOf(version),
          spans: spans.map((span) => ({
            traceId: span.traceId,
            spanId: span.spanId,
            ...(span.parentSpanId !== null && { parentSpanId: span.parentSpanId }),
            name: span.name,
            kind: serverSpan,
            startTimeUnixNano: nanoseconds(span.startMs),
            endTimeUnixNano: nanoseconds(span.endMs),
            attributes: attributesOf(span.attributes),
            status: span.failed ? { code: failedStatus } : {},
          })),
        },
      ],
    },
  ],
})

export type PromMetric = MetricObjectWithValues<MetricValue<string>>
const cumulative = 2

/** Metrics of the Prometheus registry; points that are no finite number are left out. */
export function metricsPayload(
  metrics: readonly PromMetric[],
  times: { readonly startMs: number; readonly nowMs: number },
  { resource, version }: Origin,
): unknown {
  const stamps = {
    startTimeUnixNano: nanoseconds(times.startMs),
    timeUnixNano: nanoseconds(times.nowMs),
  }
  const told = metrics.flatMap((metric) => {
    const data = dataOf(metric, stamps)
    return data ? [{ name: metric.name, description: metric.help, ...data }] : []
  })
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeMetrics: [{ scope: scopeOf(version), metrics: told }],
      },
    ],
  }
}

type Stamps = Readonly<Record<'startTimeUnixNano' | 'timeUnixNano', string>>

function dataOf(metric: PromMetric, stamps: Stamps): object | undefined {
  // The registry names types as it does in text, whatever its own typing says.
  const type = String(metric.type)
  if (type === 'histogram') return histogramOf(metric.values, stamps)
  if (type !== 'counter' && type !== 'gauge') return undefined
  const dataPoints = metric.values.flatMap(({ value, labels }) =>
    Number.isFinite(value)
      ? [{ ...stamps, asDouble: value, attributes: attributesOf(labelsOf(labels)) }]
      : [],
  )
  if (dataPoints.length === 0) return undefined
  return type === 'gauge'
    ? { gauge: { dataPoints } }
    : { sum: { dataPoints, aggregationTemporality: cumulative, isMonotonic: true } }
}

type Labels = MetricValue<string>['labels']

const labelsOf = (labels: Labels): Attributes =>
  Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) =>
      value === undefined || name === 'le' ? [] : [[name, value]],
    ),
  )

/** Prometheus counts what lies below each bound, OTLP what lies between two. */
function histogramOf(
  values: readonly (MetricValue<string> & { readonly metricName?: string })[],
  stamps: Stamps,
): object | undefined {
  const series = Map.groupBy(values, ({ labels }) => JSON.stringify(labelsOf(labels)))
  const dataPoints = [...series.values()].flatMap((of) => {
    const below = of
      .filter(({ labels }) => labels['le'] !== undefined)
      .map(({ labels, value }) => ({
        bound: Number(String(labels['le']).replace('+Inf', 'Infinity')),
        value,
      }))
      .sort((a, b) => a.bound - b.bound)
    const figure = (suffix: string) =>
      of.find(({ metricName }) => metricName?.endsWith(suffix))?.value ?? 0
    if (below.length === 0) return []
    return [
      {
        ...stamps,
        attributes: attributesOf(labelsOf(of[0]?.labels ?? {})),
        count: String(figure('_count')),
        sum: figure('_sum'),
        explicitBounds: below.map(({ bound }) => bound).filter(Number.isFinite),
        bucketCounts: below.map(({ value }, index) =>
          String(value - (below[index - 1]?.value ?? 0)),
        ),
      },
    ]
  })
  return dataPoints.length === 0
    ? undefined
    : { histogram: { dataPoints, aggregationTemporality: cumulative } }
}
