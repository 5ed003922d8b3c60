import type { WebhookDelivery } from '@kaizen/contracts'

export type { WebhookDelivery } from '@kaizen/contracts'

/** An event of the registry in the words of the protocol: `MODEL_VERSION.CREATED`. */
export interface WebhookEvent {
  readonly entity: string
  readonly action: string
}

export type WebhookStatus = 'ACTIVE' | 'DISABLED'

export interface Webhook {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  readonly status: WebhookStatus
  /** Sealed; known in clear to the sender alone. */
  readonly secret: string | null
  readonly createdAt: number
  readonly updatedAt: number
  /** Whose models it hears of. */
  readonly workspace: string
}

/** A delivery with what is sent. */
export interface Delivery extends WebhookDelivery {
  readonly webhookId: string
  readonly payload: string
}
