import type { Readable } from 'node:stream'
import { KaizenError, otlpApi } from '@kaizen/contracts'
import type { Call } from '../../http/index.ts'
import { type Route, route } from '../../http/index.ts'
import type { Database } from '../../storage/index.ts'
import { missingValue } from '../rules.ts'
import type { TrackingService } from '../service.ts'
import { plainBody } from './otlp-body.ts'
import { scanExportRequest } from './otlp-scan.ts'
import { wireBroken } from './otlp-wire.ts'
import { wantedAttributes } from './span-facts.ts'

/** An ExportTraceServiceResponse without partial success: no field is set, which both forms write as nothing. */
const answerBytes = Buffer.alloc(0)
const answerJson = '{}'

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
    const bytes = isJson ? (await import('./otlp-json.ts')).fromOtlpJson(body) : body
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
