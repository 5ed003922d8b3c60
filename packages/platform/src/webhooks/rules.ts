import { createHmac } from 'node:crypto'
import { KaizenError, webhookEvents } from '@kaizen/contracts'
import type { WebhookEvent } from './model.ts'

const invalid = (parameter: string, why: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `Invalid value for parameter '${parameter}': ${why}`)

export const eventName = ({ entity, action }: WebhookEvent): string => `${entity}.${action}`

/** @throws INVALID_REQUEST naming what there is */
export function checkEvents(events: readonly WebhookEvent[]): readonly WebhookEvent[] {
  if (events.length === 0) throw invalid('events', 'a webhook needs at least one event')
  const seen = new Map<string, WebhookEvent>()
  for (const { entity, action } of events) {
    const known = (webhookEvents as Readonly<Record<string, readonly string[]>>)[entity]
    if (!Object.hasOwn(webhookEvents, entity) || !known) {
      throw invalid(
        'events',
        `there is no entity '${entity.slice(0, 100)}'. Use one of ${Object.keys(webhookEvents).join(', ')}`,
      )
    }
    if (!known.includes(action)) {
      throw invalid(
        'events',
        `${entity} has no action '${action.slice(0, 100)}'. Use one of ${known.join(', ')}`,
      )
    }
    seen.set(eventName({ entity, action }), { entity, action })
  }
  return [...seen.values()]
}

/** @throws INVALID_REQUEST */
export function checkWebhookName(name: string): string {
  if (/^[\p{L}\p{N}]([\p{L}\p{N}_.-]{0,61}[\p{L}\p{N}])?$/u.test(name)) return name
  throw invalid(
    'name',
    'use 1 to 63 letters, digits, underscores, hyphens or dots, and begin and end with a letter or digit',
  )
}

export const refusalWords = {
  where: "Invalid value for parameter 'url': ",
  hint: 'The operator can allow others with --webhooks-to-private.',
}

/** Where an event may be sent; plain http, and addresses within the network, only where the operator allows it. */
export function checkUrl(text: string, allowPrivate: boolean): URL {
  const url = text.length <= 2000 ? URL.parse(text) : null
  if (!url) throw invalid('url', 'it is not a URL')
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) {
    throw invalid(
      'url',
      'only https is sent to; http only where the operator allows private addresses',
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid('url', 'it may not hold a name or password; use a secret')
  }
  return url
}

/** The signature of the protocol: HMAC-SHA256 over id, time and body. */
export const signature = (
  secret: string,
  delivery: { readonly id: string; readonly timestamp: string; readonly payload: string },
): string => {
  const text = `${delivery.id}.${delivery.timestamp}.${delivery.payload}`
  return `v1,${createHmac('sha256', secret).update(text).digest('base64')}`
}

/** Whether trying again can help: the receiver is busy or broken, not unwilling. */
export const isWorthRetrying = (status: number): boolean =>
  status === 408 || status === 429 || status >= 500
