import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { empty } from '../shared.ts'
import { assessmentFields, mlflowAssessment } from './assessments.ts'
import {
  flag,
  givenTextList,
  instant,
  integer,
  keyValues,
  listOf,
  message,
  requiredInteger,
  requiredText,
  requiredTextList,
  text,
  textList,
  textMap,
  timeSpan,
  wireKeyValue,
} from './fields.ts'
import { atV3, get, getOf, send, sendTo } from './operation.ts'

/** A trace without its spans, as version 3 of the interface tells it. */
export const mlflowTraceInfo = z.object({
  trace_id: z.string(),
  client_request_id: z.string().optional(),
  trace_location: z.object({
    type: z.literal('MLFLOW_EXPERIMENT'),
    mlflow_experiment: z.object({ experiment_id: z.string() }),
  }),
  request_preview: z.string().optional(),
  response_preview: z.string().optional(),
  request_time: z.string(),
  execution_duration: z.string().optional(),
  state: z.string(),
  trace_metadata: z.record(z.string(), z.string()).optional(),
  assessments: z.array(mlflowAssessment).optional(),
  tags: z.record(z.string(), z.string()).optional(),
})
export type MlflowTraceInfo = z.output<typeof mlflowTraceInfo>

/** A span in the JSON form of OpenTelemetry's Span message, with fields as they are defined. */
const span = z.record(z.string(), z.unknown())
export const mlflowTrace = z.object({
  trace_info: mlflowTraceInfo,
  spans: z.array(span).optional(),
})
export type MlflowTrace = z.output<typeof mlflowTrace>

/** The same as version 2 tells it. */
export const mlflowTraceInfoV2 = z.object({
  request_id: z.string(),
  experiment_id: z.string(),
  timestamp_ms: z.number().int(),
  execution_time_ms: z.number().int().optional(),
  status: z.string(),
  request_metadata: z.array(wireKeyValue).optional(),
  tags: z.array(wireKeyValue).optional(),
})
export type MlflowTraceInfoV2 = z.output<typeof mlflowTraceInfoV2>

export const traceInfoFields = message({
  trace_id: requiredText,
  client_request_id: text,
  trace_location: message({
    type: text,
    mlflow_experiment: message({ experiment_id: requiredText }).nullish(),
  }),
  request_preview: text,
  response_preview: text,
  request: text,
  response: text,
  request_time: instant,
  execution_duration: timeSpan,
  state: text,
  trace_metadata: textMap,
  assessments: listOf(assessmentFields),
  tags: textMap,
})
export type TraceInfoFields = z.output<typeof traceInfoFields>

const trace = z.object({ trace: mlflowTrace })
const infoV2 = z.object({ trace_info: mlflowTraceInfoV2 })
const page = <T extends z.ZodType>(item: T) =>
  z.object({ traces: z.array(item).optional(), next_page_token: z.string().optional() })
const traceId = { trace_id: requiredText }
const requestId = { request_id: requiredText }
const searchFields = {
  filter: text,
  max_results: integer,
  order_by: textList,
  page_token: text,
}
const deletion = send(
  'POST',
  'traces/delete-traces',
  'Delete traces',
  {
    experiment_id: requiredText,
    max_timestamp_millis: integer,
    max_traces: integer,
    request_ids: textList,
  },
  z.object({ traces_deleted: z.number().int().optional() }),
)
const setTag = sendTo(
  'PATCH',
  'traces/:trace_id/tags',
  'Set a tag of a trace',
  traceId,
  { key: requiredText, value: text },
  empty,
)
const deleteTag = sendTo(
  'DELETE',
  'traces/:trace_id/tags',
  'Delete a tag of a trace',
  traceId,
  { key: requiredText },
  empty,
)
const artifact = endpoint({
  method: 'GET',
  path: '/ajax-api/2.0/mlflow/get-trace-artifact',
  summary: 'Download the spans of a trace',
  action: 'view',
  query: message({ request_id: requiredText, path: text }),
  transport: 'stream',
  response: z.unknown(),
})

export const mlflowTracesApi = {
  start: atV3(
    send(
      'POST',
      'traces',
      'Create a trace',
      { trace: message({ trace_info: traceInfoFields }) },
      trace,
    ),
  ),
  /** Before `info`: this name is no id of a trace. */
  get: atV3(
    get('traces/get', 'Get a trace with its spans', { ...traceId, allow_partial: flag }, trace),
  ),
  batchGet: atV3(
    get(
      'traces/batchGet',
      'Get traces with their spans',
      { trace_ids: requiredTextList, experiment_ids: textList },
      z.object({ traces: z.array(mlflowTrace).optional() }),
    ),
  ),
  batchGetInfos: atV3(
    send(
      'POST',
      'traces/batchGetInfos',
      'Get traces without their spans',
      { trace_ids: givenTextList, experiment_ids: textList },
      z.object({ trace_infos: z.array(mlflowTraceInfo).optional() }),
      'view',
    ),
  ),
  info: atV3(getOf('traces/:trace_id', 'Get a trace without its spans', traceId, {}, trace)),
  search: atV3(
    send(
      'POST',
      'traces/search',
      'Search traces',
      {
        ...searchFields,
        locations: listOf(
          message({
            type: text,
            mlflow_experiment: message({ experiment_id: requiredText }).nullish(),
          }),
        ),
      },
      page(mlflowTraceInfo),
      'view',
    ),
  ),
  delete: deletion,
  deleteV3: atV3(deletion),
  setTag,
  setTagV3: atV3(setTag),
  deleteTag,
  deleteTagV3: atV3(deleteTag),
  linkToRun: send(
    'POST',
    'traces/link-to-run',
    'Link traces to a run',
    { trace_ids: textList, run_id: requiredText },
    empty,
  ),
  linkPrompts: send(
    'POST',
    'traces/link-prompts',
    'Link versions of prompts to a trace',
    {
      ...traceId,
      prompt_versions: listOf(message({ name: requiredText, version: requiredText })),
    },
    empty,
  ),
  artifact,
  artifactV3: { ...artifact, path: '/ajax-api/3.0/mlflow/get-trace-artifact' },
  startV2: send(
    'POST',
    'traces',
    'Start a trace',
    {
      experiment_id: requiredText,
      timestamp_ms: requiredInteger,
      request_metadata: keyValues,
      tags: keyValues,
    },
    infoV2,
  ),
  endV2: sendTo(
    'PATCH',
    'traces/:request_id',
    'End a trace',
    requestId,
    { timestamp_ms: requiredInteger, status: text, request_metadata: keyValues, tags: keyValues },
    infoV2,
  ),
  infoV2: getOf('traces/:request_id/info', 'Get a trace without its spans', requestId, {}, infoV2),
  searchV2: get(
    'traces',
    'Search traces',
    { ...searchFields, experiment_ids: textList },
    page(mlflowTraceInfoV2),
  ),
} as const

/** Spans as OpenTelemetry's exporters send them: protocol buffers or JSON, plain or compressed. */
export const otlpApi = {
  traces: endpoint({
    method: 'POST',
    path: '/v1/traces',
    summary: 'Log spans by OTLP',
    action: 'edit',
    transport: 'stream',
    response: z.unknown(),
  }),
} as const
