import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { monitorBatch } from './monitoring.ts'
import { nameParams, timestampMs } from './shared.ts'

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const label = z.string().max(10_000)
/** 4096 registers, and some thousand doubles, as base64. */
const bytes = z.string().max(100_000)

const distinctSketch = z.strictObject({
  kind: z.literal('distinct'),
  version: z.literal(1),
  hashes: z.array(count).max(1024).optional(),
  registers: bytes.optional(),
})

const numericProfile = z.strictObject({
  kind: z.literal('numeric'),
  version: z.literal(1),
  moments: z.strictObject({
    count,
    missing: count,
    infinite: count,
    zeros: count,
    negatives: count,
    sum: z.number(),
    mean: z.number(),
    m2: z.number(),
    m3: z.number(),
    m4: z.number(),
    min: z.number().nullable(),
    max: z.number().nullable(),
  }),
  quantiles: z.strictObject({
    kind: z.literal('quantiles'),
    version: z.literal(1),
    k: z.literal(200),
    count,
    min: z.number().nullable(),
    max: z.number().nullable(),
    random: z.number().int(),
    lengths: z.array(z.number().int().min(0).max(10_000)).min(1).max(53),
    items: bytes,
  }),
  distinct: distinctSketch,
})

const categoricalProfile = z.strictObject({
  kind: z.literal('categorical'),
  version: z.literal(1),
  count,
  missing: count,
  lengths: z.strictObject({ sum: count, min: count.nullable(), max: count.nullable() }),
  items: z.strictObject({
    kind: z.literal('frequent-items'),
    version: z.literal(1),
    count,
    error: count,
    items: z.array(z.tuple([label, count])).max(1024),
  }),
  distinct: distinctSketch,
})

const columnProfile = z.discriminatedUnion('kind', [numericProfile, categoricalProfile])

/** The serialised profile of rows, of version 1. */
export const rowProfile = z.strictObject({
  kind: z.literal('rows'),
  version: z.literal(1, 'profiles of version 1 are read'),
  rows: count.min(1, 'the profile holds no rows'),
  columns: z
    .array(
      z.strictObject({ name: z.string().min(1).max(500), mistyped: count, profile: columnProfile }),
    )
    .max(2000),
  prediction: columnProfile.nullable(),
})

export const monitorProfileInput = z
  .strictObject({
    /** Names the upload: sent again, it is taken once. */
    id: z.string().min(1).max(200),
    /** Event time of the rows in [from, to). */
    from: timestampMs,
    to: timestampMs,
    profile: rowProfile,
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be after from' })
export type MonitorProfileInput = z.output<typeof monitorProfileInput>

export const monitorProfilesApi = {
  add: endpoint({
    method: 'POST',
    path: '/api/v1/monitors/:name/profiles',
    summary: 'Upload a mergeable profile of rows that stay where they are, to a monitor of batches',
    action: 'edit',
    params: nameParams,
    body: monitorProfileInput,
    response: monitorBatch,
    status: 201,
  }),
} as const
