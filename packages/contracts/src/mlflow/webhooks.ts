import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { empty, idParams, page, pageQuery, timestampMs } from '../shared.ts'
import { integer, listOf, message, requiredText, text } from './fields.ts'
import { mlflowPrefix } from './operation.ts'

/** Events of the registry that a webhook can ask for: what, and what happened to it. */
export const webhookEvents = {
  REGISTERED_MODEL: ['CREATED'],
  MODEL_VERSION: ['CREATED'],
  MODEL_VERSION_TAG: ['SET', 'DELETED'],
  MODEL_VERSION_ALIAS: ['CREATED', 'DELETED'],
  PROMPT: ['CREATED'],
  PROMPT_VERSION: ['CREATED'],
  PROMPT_TAG: ['SET', 'DELETED'],
  PROMPT_VERSION_TAG: ['SET', 'DELETED'],
  PROMPT_ALIAS: ['CREATED', 'DELETED'],
} as const satisfies Readonly<Record<string, readonly string[]>>

const eventFields = message({ entity: requiredText, action: requiredText })
const webhook = z.object({
  webhook_id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  url: z.string(),
  events: z.array(z.object({ entity: z.string(), action: z.string() })),
  status: z.enum(['ACTIVE', 'DISABLED']),
  creation_timestamp: z.number().int(),
  last_updated_timestamp: z.number().int(),
})
export type MlflowWebhook = z.output<typeof webhook>
const one = z.object({ webhook })
const testResult = z.object({
  success: z.boolean(),
  response_status: z.number().int().optional(),
  response_body: z.string().optional(),
  error_message: z.string().optional(),
})

const webhookId = { webhook_id: requiredText }
export const mlflowWebhooksApi = {
  create: endpoint({
    method: 'POST',
    path: `${mlflowPrefix}/webhooks`,
    summary: 'Create a webhook',
    action: 'admin',
    params: message({}),
    body: message({
      name: requiredText,
      url: requiredText,
      events: listOf(eventFields),
      description: text,
      secret: text,
      status: text,
    }),
    response: one,
  }),
  list: endpoint({
    method: 'GET',
    path: `${mlflowPrefix}/webhooks`,
    summary: 'List webhooks',
    action: 'admin',
    query: message({ max_results: integer, page_token: text }),
    response: z.object({
      webhooks: z.array(webhook).optional(),
      next_page_token: z.string().optional(),
    }),
  }),
  get: endpoint({
    method: 'GET',
    path: `${mlflowPrefix}/webhooks/:webhook_id`,
    summary: 'Get a webhook',
    action: 'admin',
    params: message(webhookId),
    response: one,
  }),
  update: endpoint({
    method: 'PATCH',
    path: `${mlflowPrefix}/webhooks/:webhook_id`,
    summary: 'Change a webhook',
    action: 'admin',
    params: message(webhookId),
    body: message({
      name: text,
      url: text,
      events: listOf(eventFields),
      description: text,
      secret: text,
      status: text,
    }),
    response: one,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: `${mlflowPrefix}/webhooks/:webhook_id`,
    summary: 'Delete a webhook',
    action: 'admin',
    params: message(webhookId),
    body: message({}),
    response: empty,
  }),
  test: endpoint({
    method: 'POST',
    path: `${mlflowPrefix}/webhooks/:webhook_id/test`,
    summary: 'Send a test event to a webhook',
    action: 'admin',
    params: message(webhookId),
    body: message({ event: eventFields.nullish() }),
    response: z.object({ result: testResult }),
  }),
} as const

export const webhookDelivery = z.object({
  id: z.string(),
  event: z.string(),
  /** Number of the audit event that it tells of. */
  seq: z.number().int(),
  state: z.enum(['waiting', 'delivered', 'failed']),
  attempts: z.number().int(),
  responseStatus: z.number().int().nullable(),
  error: z.string().nullable(),
  createdAt: timestampMs,
  endedAt: timestampMs.nullable(),
})
export type WebhookDelivery = z.output<typeof webhookDelivery>

/** What the protocol has no words for. */
export const webhooksApi = {
  deliveries: endpoint({
    method: 'GET',
    path: '/api/v1/webhooks/:id/deliveries',
    summary: 'List deliveries of a webhook, newest first',
    action: 'admin',
    params: idParams,
    query: pageQuery,
    response: page(webhookDelivery),
  }),
} as const
