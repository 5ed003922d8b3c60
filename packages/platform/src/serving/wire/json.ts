import { isUtf8 } from 'node:buffer'
import { KaizenError } from '@kaizen/contracts'

/** Values of JSON text; integers beyond 2^53 are bigints, so that 64-bit tensors are exact. */
export type WireJson =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly WireJson[]
  | { readonly [key: string]: WireJson }

/** Names of the numbers that JSON lacks, as the JSON mapping of protocol buffers writes them. */
export const nonFinite: ReadonlyMap<WireJson, number> = new Map<WireJson, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

/** A body as text. @throws INVALID_REQUEST */
export function parseText(body: Buffer): string {
  if (!isUtf8(body)) throw new KaizenError('INVALID_REQUEST', 'the body is not UTF-8 text')
  return body.toString('utf8')
}

/** A body as JSON. @throws INVALID_JSON */
export const parseBody = (body: Buffer): WireJson => parseExactly(parseText(body))

/**
 * Parses JSON without losing numbers: integers that a double cannot hold become bigints, and the bare `NaN`,
 * `Infinity` and `-Infinity` that Python writes are read as those words in quotes. @throws INVALID_JSON
 */
export function parseExactly(text: string): WireJson {
  // Fewer digits are always exact, and fractions are rounded by every parser alike: the plain one is several times faster.
  const mayLose = longInteger.test(text)
  try {
    return parse(text, mayLose)
  } catch (failure) {
    if (/NaN|Infinity/.test(text)) {
      try {
        return parse(quoteNonFinite(text), mayLose)
      } catch {
        // The first failure tells where the sender's own text is wrong.
      }
    }
    const reason = failure instanceof Error ? failure.message : String(failure)
    throw new KaizenError('INVALID_JSON', `the body is not well-formed JSON: ${reason}`)
  }
}

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown

const keepIntegers: Reviver = (_key, value, { source }) =>
  typeof value === 'number' &&
  source !== undefined &&
  !Number.isSafeInteger(value) &&
  /^-?\d{1,400}$/.test(source)
    ? BigInt(source)
    : value

const parse = (text: string, exact: boolean): WireJson =>
  exact ? (JSON.parse(text, keepIntegers as never) as WireJson) : (JSON.parse(text) as WireJson)

/** Sixteen digits or more that neither begin nor go on as a fraction. */
const longInteger = /(?:^|[^\d.])\d{16,}(?![\d.eE])/

/** Puts quotes around bare non-finite numbers, leaving strings as they are. */
const quoteNonFinite = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  )
