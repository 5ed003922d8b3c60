import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { displayName, timestampMs } from './shared.ts'

/** What may only point to an approved version: an alias, or a stage of the older API. */
export const approvalTarget = z
  .string()
  .regex(
    /^(alias:[A-Za-z0-9_.-]{1,255}|stage:(Staging|Production|Archived))$/,
    'write alias:NAME or stage:Production',
  )
const roleName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected the name of a role')

/** Who has to approve before a target may point to a version. */
export const approvalRule = z.strictObject({
  target: approvalTarget,
  /** How many people of which role; a built-in role or a named one. Nobody counts twice. */
  approvals: z
    .array(z.strictObject({ role: roleName, count: z.number().int().min(1).max(20).default(1) }))
    .min(1)
    .max(20),
  /** Whether whoever registered the version may approve it too. */
  allowCreator: z.boolean().default(false),
})
export type ApprovalRule = z.output<typeof approvalRule>

export const approvalPolicy = z.strictObject({
  rules: z
    .array(approvalRule)
    .max(20)
    .refine(
      (rules) => new Set(rules.map(({ target }) => target)).size === rules.length,
      'a target stands in two rules',
    ),
  /** Whether endpoints serve only versions whose signature verifies. */
  requireSignature: z.boolean().default(false),
})
export type ApprovalPolicy = z.output<typeof approvalPolicy>

export const approvalDecisions = ['approve', 'reject'] as const
export const approvalView = z.object({
  target: z.string(),
  decision: z.enum(approvalDecisions),
  by: z.string(),
  /** Roles that the person had when deciding. */
  roles: z.array(z.string()),
  reason: z.string(),
  /** Digest of the model's file that was decided on. */
  modelDigest: z.string().nullable(),
  at: timestampMs,
})
export type ApprovalView = z.output<typeof approvalView>

export const approvalStatus = z.object({
  target: z.string(),
  satisfied: z.boolean(),
  required: z.array(
    z.object({ role: z.string(), count: z.number().int(), given: z.array(z.string()) }),
  ),
  /** The decision of each person that counts, the last of each. */
  decisions: z.array(approvalView),
  /** In words, what is missing; null when nothing is. */
  missing: z.string().nullable(),
})
export type ApprovalStatus = z.output<typeof approvalStatus>

const modelParams = z.strictObject({ name: displayName })
const versionParams = z.strictObject({
  name: displayName,
  version: z.coerce.number().int().min(1),
})

export const approvalsApi = {
  policy: endpoint({
    method: 'GET',
    path: '/api/v1/models/:name/approval-policy',
    summary: 'Who has to approve versions of a model',
    action: 'view',
    params: modelParams,
    response: approvalPolicy,
  }),
  setPolicy: endpoint({
    method: 'PUT',
    path: '/api/v1/models/:name/approval-policy',
    summary: 'Say who has to approve versions of a model',
    action: 'admin',
    params: modelParams,
    body: approvalPolicy,
    response: approvalPolicy,
  }),
  status: endpoint({
    method: 'GET',
    path: '/api/v1/models/:name/versions/:version/approvals',
    summary: 'What a version still needs, and who decided what',
    action: 'view',
    params: versionParams,
    response: z.object({ items: z.array(approvalStatus) }),
  }),
  /** Asks no role of the route: whom the policy names may decide, be they viewers. */
  decide: endpoint({
    method: 'POST',
    path: '/api/v1/models/:name/versions/:version/approvals',
    summary: 'Approve or reject a version',
    action: 'view',
    params: versionParams,
    body: z.strictObject({
      target: approvalTarget,
      decision: z.enum(approvalDecisions),
      reason: z.string().trim().min(1, 'say why').max(10_000),
    }),
    response: approvalStatus,
    status: 201,
  }),
} as const
