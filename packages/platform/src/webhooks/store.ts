import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { Delivery, Webhook, WebhookEvent } from './model.ts'

interface WebhookTables {
  webhook: {
    id: string
    name: string
    description: string
    url: string
    events: string
    status: Webhook['status']
    secret: string | null
    created_at: number
    updated_at: number
    workspace: string
  }
  webhook_delivery: {
    id: string
    webhook_id: string
    seq: number
    event: string
    payload: string
    state: Delivery['state']
    attempts: number
    response_status: number | null
    error: string | null
    created_at: number
    ended_at: number | null
  }
}

const toWebhook = (row: WebhookTables['webhook']): Webhook => ({
  id: row.id,
  name: row.name,
  description: row.description,
  url: row.url,
  events: JSON.parse(row.events) as WebhookEvent[],
  status: row.status,
  secret: row.secret,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  workspace: row.workspace,
})

const toDelivery = (row: WebhookTables['webhook_delivery']): Delivery => ({
  id: row.id,
  webhookId: row.webhook_id,
  seq: row.seq,
  event: row.event,
  payload: row.payload,
  state: row.state,
  attempts: row.attempts,
  responseStatus: row.response_status,
  error: row.error,
  createdAt: row.created_at,
  endedAt: row.ended_at,
})

/** Makes a webhook, or takes the place of the one with its id. */
export async function putWebhook(tx: Tx, webhook: Webhook): Promise<void> {
  const row = {
    name: webhook.name,
    description: webhook.description,
    url: webhook.url,
    events: JSON.stringify(webhook.events),
    status: webhook.status,
    secret: webhook.secret,
    created_at: webhook.createdAt,
    updated_at: webhook.updatedAt,
    workspace: webhook.workspace,
  }
  await tables<WebhookTables>(tx)
    .insertInto('webhook')
    .values({ id: webhook.id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute()
}

export async function findWebhook(reader: Reader, id: string): Promise<Webhook | undefined> {
  const row = await tables<WebhookTables>(reader)
    .selectFrom('webhook')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toWebhook(row)
}

/** Webhooks of a workspace, the newest first, made before `before` where it is told. */
export async function listWebhooks(
  reader: Reader,
  workspace: string,
  before: string | undefined,
  limit: number,
): Promise<readonly Webhook[]> {
  const rows = await tables<WebhookTables>(reader)
    .selectFrom('webhook')
    .selectAll()
    .where('workspace', '=', workspace)
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toWebhook)
}

export async function activeWebhooks(
  reader: Reader,
  workspace: string,
): Promise<readonly Webhook[]> {
  const rows = await tables<WebhookTables>(reader)
    .selectFrom('webhook')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('status', '=', 'ACTIVE')
    .orderBy('id')
    .execute()
  return rows.map(toWebhook)
}

export async function moveWebhooks(tx: Tx, from: string, to: string): Promise<void> {
  await tables<WebhookTables>(tx)
    .updateTable('webhook')
    .set({ workspace: to })
    .where('workspace', '=', from)
    .execute()
}

export async function deleteWebhook(tx: Tx, id: string): Promise<void> {
  const db = tables<WebhookTables>(tx)
  await db.deleteFrom('webhook_delivery').where('webhook_id', '=', id).execute()
  await db.deleteFrom('webhook').where('id', '=', id).execute()
}

/** Answers false when this event was taken for this webhook before. */
export async function insertDelivery(tx: Tx, delivery: Delivery): Promise<boolean> {
  const result = await tables<WebhookTables>(tx)
    .insertInto('webhook_delivery')
    .values({
      id: delivery.id,
      webhook_id: delivery.webhookId,
      seq: delivery.seq,
      event: delivery.event,
      payload: delivery.payload,
      state: delivery.state,
      attempts: delivery.attempts,
      response_status: delivery.responseStatus,
      error: delivery.error,
      created_at: delivery.createdAt,
      ended_at: delivery.endedAt,
    })
    .onConflict((conflict) => conflict.columns(['webhook_id', 'seq']).doNothing())
    .executeTakeFirst()
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
}

export async function findDelivery(reader: Reader, id: string): Promise<Delivery | undefined> {
  const row = await tables<WebhookTables>(reader)
    .selectFrom('webhook_delivery')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toDelivery(row)
}

export async function noteAttempt(
  tx: Tx,
  id: string,
  outcome: Pick<Delivery, 'state' | 'attempts' | 'responseStatus' | 'error' | 'endedAt'>,
): Promise<void> {
  await tables<WebhookTables>(tx)
    .updateTable('webhook_delivery')
    .set({
      state: outcome.state,
      attempts: outcome.attempts,
      response_status: outcome.responseStatus,
      error: outcome.error,
      ended_at: outcome.endedAt,
    })
    .where('id', '=', id)
    .execute()
}

/** Deliveries of a webhook, newest first, of events before `before`. */
export async function listDeliveries(
  reader: Reader,
  webhookId: string,
  page: { readonly before: number; readonly limit: number },
): Promise<readonly Delivery[]> {
  const rows = await tables<WebhookTables>(reader)
    .selectFrom('webhook_delivery')
    .selectAll()
    .where('webhook_id', '=', webhookId)
    .where('seq', '<', page.before)
    .orderBy('seq', 'desc')
    .limit(page.limit)
    .execute()
  return rows.map(toDelivery)
}
