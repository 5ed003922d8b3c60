import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { monitorBatchInput } from './monitoring.ts'
import { feedbackItem } from './serving.ts'
import { timestampMs } from './shared.ts'

/** What events may tell: the truth of predictions, and rows for monitors of batches. */
export const takenEventTypes = ['kaizen.feedback', 'kaizen.observation'] as const
export type TakenEventType = (typeof takenEventTypes)[number]

/** Data of a `kaizen.feedback` event; its subject is the endpoint. */
export const feedbackData = z.union([
  z.strictObject({ items: z.array(feedbackItem).min(1).max(10_000) }),
  feedbackItem.transform((item) => ({ items: [item] })),
])

const observedRow = monitorBatchInput.shape.rows.element.extend({
  /** The time of the event unless told. */
  at: timestampMs.optional(),
})
/** Data of a `kaizen.observation` event; its subject is the monitor. */
export const observationData = z.union([
  z.strictObject({ rows: z.array(observedRow).min(1).max(100_000) }),
  observedRow.transform((row) => ({ rows: [row] })),
])

export const cloudEventsApi = {
  receive: endpoint({
    method: 'POST',
    path: '/api/v1/cloudevents',
    summary:
      'Take feedback and observations as CloudEvents 1.0 over HTTP: binary, structured or batched; each source and id once',
    action: 'edit',
    body: z.unknown(),
    response: z.object({
      accepted: z.number().int(),
      /** Events whose source and id have come before. */
      duplicates: z.number().int(),
    }),
    status: 202,
  }),
} as const
