import { z } from 'zod'
import { objectName, timestampMs } from './shared.ts'

export const alertEvents = ['opened', 'acknowledged', 'resolved'] as const
export type AlertEvent = (typeof alertEvents)[number]
/** What windows tell, to webhooks alone. */
export const windowEvents = ['window.closed', 'window.restated'] as const
export type WindowEvent = (typeof windowEvents)[number]
export const channelEvent = z.enum([...alertEvents, ...windowEvents])

export const deliveryView = z.object({
  id: z.string(),
  /** Id of the alert, or of the window. */
  alert: z.string(),
  channel: objectName,
  event: channelEvent,
  state: z.enum(['queued', 'sent', 'failed', 'silenced']),
  attempts: z.number().int(),
  error: z.string().nullable(),
  createdAt: timestampMs,
  doneAt: timestampMs.nullable(),
})
export type DeliveryView = z.output<typeof deliveryView>
