import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { empty, json, nameParams, objectName, page, pageQuery, timestampMs } from './shared.ts'

const topicName = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,200}$/, 'use 1 to 200 letters, digits, ".", "_" or "-"')
  .refine((name) => name !== '.' && name !== '..', 'a topic is not called "." or ".."')
export const topicBrokers = ['internal', 'kafka'] as const
export type TopicBroker = (typeof topicBrokers)[number]
/** A topic of this server, kept in its database, or one of the Kafka cluster that the server was started with. */
export const topicRef = z.strictObject({
  broker: z.enum(topicBrokers).default('internal'),
  topic: topicName,
})
export type TopicRef = z.output<typeof topicRef>

export const newStream = z.strictObject({
  name: objectName,
  /** The endpoint that answers. */
  endpoint: objectName,
  /** Each record is one row: a JSON object of the endpoint's columns. */
  source: topicRef,
  /** Where the answers go; they are in the prediction log anyway. */
  target: topicRef.optional(),
})
export type NewStream = z.output<typeof newStream>

export const streamStates = ['running', 'paused'] as const
export type StreamState = (typeof streamStates)[number]

export const streamView = z.object({
  id: z.string(),
  name: objectName,
  endpoint: objectName,
  source: topicRef,
  target: topicRef.nullable(),
  state: z.enum(streamStates),
  /** The next record of each partition. */
  positions: z.record(z.string(), z.number().int()),
  answered: z.number().int(),
  setAside: z.number().int(),
  /** Records that wait; null while the broker does not tell. */
  lag: z.number().int().nullable(),
  /** Why it does not go on, tried again every second. */
  problem: z.string().nullable(),
  createdAt: timestampMs,
  createdBy: z.string(),
  /** When records were last taken. */
  lastAt: timestampMs.nullable(),
})
export type StreamView = z.output<typeof streamView>

/** A record that no answer can be made of. */
export const setAsideRecord = z.object({
  partition: z.number().int(),
  position: z.number().int(),
  reason: z.string(),
  /** As it came; its first 10,000 characters. */
  value: z.string(),
  at: timestampMs,
})
export type SetAsideRecord = z.output<typeof setAsideRecord>

export const topicRecord = z.object({
  position: z.number().int(),
  id: z.string().nullable(),
  key: z.string().nullable(),
  value: json,
  at: timestampMs,
})
export type TopicRecordView = z.output<typeof topicRecord>

const topicParams = z.strictObject({ topic: topicName })

export const streamsApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/streams',
    summary: 'List streams by name, with how far they are',
    action: 'view',
    query: pageQuery,
    response: page(streamView),
  }),
  create: endpoint({
    method: 'POST',
    path: '/api/v1/streams',
    summary: 'Score the records of a topic from now on',
    action: 'edit',
    body: newStream,
    response: streamView,
    status: 201,
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/streams/:name',
    summary: 'Get a stream and how far it is',
    action: 'view',
    params: nameParams,
    response: streamView,
  }),
  pause: endpoint({
    method: 'POST',
    path: '/api/v1/streams/:name/pause',
    summary: 'Stop taking records',
    action: 'edit',
    params: nameParams,
    response: streamView,
  }),
  resume: endpoint({
    method: 'POST',
    path: '/api/v1/streams/:name/resume',
    summary: 'Go on where it stopped',
    action: 'edit',
    params: nameParams,
    response: streamView,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/api/v1/streams/:name',
    summary: 'Delete a stream; its topics and the prediction log stay',
    response: empty,
    action: 'edit',
    params: nameParams,
  }),
  setAside: endpoint({
    method: 'GET',
    path: '/api/v1/streams/:name/set-aside',
    summary: 'List records that no answer could be made of, newest first',
    action: 'view',
    params: nameParams,
    query: pageQuery,
    response: page(setAsideRecord),
  }),
} as const

export const topicsApi = {
  append: endpoint({
    method: 'POST',
    path: '/api/v1/topics/:topic/records',
    summary:
      'Append records to a topic of this server; those with an id that it holds already are passed over',
    action: 'predict',
    params: topicParams,
    body: z.strictObject({
      records: z
        .array(
          z.strictObject({
            id: z.string().min(1).max(256).optional(),
            key: z.string().max(1000).optional(),
            value: json,
          }),
        )
        .min(1)
        .max(1000),
    }),
    response: z.object({ appended: z.number().int(), next: z.number().int() }),
  }),
  records: endpoint({
    method: 'GET',
    path: '/api/v1/topics/:topic/records',
    summary: 'Read records of a topic of this server from a position on',
    action: 'view',
    params: topicParams,
    query: z.strictObject({
      from: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    response: z.object({ items: z.array(topicRecord), next: z.number().int() }),
  }),
} as const
