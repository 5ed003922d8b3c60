import { z } from 'zod'

/**
 * Fields of MLflow's protocol buffers as JSON: `null` is unset, unknown fields are ignored, 64-bit integers may be
 * text, floating-point values may be `"NaN"`, `"Infinity"` or `"-Infinity"`. In a query string everything is text.
 * The error mapper of the surface turns `required` and `expected …` into the protocol's wording.
 */
const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

const missing = 'required'

/** A field read by one function; `undefined` from `parse` refuses the value. */
function field<T>(what: string, parse: (value: unknown) => T | undefined) {
  return z.unknown().transform((value, context): T => {
    const parsed = parse(value)
    if (parsed !== undefined) return parsed
    const absent = value === undefined || value === null || value === ''
    context.addIssue({
      code: 'custom',
      message: absent ? missing : `expected ${what}, got ${shown(value)}`,
    })
    return z.NEVER
  })
}

const optional = <T>(what: string, parse: (value: unknown) => T | undefined) =>
  z
    .unknown()
    .transform((value, context): T | undefined => {
      if (value === undefined || value === null) return undefined
      const parsed = parse(value)
      if (parsed === undefined) {
        context.addIssue({ code: 'custom', message: `expected ${what}, got ${shown(value)}` })
      }
      return parsed
    })
    .optional()

/** No database of ours and no client's file system keeps a NUL in text. */
const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && !value.includes('\0') ? value : undefined

const asInteger = (value: unknown): number | undefined => {
  const number =
    typeof value === 'string' && /^[+-]?\d{1,16}(\.0*)?$/.test(value.trim()) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
}

const asDouble = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  if (/^nan$/i.test(value)) return Number.NaN
  if (/^[+-]?inf(inity)?$/i.test(value))
    return value.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : undefined
}

const asFlag = (value: unknown): boolean | undefined => {
  if (typeof value === 'boolean') return value
  if (value === 'true' || value === 'True') return true
  return value === 'false' || value === 'False' ? false : undefined
}

const asTextList = (value: unknown): readonly string[] | undefined => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const texts = list.map(asText)
  return texts.every((text) => text !== undefined) ? texts : undefined
}

export const text = optional('text', asText)
export const requiredText = field('text', (value) => asText(value) || undefined)
/** Text that may be left out, which is the same as empty. */
export const textOrEmpty = text.transform((value) => value ?? '')
export const integer = optional('an integer', asInteger)
export const requiredInteger = field('an integer', asInteger)
export const double = optional('a number', asDouble)
export const requiredDouble = field('a number', asDouble)
export const flag = optional('true or false', asFlag)
export const requiredFlag = field('true or false', asFlag)
export const textList = z
  .unknown()
  .transform((value, context): readonly string[] => {
    const list = value === undefined || value === null ? [] : asTextList(value)
    if (list) return list
    context.addIssue({
      code: 'custom',
      message: `expected a list of texts, got ${shown(value)}`,
    })
    return z.NEVER
  })
  .optional()
  .transform((list) => list ?? [])

/** A list of which there must be something. */
export const requiredTextList = textList.refine((list) => list.length > 0, { error: missing })

/** A list that must be there, if only to say that there is nothing. */
export const givenTextList = field('a list of texts', asTextList)

/** A list of messages; absent and `null` are empty. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item, {
      error: (issue) => `expected a list, got ${shown(issue.input)}`,
    })
    .nullish()
    .transform((list) => list ?? [])

const notAnObject = (issue: { readonly input?: unknown }): string =>
  issue.input === undefined ? missing : `expected an object, got ${shown(issue.input)}`

/** A message: an object whose unknown fields are ignored. */
export const message = <T extends z.ZodRawShape>(shape: T) =>
  z.object(shape, { error: notAnObject })

export const keyValue = message({ key: requiredText, value: textOrEmpty })
export const keyValues = listOf(keyValue)

const asTextMap = (value: unknown): Readonly<Record<string, string>> | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entries = Object.entries(value)
  return entries.every(([, inner]) => asText(inner) !== undefined)
    ? (value as Readonly<Record<string, string>>)
    : undefined
}

/** A map of texts; absent is empty. */
export const textMap = optional('an object of texts', asTextMap).transform((map) => map ?? {})

const asInstant = (value: unknown): number | undefined => {
  if (typeof value !== 'string') return undefined
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)) return undefined
  const ms = Date.parse(value)
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined
}

/** A protocol buffer's Timestamp, RFC 3339, as milliseconds since 1970. */
export const instant = optional('a time such as 2026-01-31T12:00:00Z', asInstant)

const asTimeSpan = (value: unknown): number | undefined =>
  typeof value === 'string' && /^-?\d{1,12}(\.\d{1,9})?s$/.test(value)
    ? Math.round(Number(value.slice(0, -1)) * 1000)
    : undefined

/** A protocol buffer's Duration, such as `1.5s`, as milliseconds. */
export const timeSpan = optional('a duration such as 1.5s', asTimeSpan)

/** Any JSON; `null` is a value. */
export const anyJson = z.unknown().optional()

/** A number as it goes out: JSON has no NaN, so the protocol spells it. */
export const wireNumber = z.union([z.number(), z.literal('NaN')])
export const wireKeyValue = z.object({ key: z.string(), value: z.string() })
