import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { alertView } from './monitoring.ts'
import { idParams, page, pageQuery, timestampMs } from './shared.ts'

const note = z.string().max(2000).default('')
const commentText = z.string().trim().min(1).max(4000)

/** What can be done to many alerts at once. */
export const alertChange = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('acknowledge'), note }),
  z.strictObject({ kind: z.literal('resolve'), note }),
  /** Null for nobody. */
  z.strictObject({
    kind: z.literal('assign'),
    assignee: z.string().trim().min(1).max(250).nullable(),
  }),
  z.strictObject({ kind: z.literal('comment'), text: commentText }),
  /** Nobody is told of the rules that these alerts are of until then; the alerts stay as they are. */
  z.strictObject({
    kind: z.literal('silence'),
    to: timestampMs,
    reason: z.string().trim().min(1).max(1000),
  }),
])
export type AlertChange = z.output<typeof alertChange>
export type AlertChangeInput = z.input<typeof alertChange>

export const alertComment = z.object({
  id: z.string(),
  author: z.string(),
  text: z.string(),
  at: timestampMs,
})
export type AlertComment = z.output<typeof alertComment>

const count = z.number().int()
const bySeverity = z.object({ info: count, warning: count, critical: count })

export const alertInboxApi = {
  counts: endpoint({
    method: 'GET',
    path: '/api/v1/alert-counts',
    summary: 'How many alerts are in each state, by severity',
    action: 'view',
    response: z.object({ open: bySeverity, acknowledged: bySeverity, resolved: bySeverity }),
  }),
  change: endpoint({
    method: 'POST',
    path: '/api/v1/alert-changes',
    summary: 'Acknowledge, resolve, assign, comment or silence many alerts, all in one transaction',
    action: 'edit',
    body: z.strictObject({
      ids: z.array(z.string().min(1).max(128)).min(1).max(500),
      change: alertChange,
    }),
    response: z.object({
      changed: z.array(alertView),
      /** Those that are not there, or to which it cannot be done, with the reason. */
      unchanged: z.array(z.object({ id: z.string(), reason: z.string() })),
    }),
  }),
  comments: endpoint({
    method: 'GET',
    path: '/api/v1/alerts/:id/comments',
    summary: 'What was said about an alert, oldest first',
    action: 'view',
    params: idParams,
    query: pageQuery,
    response: page(alertComment),
  }),
  comment: endpoint({
    method: 'POST',
    path: '/api/v1/alerts/:id/comments',
    summary: 'Say something about an alert',
    action: 'edit',
    params: idParams,
    body: z.strictObject({ text: commentText }),
    response: alertComment,
    status: 201,
  }),
} as const
