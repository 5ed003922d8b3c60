import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { displayName, timestampMs } from './shared.ts'

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
