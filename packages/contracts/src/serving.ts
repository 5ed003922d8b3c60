import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { endpointSettings } from './endpoint-settings.ts'
import { routerSpec } from './routing.ts'
import { json, jsonObject, nameParams, objectName, page, pageQuery, timestampMs } from './shared.ts'

/** Arms answer (`live`, sharing traffic by weight) or watch (`shadow`: answered after the caller was, logged, never returned). */
export const arm = z.strictObject({
  name: objectName,
  /**
   * `models:/NAME/VERSION`, `models:/NAME@ALIAS` or `ensembles:/NAME[/VERSION]`, resolved when the route is set; or a model
   * of another server of the Open Inference Protocol: `https://HOST/v2/models/NAME[/versions/VERSION]`, or `grpcs://…` to ask it over gRPC.
   */
  model: z.string().min(1).max(600),
  mode: z.enum(['live', 'shadow']).default('live'),
  /** Share of live traffic, live weights add up to 1; of a shadow, the share of requests that it is shown. */
  weight: z.number().min(0).max(1).default(1),
})
export type Arm = z.output<typeof arm>
export const route = z.strictObject({
  arms: z.array(arm).min(1).max(16),
  /** How requests find their arm; by weight unless told. */
  router: routerSpec.optional(),
})
export type Route = z.output<typeof route>
const routeChange = route.extend({ reason: z.string().max(2000).default('') })

export const armState = arm.extend({
  version: z.number().int(),
  modelName: z.string(),
  /** What computes it: `kaizen` (its own kernel), `onnxruntime`, `python`, `remote` or `ensemble`. */
  runtime: z.string(),
  ready: z.boolean(),
  requests: z.number().int(),
  errors: z.number().int(),
  latencyMs: z.object({
    p50: z.number().nullable(),
    p95: z.number().nullable(),
    p99: z.number().nullable(),
  }),
  /** How requests shared runs of the model since it was loaded; null where its runtime computes each alone. */
  batching: z
    .object({
      /** Requests that wait for a thread now. */
      queued: z.number().int(),
      runs: z.number().int(),
      requests: z.number().int(),
      rows: z.number().int(),
      /** Runs by the requests in them: 1, 2, up to 4, 8, 16, 32, 64, more. */
      runsBySize: z.array(z.number().int()),
    })
    .nullable(),
  /** `unloaded` while the endpoint sleeps: the next request loads the model again. */
  memory: z.enum(['loaded', 'loading', 'unloaded']),
  /** How often the model was loaded again for a request since the route was set. */
  waking: z.object({ count: z.number().int(), lastMs: z.number().nullable() }),
  /** Recorded requests that the model answered before it took traffic; null where it was warmed by zeros alone. */
  warmedUp: z.object({ source: z.enum(['log', 'example']), rows: z.number().int() }).nullable(),
})
export const endpointView = z.object({
  name: objectName,
  project: z.string().nullable(),
  description: z.string(),
  model: z.string(),
  target: z.string().nullable(),
  /** `empty`: no model is deployed yet; `asleep`: models are unloaded until the next request. */
  state: z.enum(['empty', 'ready', 'asleep', 'degraded', 'failed']),
  arms: z.array(armState),
  router: routerSpec,
  /** Declared by a project, and waiting for a route with the arms that it names. */
  routerDue: routerSpec.nullable(),
  settings: endpointSettings,
  revision: z.number().int(),
  predictions: z.number().int(),
  labelled: z.number().int(),
  updatedAt: timestampMs,
})
export type EndpointView = z.output<typeof endpointView>

/** One prediction as logged: what was asked, what was answered by which version, and when. */
export const predictionRecord = z.object({
  inferenceId: z.string(),
  endpoint: objectName,
  arm: z.string(),
  mode: z.enum(['live', 'shadow']),
  model: z.string(),
  version: z.number().int(),
  /** Event time: of the request where it states one, else the server's clock. */
  at: timestampMs,
  latencyMs: z.number(),
  /** Probability with which the router chose this arm; null where the caller chose. */
  propensity: z.number().nullable(),
  /** Unit of traffic that the request named, such as a customer. */
  unit: z.string().nullable(),
  /** W3C trace id of the request. */
  traceId: z.string().nullable(),
  /** One row: input name → value. */
  inputs: jsonObject,
  outputs: jsonObject,
  error: z.string().nullable(),
  actual: json.nullable(),
})
export type PredictionRecord = z.output<typeof predictionRecord>

/** Ground truth for one prediction. Sent again with another value it corrects; sent again unchanged it does nothing. */
export const feedbackItem = z.strictObject({
  inferenceId: z.string().min(1).max(256),
  value: z.union([z.number(), z.string(), z.boolean()]),
  /** When the truth was observed. */
  observedAt: timestampMs.optional(),
})
export type FeedbackItem = z.output<typeof feedbackItem>

export const trafficPoint = z.object({
  at: timestampMs,
  arm: z.string(),
  requests: z.number().int(),
  errors: z.number().int(),
  p50: z.number().nullable(),
  p99: z.number().nullable(),
})

export const servingApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/endpoints',
    summary: 'List endpoints',
    action: 'view',
    query: pageQuery,
    response: page(endpointView),
  }),
  create: endpoint({
    method: 'POST',
    path: '/api/v1/endpoints',
    summary: 'Create an endpoint',
    action: 'edit',
    body: z.strictObject({
      name: objectName,
      description: z.string().max(10_000).default(''),
      model: z.string().min(1).max(600),
      target: z.string().max(250).nullable().default(null),
      /** The first route; an endpoint whose route cannot be set is not created. */
      route: routeChange.optional(),
    }),
    response: endpointView,
    status: 201,
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/endpoints/:name',
    summary: 'Get an endpoint',
    action: 'view',
    params: nameParams,
    response: endpointView,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/api/v1/endpoints/:name',
    summary: 'Delete an endpoint; its log stays',
    action: 'edit',
    params: nameParams,
    response: z.object({}),
  }),
  setRoute: endpoint({
    method: 'PUT',
    path: '/api/v1/endpoints/:name/route',
    summary: 'Set the arms; models are loaded and warm before traffic moves',
    action: 'edit',
    params: nameParams,
    body: routeChange,
    response: endpointView,
  }),
  setSettings: endpoint({
    method: 'PUT',
    path: '/api/v1/endpoints/:name/settings',
    summary: 'Set limits and what is logged; in force from the next request',
    action: 'edit',
    params: nameParams,
    body: endpointSettings,
    response: endpointView,
  }),
  predictions: endpoint({
    method: 'GET',
    path: '/api/v1/endpoints/:name/predictions',
    summary: 'Logged predictions, newest first',
    action: 'view',
    params: nameParams,
    query: pageQuery.extend({
      from: z.coerce.number().int().optional(),
      to: z.coerce.number().int().optional(),
      inferenceId: z.string().max(256).optional(),
    }),
    response: page(predictionRecord),
  }),
  traffic: endpoint({
    method: 'GET',
    path: '/api/v1/endpoints/:name/traffic',
    summary: 'Requests, errors and latency per bucket and arm',
    action: 'view',
    params: nameParams,
    query: z.strictObject({
      from: z.coerce.number().int().optional(),
      to: z.coerce.number().int().optional(),
      buckets: z.coerce.number().int().min(1).max(2000).default(200),
    }),
    response: z.object({ bucketMs: z.number(), points: z.array(trafficPoint) }),
  }),
  feedback: endpoint({
    method: 'POST',
    path: '/api/v1/endpoints/:name/feedback',
    summary: 'Ground truth by inference id',
    action: 'predict',
    params: nameParams,
    body: z.strictObject({ items: z.array(feedbackItem).min(1).max(10_000) }),
    response: z.object({
      accepted: z.number().int(),
      corrected: z.number().int(),
      unchanged: z.number().int(),
      unknown: z.array(z.string()),
    }),
  }),
} as const
