import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { empty, nameParams, objectName, page, pageQuery, timestampMs } from './shared.ts'
import { topicRef } from './streams.ts'

/** One event a request, as JSON or with `ce-…` headers; or up to 100 events a request. */
export const sinkModes = ['structured', 'binary', 'batched'] as const
export type SinkMode = (typeof sinkModes)[number]

/** Where the predictions of an endpoint go, as CloudEvents 1.0. */
export const sinkTarget = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    /** Public and https, unless the operator allows others. */
    url: z.string().min(1).max(2000),
    mode: z.enum(sinkModes).default('structured'),
  }),
  /** Structured, with the inference id as key. */
  z.strictObject({ kind: z.literal('topic'), ...topicRef.shape }),
])
export type SinkTarget = z.output<typeof sinkTarget>

export const newSink = z.strictObject({
  name: objectName,
  endpoint: objectName,
  target: sinkTarget,
  /** Sent as `authorization: Bearer …`; never shown again. */
  token: z
    .string()
    .regex(/^[\x21-\x7e]{1,4000}$/, 'use 1 to 4,000 printable characters of ASCII, without spaces')
    .optional(),
  /** Answers that callers got, or those of shadow arms too. */
  arms: z.enum(['live', 'all']).default('live'),
  /** Columns of inputs that are left out, beside those that the log redacts: `name`, or `x[3]` of a matrix. */
  redact: z.array(z.string().min(1).max(250)).max(1000).default([]),
  /** What is logged from now on, or everything that the log still holds. */
  from: z.enum(['now', 'beginning']).default('now'),
})
export type NewSink = z.output<typeof newSink>

export const sinkStates = ['running', 'paused'] as const
export type SinkState = (typeof sinkStates)[number]

export const sinkView = z.object({
  id: z.string(),
  name: objectName,
  endpoint: objectName,
  target: sinkTarget,
  hasToken: z.boolean(),
  arms: z.enum(['live', 'all']),
  redact: z.array(z.string()),
  state: z.enum(sinkStates),
  /** Events that were taken. */
  sent: z.number().int(),
  /** Events that the receiver will never take, as it said; they are not sent again. */
  refused: z.number().int(),
  /** Why it refused the last of them. */
  refusal: z.string().nullable(),
  /** About how many logged predictions wait; null while this server has no log of the endpoint. */
  lag: z.number().int().nullable(),
  /** Why it does not go on; tried again with growing pauses. */
  problem: z.string().nullable(),
  createdAt: timestampMs,
  createdBy: z.string(),
  lastAt: timestampMs.nullable(),
})
export type SinkView = z.output<typeof sinkView>

/** The type of the events; their data is a logged prediction. */
export const predictionEventType = 'kaizen.prediction'

export const sinksApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/sinks',
    summary: 'List sinks by name, with how far they are; of one endpoint where it is named',
    action: 'view',
    query: pageQuery.extend({ endpoint: objectName.optional() }),
    response: page(sinkView),
  }),
  create: endpoint({
    method: 'POST',
    path: '/api/v1/sinks',
    summary: 'Send the predictions of an endpoint on as CloudEvents, each at least once',
    action: 'edit',
    body: newSink,
    response: sinkView,
    status: 201,
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/sinks/:name',
    summary: 'Get a sink and how far it is',
    action: 'view',
    params: nameParams,
    response: sinkView,
  }),
  pause: endpoint({
    method: 'POST',
    path: '/api/v1/sinks/:name/pause',
    summary: 'Stop sending',
    action: 'edit',
    params: nameParams,
    response: sinkView,
  }),
  resume: endpoint({
    method: 'POST',
    path: '/api/v1/sinks/:name/resume',
    summary: 'Go on where it stopped',
    action: 'edit',
    params: nameParams,
    response: sinkView,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/api/v1/sinks/:name',
    summary: 'Delete a sink; the prediction log stays',
    action: 'edit',
    params: nameParams,
    response: empty,
  }),
} as const
