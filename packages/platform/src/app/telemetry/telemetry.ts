import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { metricsPayload, type PromMetric, type Span, tracesPayload } from './payloads.ts'
import type { TelemetrySettings } from './settings.ts'
import {
  isSampled,
  newSpanId,
  newTraceId,
  type TraceParent,
  traceParentOf,
} from './trace-context.ts'

/** Spans that wait to be sent; more are dropped and counted, as memory must not grow while the collector is away. */
const queueLimit = 2048
const batchLimit = 512
const timeoutMs = 10_000
const lastWordMs = 2000

interface Begun {
  readonly traceId: string
  readonly spanId: string
  readonly parent: TraceParent | undefined
  readonly startMs: number
}

export interface TelemetryDeps {
  readonly settings: TelemetrySettings
  readonly registry: Registry
  readonly logger: Logger
  readonly version: string
}

/** Tells a collector of requests as traces, and of everything in the Prometheus registry as metrics, by OTLP over HTTP. */
export class Telemetry implements AsyncDisposable {
  readonly #deps: TelemetryDeps
  readonly #startMs = Date.now()
  readonly #begun = new WeakMap<FastifyRequest, Begun>()
  readonly #timers: readonly NodeJS.Timeout[]
  #spans: Span[] = []
  #dropped = 0
  #sending: Promise<void> = Promise.resolve()
  #isSending = false
  #isAway = false

  constructor(deps: TelemetryDeps) {
    this.#deps = deps
    const { metricsEveryMs, tracesEveryMs } = deps.settings
    this.#timers = [
      setInterval(() => void this.#sendMetrics(timeoutMs), metricsEveryMs).unref(),
      setInterval(() => void this.#sendInTurn(), tracesEveryMs).unref(),
    ]
  }

  /** Must be asked before routes are mounted. */
  watch(app: FastifyInstance): void {
    app.addHook('onRequest', async (request) => this.#begin(request))
    app.addHook('onResponse', async (request, reply) => this.#end(request, reply.statusCode))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await Promise.all([this.#sendSpans(lastWordMs), this.#sendMetrics(lastWordMs)])
  }

  #begin(request: FastifyRequest): void {
    const header = request.headers['traceparent']
    const parent = traceParentOf(typeof header === 'string' ? header : undefined)
    const traceId = parent?.traceId ?? newTraceId()
    if (!isSampled(traceId, parent, this.#deps.settings)) return
    const startMs = performance.timeOrigin + performance.now()
    this.#begun.set(request, { traceId, spanId: newSpanId(), parent, startMs })
  }

  #end(request: FastifyRequest, status: number): void {
    const begun = this.#begun.get(request)
    if (!begun) return
    if (this.#spans.length >= queueLimit) {
      this.#dropped++
      return
    }
    const route = request.routeOptions.url
    this.#spans.push({
      traceId: begun.traceId,
      spanId: begun.spanId,
      parentSpanId: begun.parent?.spanId ?? null,
      name: route === undefined ? request.method : `${request.method} ${route}`,
      startMs: begun.startMs,
      endMs: performance.timeOrigin + performance.now(),
      attributes: {
        'http.request.method': request.method,
        // Queries may hold what is nobody's business.
        'url.path': request.url.split('?')[0] ?? '',
        'http.response.status_code': status,
        'kaizen.request_id': request.id,
        ...(route !== undefined && { 'http.route': route }),
      },
      failed: status >= 500,
    })
  }

  /** One after the other: two at a time would tell the same spans twice. */
  #sendSpans(withinMs: number): Promise<void> {
    this.#sending = this.#sending.then(() => this.#sendWaiting(withinMs))
    return this.#sending
  }

  /** A collector that is slow is not asked again before it has answered. */
  async #sendInTurn(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    await this.#sendSpans(timeoutMs).finally(() => {
      this.#isSending = false
    })
  }

  async #sendWaiting(withinMs: number): Promise<void> {
    const { settings } = this.#deps
    while (this.#spans.length > 0) {
      const batch = this.#spans.slice(0, batchLimit)
      if (!(await this.#post(settings.traces, tracesPayload(batch, this.#origin), withinMs))) return
      this.#spans = this.#spans.slice(batch.length)
    }
  }

  async #sendMetrics(withinMs: number): Promise<void> {
    const { settings, registry } = this.#deps
    const metrics = (await registry.getMetricsAsJSON()) as unknown as readonly PromMetric[]
    const times = { startMs: this.#startMs, nowMs: Date.now() }
    await this.#post(settings.metrics, metricsPayload(metrics, times, this.#origin), withinMs)
  }

  get #origin() {
    return { resource: this.#deps.settings.resource, version: this.#deps.version }
  }

  /** True where the collector took or refused it; false where it may be tried again. */
  async #post(url: string, payload: unknown, withinMs: number): Promise<boolean> {
    const { settings, logger } = this.#deps
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...settings.headers, 'content-type': 'application/json' },
        body: JSON.stringify(payload),
        redirect: 'error',
        signal: AbortSignal.timeout(withinMs),
      })
      await response.body?.cancel()
      const later = [429, 502, 503, 504].includes(response.status)
      if (!response.ok) this.#away(`the collector answers ${response.status}`)
      else if (this.#isAway) {
        this.#isAway = false
        logger.info({ dropped: this.#dropped }, 'the OpenTelemetry collector is there again')
      }
      return !later
    } catch (failure) {
      this.#away(failure instanceof Error ? failure.message : String(failure))
      return false
    }
  }

  /** Said once, until it is there again. */
  #away(reason: string): void {
    if (this.#isAway) return
    this.#isAway = true
    this.#deps.logger.warn({ reason }, 'the OpenTelemetry collector does not take what it is told')
  }
}
