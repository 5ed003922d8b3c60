import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { digest, jsonObject, page, timestampMs } from './shared.ts'

/** One entry of the audit log; `hash` covers every other field and the hash before it. */
export const auditEvent = z.object({
  seq: z.number().int(),
  at: timestampMs,
  actor: z.string(),
  /** `<stage>.<noun>.<past participle>`, for example `registry.alias.set`. */
  type: z.string(),
  /** What it happened to, for example `endpoint:bike-demand`. */
  subject: z.string(),
  /** Why, with the numbers; before and after where something changed. */
  data: jsonObject,
  requestId: z.string().nullable(),
  previousHash: digest,
  hash: digest,
})
export type AuditEvent = z.output<typeof auditEvent>

export const auditVerification = z.object({
  ok: z.boolean(),
  events: z.number().int(),
  head: digest,
  /** The first event that does not fit, and what is wrong with it. */
  problem: z
    .object({
      seq: z.number().int(),
      kind: z.enum(['altered', 'missing', 'reordered', 'truncated']),
      message: z.string(),
    })
    .nullable(),
})
export type AuditVerification = z.output<typeof auditVerification>

export const auditApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/audit/events',
    summary: 'Audit events, newest first',
    action: 'view',
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      pageToken: z.string().max(200).optional(),
      type: z.string().max(200).optional(),
      subject: z.string().max(400).optional(),
    }),
    response: page(auditEvent),
  }),
  verify: endpoint({
    method: 'GET',
    path: '/api/v1/audit/verify',
    summary: 'Prove the chain',
    action: 'view',
    response: auditVerification,
  }),
  /** Server-sent events; `Last-Event-ID` or `after` resumes. */
  stream: endpoint({
    method: 'GET',
    path: '/api/v1/audit/stream',
    summary: 'Follow the audit log',
    action: 'view',
    query: z.strictObject({ after: z.coerce.number().int().min(0).optional() }),
    transport: 'events',
    response: auditEvent,
  }),
} as const
