import type { Readable } from 'node:stream'
import { create, fromJson, toBinary, toJson } from '@bufbuild/protobuf'
import { KaizenError, otlpApi } from '@kaizen/contracts'
import type { Call } from '../http/index.ts'
import { type Route, route } from '../http/index.ts'
import type { Database } from '../storage/index.ts'
import { plainBody } from './otlp-body.ts'
import { scanExportRequest } from './otlp-scan.ts'
import { exportRequestSchema, exportResponseSchema } from './otlp-schema.ts'
import { wireBroken } from './otlp-wire.ts'
import { missingValue } from './rules.ts'
import type { TrackingService } from './service.ts'
import { wantedAttributes } from './span-facts.ts'

const answerBytes = Buffer.from(toBinary(exportResponseSchema, create(exportResponseSchema)))
const answerJson = JSON.stringify(toJson(exportResponseSchema, create(exportResponseSchema)))

/** Spans by OTLP over HTTP: what OpenTelemetry's exporters and MLflow's own client send. */
export const otlpRoutes = (tracking: TrackingService, database: Database): readonly Route[] => [
  route(otlpApi.traces, async (call) => {
    const { actor, request, reply } = call
    const experimentId = headerOf(request.headers['x-mlflow-experiment-id'])
    if (!experimentId) throw missingValue('x-mlflow-experiment-id')
    const isJson = mediaTypeOf(call) === 'application/json'
    const body = await plainBody(
      call.body as Readable | undefined,
      request.headers['content-encoding'],
    )
    const bytes = isJson ? fromOtlpJson(body) : body
    const resources = scanExportRequest(bytes, wantedAttributes)
    if (resources.length === 0) throw wireBroken('it holds no spans')
    const aggregates = await tracking.spans.prepare(bytes, resources)
    const runId = headerOf(request.headers['x-mlflow-run-id'])
    if (aggregates.length > 0) {
      await database.write(async (tx) => {
        await tracking.spans.log(tx, actor, experimentId, aggregates)
        if (!runId) return
        const whole = aggregates.filter(({ state }) => state !== undefined)
        await tracking.traces.linkToRun(
          tx,
          actor,
          runId,
          whole.map(({ traceId }) => traceId),
        )
      })
    }
    await reply
      .type(isJson ? 'application/json' : 'application/x-protobuf')
      .send(isJson ? answerJson : answerBytes)
  }),
]

const headerOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.[0]

function mediaTypeOf({ request }: Call): string {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  const media = type.trim().toLowerCase()
  if (media === 'application/x-protobuf' || media === 'application/json') return media
  throw new KaizenError(
    'UNSUPPORTED_MEDIA_TYPE',
    `Invalid Content-Type: ${media.slice(0, 100)}. Expected: application/x-protobuf or application/json`,
  )
}

type Json = Record<string, unknown>

/** OTLP's JSON is that of protocol buffers, but for ids, which are hexadecimal. @throws INVALID_JSON, INVALID_DATA */
function fromOtlpJson(body: Uint8Array): Uint8Array {
  const parsed = parse(body)
  for (const resource of listOf(parsed, 'resourceSpans', 'resource_spans'))
    for (const scope of listOf(resource, 'scopeSpans', 'scope_spans'))
      for (const span of listOf(scope, 'spans')) toBase64Ids(span)
  try {
    const message = fromJson(exportRequestSchema, parsed as never, { ignoreUnknownFields: true })
    return toBinary(exportRequestSchema, message)
  } catch (failure) {
    throw wireBroken(failure instanceof Error ? failure.message.slice(0, 300) : 'it is no OTLP')
  }
}

function parse(body: Uint8Array): Json {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8'))
  } catch {
    throw wireBroken('it is not well-formed JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wireBroken('it is no JSON object')
  return value as Json
}

const listOf = (owner: Json, ...names: readonly string[]): readonly Json[] =>
  names.flatMap((name) => {
    const list = owner[name]
    return Array.isArray(list)
      ? list.filter((item) => typeof item === 'object' && item !== null)
      : []
  })

const idFields = ['traceId', 'spanId', 'parentSpanId', 'trace_id', 'span_id', 'parent_span_id']

function toBase64Ids(span: Json): void {
  for (const owner of [span, ...listOf(span, 'links')])
    for (const field of idFields) {
      const id = owner[field]
      if (id === undefined || id === null || id === '') delete owner[field]
      else if (typeof id === 'string' && /^[0-9a-fA-F]+$/.test(id) && id.length % 2 === 0)
        owner[field] = Buffer.from(id, 'hex').toString('base64')
      else throw wireBroken(`${field} is not hexadecimal`)
    }
}
