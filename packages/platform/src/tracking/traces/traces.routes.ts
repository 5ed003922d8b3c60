import { mlflowTracesApi as api, isKaizenError, type TraceInfoFields } from '@kaizen/contracts'
import type { FastifyReply } from 'fastify'
import { type Route, route } from '../../http/index.ts'
import type { Database } from '../../storage/index.ts'
import { sendArtifact } from '../artifacts/artifacts.routes.ts'
import { unlessEmpty } from '../mlflow-wire.ts'
import type { KeyValue } from '../model.ts'
import { missingValue } from '../rules.ts'
import type { TrackingService } from '../service.ts'
import { toFileSpan } from '../spans/span-wire.ts'
import { newAssessment } from './assessments.service.ts'
import { toWireTraceInfo, toWireTraceInfoV2 } from './trace-wire.ts'
import type { NewTrace } from './traces.service.ts'
import { type TraceInfo, traceStateOf } from './traces.ts'

const defaultPage = 100

/** The traces of MLflow's protocol, versions 3 and 2. */
export const traceRoutes = (tracking: TrackingService, database: Database): readonly Route[] => [
  ...lifeRoutes(tracking, database),
  ...readRoutes(tracking),
  ...linkRoutes(tracking, database),
  ...secondVersionRoutes(tracking, database),
]

const pairs = (map: Readonly<Record<string, string>>): readonly KeyValue[] =>
  Object.entries(map).map(([key, value]) => ({ key, value }))

const pageOf = <T>(items: readonly T[], nextPageToken: string | undefined) => ({
  ...unlessEmpty('traces', items),
  ...(nextPageToken ? { next_page_token: nextPageToken } : {}),
})

function toNewTrace(info: TraceInfoFields, tracking: TrackingService, now: number): NewTrace {
  const experimentId = info.trace_location.mlflow_experiment?.experiment_id
  if (!experimentId) throw missingValue('trace_location.mlflow_experiment.experiment_id')
  return {
    traceId: info.trace_id,
    experimentId,
    timestampMs: info.request_time ?? now,
    executionMs: info.execution_duration ?? null,
    state: traceStateOf(info.state),
    clientRequestId: info.client_request_id ?? null,
    requestPreview: info.request_preview ?? info.request ?? null,
    responsePreview: info.response_preview ?? info.response ?? null,
    metadata: pairs(info.trace_metadata),
    tags: pairs(info.tags),
    assessments: info.assessments.map((fields) =>
      newAssessment(fields, {
        traceId: info.trace_id,
        id: fields.assessment_id || tracking.assessments.newId(),
        now,
      }),
    ),
  }
}

function lifeRoutes(tracking: TrackingService, database: Database): readonly Route[] {
  const { traces } = tracking
  const remove = (
    experimentId: string,
    body: {
      readonly max_timestamp_millis?: number | undefined
      readonly max_traces?: number | undefined
      readonly request_ids: readonly string[]
    },
  ) => ({
    experimentId,
    which: {
      until: body.max_timestamp_millis,
      most: body.max_traces,
      traceIds: body.request_ids,
    },
  })
  return [
    route(api.start, async ({ body, actor }) => {
      const trace = toNewTrace(body.trace.trace_info, tracking, tracking.now())
      const info = await database.write((tx) => traces.start(tx, actor, trace))
      return { trace: { trace_info: toWireTraceInfo(info) } }
    }),
    ...[api.delete, api.deleteV3].map((operation) =>
      route(operation, async ({ body, actor }) => {
        const { experimentId, which } = remove(body.experiment_id, body)
        const count = await database.write((tx) => traces.delete(tx, actor, experimentId, which))
        return { traces_deleted: count }
      }),
    ),
    ...[api.setTag, api.setTagV3].map((operation) =>
      route(operation, async ({ params, body, actor }) => {
        const tag = { key: body.key, value: body.value ?? '' }
        await database.write((tx) => traces.setTag(tx, actor, params.trace_id, tag))
        return {}
      }),
    ),
    ...[api.deleteTag, api.deleteTagV3].map((operation) =>
      route(operation, async ({ params, query: _, body, actor }) => {
        await database.write((tx) => traces.deleteTag(tx, actor, params.trace_id, body.key))
        return {}
      }),
    ),
  ]
}

function readRoutes(tracking: TrackingService): readonly Route[] {
  const { traces, traceFinder } = tracking
  const whole = async (found: readonly TraceInfo[]) => {
    const contents = await traces.contents(found.map(({ traceId }) => traceId))
    const { toWireSpans } = await import('../spans/otlp-json.ts')
    return found.map((trace) => ({
      trace_info: toWireTraceInfo(trace),
      ...unlessEmpty('spans', toWireSpans(contents.get(trace.traceId) ?? [])),
    }))
  }
  return [
    route(api.get, async ({ query }) => {
      const [trace] = await whole([await traces.get(query.trace_id)])
      if (!trace) throw new Error('a trace vanished')
      return { trace }
    }),
    route(api.batchGet, async ({ query }) =>
      unlessEmpty(
        'traces',
        await whole(await traces.getMany(query.trace_ids, query.experiment_ids)),
      ),
    ),
    route(api.batchGetInfos, async ({ body }) => {
      const found = await traces.getMany(body.trace_ids, body.experiment_ids)
      return unlessEmpty('trace_infos', found.map(toWireTraceInfo))
    }),
    route(api.info, async ({ params }) => ({
      trace: { trace_info: toWireTraceInfo(await traces.get(params.trace_id)) },
    })),
    route(api.search, async ({ body }) => {
      if (body.locations.length === 0) throw missingValue('locations')
      const { items, nextPageToken } = await traceFinder.search({
        experimentIds: body.locations.flatMap(
          ({ mlflow_experiment: experiment }) => experiment?.experiment_id ?? [],
        ),
        filter: body.filter ?? '',
        orderBy: body.order_by,
        limit: body.max_results ?? defaultPage,
        pageToken: body.page_token,
      })
      return pageOf(items.map(toWireTraceInfo), nextPageToken)
    }),
    ...[api.artifact, api.artifactV3].map((operation) =>
      route(operation, async ({ query, reply }) => {
        const info = await traces.get(query.request_id)
        const contents = await traces.contents([query.request_id])
        const { toWireSpans } = await import('../spans/otlp-json.ts')
        const spans = toWireSpans(contents.get(query.request_id) ?? []).map(toFileSpan)
        if (spans.length === 0 && (await sendFileOfSpans(tracking, info, reply))) return
        await reply
          .headers({ 'content-type': 'application/json', 'content-disposition': 'attachment' })
          .send(`{"spans":[${spans.join(',')}]}`)
      }),
    ),
  ]
}

function linkRoutes({ traces }: TrackingService, database: Database): readonly Route[] {
  return [
    route(api.linkToRun, async ({ body, actor }) => {
      if (body.trace_ids.length === 0) throw missingValue('trace_ids')
      await database.write((tx) => traces.linkToRun(tx, actor, body.run_id, body.trace_ids))
      return {}
    }),
    route(api.linkPrompts, async ({ body, actor }) => {
      await database.write((tx) =>
        traces.linkPrompts(tx, actor, body.trace_id, body.prompt_versions),
      )
      return {}
    }),
  ]
}

function secondVersionRoutes(
  { traces, traceFinder }: TrackingService,
  database: Database,
): readonly Route[] {
  return [
    route(api.startV2, async ({ body, actor }) => {
      const info = await database.write((tx) =>
        traces.startV2(tx, actor, {
          experimentId: body.experiment_id,
          timestampMs: body.timestamp_ms,
          metadata: body.request_metadata,
          tags: body.tags,
        }),
      )
      return { trace_info: toWireTraceInfoV2(info) }
    }),
    route(api.endV2, async ({ params, body, actor }) => {
      const info = await database.write((tx) =>
        traces.endV2(tx, actor, params.request_id, {
          timestampMs: body.timestamp_ms,
          state: traceStateOf(body.status),
          metadata: body.request_metadata,
          tags: body.tags,
        }),
      )
      return { trace_info: toWireTraceInfoV2(info) }
    }),
    route(api.infoV2, async ({ params }) => ({
      trace_info: toWireTraceInfoV2(await traces.get(params.request_id)),
    })),
    route(api.searchV2, async ({ query }) => {
      if (query.experiment_ids.length === 0) throw missingValue('experiment_ids')
      const { items, nextPageToken } = await traceFinder.search({
        experimentIds: query.experiment_ids,
        filter: query.filter ?? '',
        orderBy: query.order_by,
        limit: query.max_results ?? defaultPage,
        pageToken: query.page_token,
      })
      return pageOf(items.map(toWireTraceInfoV2), nextPageToken)
    }),
  ]
}

/** Where older clients leave the spans of a trace: a file of its own place, whatever its tags say. */
async function sendFileOfSpans(
  { artifacts }: TrackingService,
  { experimentId, traceId }: TraceInfo,
  reply: FastifyReply,
): Promise<boolean> {
  const path = `${experimentId}/traces/${traceId}/artifacts/traces.json`
  try {
    await sendArtifact(artifacts, path, reply)
    return true
  } catch (failure) {
    // No file, or an id that is no name of one.
    if (isKaizenError(failure) && failure.kind !== 'bug') return false
    throw failure
  }
}
