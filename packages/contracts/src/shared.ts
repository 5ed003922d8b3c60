import { z } from 'zod'

/** Names of objects that people choose: datasets, pipelines, endpoints, monitors, policies. */
export const objectName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,127}$/,
    'use 1 to 128 lower-case letters, digits, ".", "_" or "-", starting with a letter or digit',
  )
/** Names that may hold any printable text, as the field's tools allow for models and experiments. */
export const displayName = z.string().min(1).max(250)
/** SHA-256 of content, in lower-case hexadecimal. */
export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 digest in hexadecimal')
/** Milliseconds since 1970-01-01T00:00:00Z. */
export const timestampMs = z.number().int().min(0).max(8.64e15)
/** A length of time such as `30s`, `15m`, `12h`, `7d`. */
export const duration = z.string().regex(/^\d{1,6}(ms|s|m|h|d|w)$/, {
  error: 'expected a duration such as "30s", "12h" or "7d"',
  // Rules over several fields that compute with it are not asked about one that is none.
  abort: true,
})
/** Any JSON value. */
export const json: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(json),
    z.record(z.string(), json),
  ]),
)
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }
export const jsonObject = z.record(z.string(), json)

/** Query of every list: keyset paging by an opaque token. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  pageToken: z.string().max(2048).optional(),
})
export type PageQuery = z.output<typeof pageQuery>
/** Answer of every list. */
export const page = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextPageToken: z.string().optional() })
export interface Page<T> {
  readonly items: readonly T[]
  readonly nextPageToken?: string | undefined
}

export const nameParams = z.strictObject({ name: objectName })
export const idParams = z.strictObject({ id: z.string().min(1).max(128) })
export const empty = z.object({})

/** The body of every failed answer of Kaizen's own API. */
export const errorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string().optional(),
  }),
})

export type ErrorBody = z.output<typeof errorBody>

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
/** Milliseconds of a duration such as `7d`. */
export function durationMs(text: string): number {
  const match = /^(\d{1,6})(ms|s|m|h|d|w)$/.exec(text)
  if (!match)
    throw new RangeError(`"${text}" is not a duration; write for example "30s", "12h" or "7d"`)
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]
}
