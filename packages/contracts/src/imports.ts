import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { username } from './identity-names.ts'
import { displayName, empty, timestampMs } from './shared.ts'
import { roles } from './system.ts'

const pair = z.strictObject({ key: z.string(), value: z.string() })
const pairs = z.array(pair).max(1000).default([])

/** Runs and logged models that another server made: they keep their ids and times. Calling again changes nothing. */
export const importsApi = {
  run: endpoint({
    method: 'POST',
    path: '/api/v1/imports/runs',
    summary: 'Take over a run with its id',
    action: 'admin',
    body: z.strictObject({
      runId: z.string().regex(/^[0-9a-f]{32}$/, 'expected 32 hexadecimal digits'),
      experimentId: z.string(),
      name: displayName.optional(),
      userId: z.string().max(250).default(''),
      startTime: timestampMs,
      tags: pairs,
    }),
    response: z.object({ created: z.boolean(), artifactUri: z.string() }),
  }),
  loggedModel: endpoint({
    method: 'POST',
    path: '/api/v1/imports/logged-models',
    summary: 'Take over a logged model with its id',
    action: 'admin',
    body: z.strictObject({
      modelId: z.string().regex(/^m-[0-9a-f]{32}$/, 'expected m- and 32 hexadecimal digits'),
      experimentId: z.string(),
      name: z.string().max(500),
      modelType: z.string().max(500).default(''),
      sourceRunId: z.string().max(64).default(''),
      params: pairs,
      tags: pairs,
    }),
    response: z.object({ created: z.boolean(), artifactUri: z.string() }),
  }),
} as const

/** Users that an MLflow server kept, and what it needs to take them back. */
export const userImportsApi = {
  user: endpoint({
    method: 'POST',
    path: '/api/v1/imports/users',
    summary: 'Take over a user of an MLflow server; who is there already stays as it is',
    action: 'admin',
    body: z.strictObject({
      username,
      role: z.enum(roles),
      /** As MLflow keeps it (`scrypt:…` or `pbkdf2:…`); replaced by one of Kaizen's own at the first login. */
      passwordHash: z.string().max(512).optional(),
    }),
    response: z.object({ created: z.boolean(), role: z.enum(roles), hasPassword: z.boolean() }),
  }),
  passwordHashes: endpoint({
    method: 'POST',
    path: '/api/v1/imports/users/password-hashes',
    summary:
      'Read the hashes of passwords that MLflow made and nobody has logged in with since; recorded',
    action: 'admin',
    body: empty,
    response: z.object({
      items: z.array(z.object({ username: z.string(), passwordHash: z.string() })),
    }),
  }),
} as const
