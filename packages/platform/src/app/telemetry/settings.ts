import { KaizenError } from '@kaizen/contracts'

/** Where and how the server tells OpenTelemetry of itself, from the variables that the specification names. */
export interface TelemetrySettings {
  readonly traces: string
  readonly metrics: string
  readonly headers: Readonly<Record<string, string>>
  readonly resource: Readonly<Record<string, string>>
  /** Share of traces without a sampled parent that are told, 0 to 1. */
  readonly ratio: number
  /** Whether a caller that samples, or does not, decides. */
  readonly parentBased: boolean
  readonly metricsEveryMs: number
  readonly tracesEveryMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

const samplers: Readonly<
  Record<string, { readonly parentBased: boolean; readonly ratio?: number }>
> = {
  always_on: { parentBased: false, ratio: 1 },
  always_off: { parentBased: false, ratio: 0 },
  traceidratio: { parentBased: false },
  parentbased_always_on: { parentBased: true, ratio: 1 },
  parentbased_always_off: { parentBased: true, ratio: 0 },
  parentbased_traceidratio: { parentBased: true },
}

/**
 * Undefined where nothing is configured.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 * @throws INVALID_CONFIG
 */
export function telemetrySettings(env: Environment): TelemetrySettings | undefined {
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT']
  const traces = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']
  const metrics = env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT']
  if (env['OTEL_SDK_DISABLED'] === 'true' || !(base || (traces && metrics))) return undefined
  const of = (signal: string, own: string | undefined): string =>
    addressOf(own || `${(base ?? '').replace(/\/+$/, '')}/v1/${signal}`)
  const sampler = env['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on'
  const found = samplers[sampler]
  if (!found) throw wrong('OTEL_TRACES_SAMPLER', sampler, Object.keys(samplers).join(', '))
  return {
    traces: of('traces', traces),
    metrics: of('metrics', metrics),
    headers: pairsOf('OTEL_EXPORTER_OTLP_HEADERS', env),
    resource: {
      'service.name': env['OTEL_SERVICE_NAME'] || 'kaizen',
      ...pairsOf('OTEL_RESOURCE_ATTRIBUTES', env),
    },
    parentBased: found.parentBased,
    ratio:
      found.ratio ?? numberOf(env, 'OTEL_TRACES_SAMPLER_ARG', { fallback: 1, least: 0, most: 1 }),
    metricsEveryMs: numberOf(env, 'OTEL_METRIC_EXPORT_INTERVAL', interval(60_000)),
    tracesEveryMs: numberOf(env, 'OTEL_BSP_SCHEDULE_DELAY', interval(5000)),
  }
}

const interval = (fallback: number) => ({ fallback, least: 10, most: 86_400_000 })

function addressOf(text: string): string {
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol)) return url.href
  throw wrong('OTEL_EXPORTER_OTLP_ENDPOINT', text, 'http:// or https:// of a collector')
}

function numberOf(
  env: Environment,
  name: string,
  {
    fallback,
    least,
    most,
  }: { readonly fallback: number; readonly least: number; readonly most: number },
): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const number = Number(text)
  if (number >= least && number <= most) return number
  throw wrong(name, text, `a number from ${least} to ${most}`)
}

/** `name=value,name=value`, values percent-encoded as in W3C baggage. */
function pairsOf(name: string, env: Environment): Record<string, string> {
  const pairs: Record<string, string> = {}
  for (const pair of (env[name] ?? '').split(',')) {
    if (pair.trim() === '') continue
    const at = pair.indexOf('=')
    try {
      if (at <= 0) throw new RangeError('no name')
      pairs[pair.slice(0, at).trim()] = decodeURIComponent(pair.slice(at + 1).trim())
    } catch {
      // The value may be a secret: it is not repeated.
      throw wrong(name, '…', 'name=value pairs with commas between')
    }
  }
  return pairs
}

const wrong = (name: string, value: string, expected: string): KaizenError =>
  new KaizenError('INVALID_CONFIG', `${name}: "${value}" is not usable`, {
    hint: `Expected ${expected}.`,
  })
