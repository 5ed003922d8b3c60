import {
  mlflowWebhooksApi as api,
  KaizenError,
  type MlflowWebhook,
  webhooksApi,
} from '@kaizen/contracts'
import { ownSurface, type Route, route, type Surface } from '../http/index.ts'
import { workspaceOf } from '../kernel/index.ts'
import { mlflowSurface } from '../tracking/index.ts'
import type { Webhook } from './model.ts'
import type { WebhookService } from './service.ts'

/** Webhooks in MLflow's protocol, and their deliveries, for which that has no words. */
export const webhookSurfaces = (webhooks: WebhookService): readonly Surface[] => [
  mlflowSurface('mlflow-webhooks', mlflowRoutes(webhooks)),
  ownSurface('webhooks', [
    route(webhooksApi.deliveries, ({ params, query, actor }) =>
      webhooks.deliveries(actor, params.id, query),
    ),
  ]),
]

/** What has a secret does not show it. */
const toWire = (webhook: Webhook): MlflowWebhook => ({
  webhook_id: webhook.id,
  name: webhook.name,
  ...(webhook.description ? { description: webhook.description } : {}),
  url: webhook.url,
  events: webhook.events.map(({ entity, action }) => ({ entity, action })),
  status: webhook.status,
  creation_timestamp: webhook.createdAt,
  last_updated_timestamp: webhook.updatedAt,
})

const mlflowRoutes = (webhooks: WebhookService): readonly Route[] => [
  route(api.create, async ({ body, actor }) => ({
    webhook: toWire(await webhooks.create(actor, body)),
  })),
  route(api.list, async ({ query, actor }) => {
    const limit = query.max_results ?? 100
    if (limit < 1 || limit > 1000) {
      throw new KaizenError(
        'INVALID_REQUEST',
        "Invalid value for parameter 'max_results': expected 1 to 1000",
      )
    }
    const { items, nextPageToken } = await webhooks.list(
      workspaceOf(actor),
      limit,
      query.page_token,
    )
    return {
      ...(items.length === 0 ? {} : { webhooks: items.map(toWire) }),
      ...(nextPageToken ? { next_page_token: nextPageToken } : {}),
    }
  }),
  route(api.get, async ({ params, actor }) => ({
    webhook: toWire(await webhooks.get(params.webhook_id, workspaceOf(actor))),
  })),
  route(api.update, async ({ params, body, actor }) => {
    const { events, ...rest } = body
    const given = Object.fromEntries(
      Object.entries(rest).filter(([, value]) => value !== undefined),
    )
    const change = { ...given, ...(events.length === 0 ? {} : { events }) }
    return { webhook: toWire(await webhooks.update(actor, params.webhook_id, change)) }
  }),
  route(api.delete, async ({ params, actor }) => {
    await webhooks.delete(actor, params.webhook_id)
    return {}
  }),
  route(api.test, async ({ params, body, actor }) => {
    const {
      status,
      body: text,
      error,
    } = await webhooks.test(actor, params.webhook_id, body.event ?? undefined)
    return {
      result: {
        success: status !== undefined && status < 400,
        ...(status === undefined ? {} : { response_status: status }),
        ...(text === undefined ? {} : { response_body: text }),
        ...(error === undefined ? {} : { error_message: error }),
      },
    }
  }),
]
