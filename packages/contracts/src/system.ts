import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  displayName,
  duration,
  idParams,
  jsonObject,
  objectName,
  page,
  pageQuery,
  timestampMs,
} from './shared.ts'

export const roles = ['viewer', 'editor', 'admin'] as const
export type Role = (typeof roles)[number]
export const tokenView = z.object({
  id: z.string(),
  name: displayName,
  role: z.enum(roles),
  createdAt: timestampMs,
  lastUsedAt: timestampMs.nullable(),
  revokedAt: timestampMs.nullable(),
  /** Refused from this time on; null never. */
  expiresAt: timestampMs.nullable(),
  /** The user whom it stands for; null for a service account, which acts by its own role. */
  username: z.string().nullable(),
  /** The only endpoint that it may ask for predictions; null for a token that is not scoped. */
  endpoint: z.string().nullable(),
})
export type TokenView = z.output<typeof tokenView>

export const serverInfo = z.object({
  version: z.string(),
  node: z.string(),
  database: z.enum(['sqlite', 'postgres']),
  /** In replay mode only the API moves the clock. */
  clock: z.enum(['system', 'replay']),
  now: timestampMs,
  authentication: z.boolean(),
  actor: z.object({ name: z.string(), role: z.enum(roles) }),
  startedAt: timestampMs,
})
export type ServerInfo = z.output<typeof serverInfo>

const tally = z.object({ blobs: z.number().int(), sizeBytes: z.number().int() })
const files = z.object({ count: z.number().int(), sizeBytes: z.number().int() })
/** What a collection did, or would do. */
export const collected = z.object({
  expired: z.object({
    runs: z.number().int(),
    loggedModels: z.number().int(),
    experiments: z.number().int(),
    /** Deleted long enough ago, yet a model version is made of their files. */
    kept: z.number().int(),
  }),
  /** Content that nothing refers to, set aside until the next collection after the grace period. */
  retired: tally,
  /** Content set aside earlier that is gone now. */
  purged: tally,
  /** Content set aside earlier that is needed after all. */
  restored: z.number().int(),
  unfinishedUploads: z.number().int(),
  /** Logs of pipeline runs, in the data directory of the server that was asked. */
  logs: files,
  /** Folders with code that nothing runs any more, in the same place. */
  bundles: files,
  referenced: z.number().int(),
})
export type Collected = z.output<typeof collected>

export const systemApi = {
  health: endpoint({
    method: 'GET',
    path: '/health',
    summary: 'The process answers',
    action: 'public',
    transport: 'stream',
    response: z.string(),
  }),
  ready: endpoint({
    method: 'GET',
    path: '/ready',
    summary: 'Database, blobs and endpoints are usable',
    action: 'public',
    response: z.object({ ready: z.boolean(), checks: z.record(z.string(), z.string()) }),
  }),
  metrics: endpoint({
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus metrics',
    action: 'view',
    transport: 'stream',
    response: z.string(),
  }),
  info: endpoint({
    method: 'GET',
    path: '/api/v1/server',
    summary: 'What this server is',
    action: 'view',
    response: serverInfo,
  }),
  openapi: endpoint({
    method: 'GET',
    path: '/api/v1/openapi.json',
    summary: 'This API as OpenAPI 3.1',
    action: 'public',
    response: jsonObject,
  }),
  /** Moves a replay clock forward and answers when everything due by then is done. */
  advanceClock: endpoint({
    method: 'POST',
    path: '/api/v1/clock/advance',
    summary: 'Move the replay clock forward',
    action: 'admin',
    body: z.strictObject({ to: timestampMs }),
    response: z.object({ now: timestampMs }),
  }),
  /** Collects what nothing needs any more. */
  collect: endpoint({
    method: 'POST',
    path: '/api/v1/storage/collect',
    summary: 'Collect deleted runs and content that nothing refers to',
    action: 'admin',
    body: z.strictObject({
      /** Runs, logged models and experiments deleted longer ago go for good. */
      olderThan: duration.default('30d'),
      /** Content younger than this is left alone. */
      grace: duration.default('1d'),
      /** Logs of pipeline runs that ended longer ago go too; all stay unless told. */
      logsOlderThan: duration.optional(),
      dryRun: z.boolean().default(false),
    }),
    response: collected,
  }),
  tokens: endpoint({
    method: 'GET',
    path: '/api/v1/tokens',
    summary: 'List tokens',
    action: 'admin',
    query: pageQuery,
    response: page(tokenView),
  }),
  createToken: endpoint({
    method: 'POST',
    path: '/api/v1/tokens',
    summary: 'Create a bearer token; its secret is shown once',
    action: 'admin',
    body: z.strictObject({
      name: displayName,
      role: z.enum(roles),
      expiresAt: timestampMs.nullable().default(null),
      /** Scopes the token: it may ask this endpoint for predictions, send feedback to it, and nothing else. */
      endpoint: objectName.nullable().default(null),
    }),
    response: tokenView.extend({ secret: z.string() }),
    status: 201,
  }),
  revokeToken: endpoint({
    method: 'DELETE',
    path: '/api/v1/tokens/:id',
    summary: 'Revoke a token',
    action: 'admin',
    params: idParams,
    response: tokenView,
  }),
} as const
