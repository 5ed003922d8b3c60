import type { Endpoint } from '@kaizen/contracts'
import * as contracts from '@kaizen/contracts'
import { type JsonSchema, sampleOf } from '../hostile/schema-sample.ts'
import type { Call } from './caller.ts'
import type { Holding } from './holding.ts'

/** Every route of Kaizen's own API and of the surfaces that it speaks, once. */
export const allRoutes: readonly Endpoint[] = [
  ...new Map(
    Object.entries(contracts)
      .filter(([name]) => name.endsWith('Api'))
      .flatMap(([, api]) => Object.values(api as Readonly<Record<string, Endpoint>>))
      .map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const),
  ).values(),
]

export const named = ({ method, path }: Endpoint): string => `${method} ${path}`

type Fields = Readonly<Record<string, unknown>>

/** What fields name in a holding, at the path of a route. */
export function namesIn(path: string, holding: Holding): Fields {
  const { experimentId, runId, modelId, modelName, traceId, datasetId } = holding
  const isModel = /\/(registered-models|model-versions)\/|\/api\/v1\/models\//.test(path)
  const isFile = path.includes('/mlflow-artifacts/')
  const folder = `${experimentId}/${runId}/artifacts`
  return {
    experiment_id: experimentId,
    experiment_ids: [experimentId],
    experiment_name: holding.experimentName,
    experimentId,
    ...Object.fromEntries(
      ['run_id', 'run_uuid', 'by_run', 'source_run_id', 'runId', 'sourceRunId'].map((key) => [
        key,
        runId,
      ]),
    ),
    run_ids: [runId],
    ...(path.endsWith('get-history-bulk') ? { run_id: [runId] } : {}),
    model_id: modelId,
    modelId,
    ...(isModel ? { name: modelName } : {}),
    ...(path.includes('/model-versions/') ? { source: `runs:/${runId}/model` } : {}),
    model: `models:/${modelName}/1`,
    trace_id: traceId,
    trace_ids: [traceId],
    request_id: traceId,
    request_ids: [traceId],
    dataset_id: datasetId,
    artifact_location: `mlflow-artifacts:/${folder}`,
    ...(/artifact|preview/.test(path) && !isFile ? { path: `${holding.word}.txt` } : {}),
    ...(isFile ? { '*': `${folder}/${holding.word}.txt`, path: folder } : {}),
  }
}

/** Values that get a request past what is no matter of permissions. */
const plain: Fields = {
  version: '1',
  alias: 'champion',
  username: 'stranger',
  permission: 'MANAGE',
  resource_type: 'experiment',
  max_results: 100,
  limit: 100,
  key: 'word',
  archive_existing_versions: true,
  stage: 'Archived',
  new_name: 'renamed',
  update_mask: 'rationale',
  metric_key: 'm',
  timestamp: 1,
  step: 1,
  value: '2',
  artifact_directory_path: '',
  model_json: '{}',
}
const plainAt = (path: string): Fields => ({
  status: path.includes('/logged-models/') ? 'LOGGED_MODEL_READY' : 'FINISHED',
  tags: path.includes('/datasets/') ? '{"word":"changed"}' : [{ key: 'word', value: 'changed' }],
  records: '[{"inputs":{"q":"changed"}}]',
})

/** Left out, as a wrong one ends the request before it is looked at. */
const leftOut = [
  'filter',
  'filter_string',
  'order_by',
  'page_token',
  'pageToken',
  'after',
  'view_type',
  'run_view_type',
  'stages',
  'start_step',
  'end_step',
  'datasets',
  'params',
]

export interface Parts {
  readonly params: Fields
  readonly query: Fields
  readonly body: unknown
}

/** A sound request to the route, about what `names` names. */
export function partsOf(endpoint: Endpoint, names: Fields): Parts {
  const part = (key: 'params' | 'query' | 'body'): unknown => {
    const schema = endpoint[key]?.toJSONSchema({ io: 'input', unrepresentable: 'any' })
    if (schema === undefined) return undefined
    return without(
      sampleOf(schema as JsonSchema, { ...plain, ...plainAt(endpoint.path), ...names }),
    )
  }
  return {
    params: (part('params') ?? {}) as Fields,
    query: (part('query') ?? {}) as Fields,
    body: part('body'),
  }
}

/** Which of the names the parts of a request hold, at any depth. */
export function namesUsed(parts: Parts, names: Fields): readonly string[] {
  const used = new Set<string>()
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key in names) used.add(key)
      look(inner)
    }
  }
  look(parts)
  return [...used]
}

const without = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => !leftOut.includes(key)))
    : value

export function callOf(
  { method, path }: Endpoint,
  { params, query, body }: Parts,
  names: Fields,
): Call {
  const filled = path.replaceAll(/:(\w+)|(\*)/g, (_, key: string | undefined) => {
    const text = String(params[key ?? '*'] ?? names[key ?? '*'] ?? 'sample')
    return key === undefined ? text : encodeURIComponent(text)
  })
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((item): [string, string] => [key, String(item)]),
  )
  const search = pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
  const headers =
    path === '/v1/traces' ? { 'x-mlflow-experiment-id': String(names['experiment_id']) } : {}
  return {
    method,
    path: `${filled}${search}`,
    headers,
    ...(body === undefined || method === 'GET' ? {} : { body }),
  }
}
