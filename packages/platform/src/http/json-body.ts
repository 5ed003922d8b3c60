import { KaizenError } from '@kaizen/contracts'

/** Deeper JSON is an attack on whatever walks it: nothing that Kaizen reads is a quarter as deep. */
const maxDepth = 100

/** What a text must hold before its values can hold anything that `assertKeepable` refuses. */
const suspicious = /\\u|__proto__/

/**
 * Reads the JSON of a body. Besides RFC 8259 it asks for text that every database can keep and give back (RFC 7493:
 * no lone surrogates; no NUL, which PostgreSQL has no place for), and for keys that mean nothing to the language.
 * @throws INVALID_JSON, INVALID_REQUEST
 */
export function parseJsonBody(text: string): unknown {
  if (text.length > 2 * maxDepth) assertShallow(text)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new KaizenError('INVALID_JSON', `the body is not well-formed JSON: ${reason}`)
  }
  if (suspicious.test(text)) assertKeepable('body', value)
  return value
}

/** Refuses texts and keys, at any depth, that no database of ours keeps. @throws INVALID_REQUEST with their place */
export function assertKeepable(place: string, value: unknown): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw unusable(place, 'a text may not hold a NUL character')
    if (!value.isWellFormed()) throw unusable(place, 'the text holds half a surrogate pair')
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (key === '__proto__') throw unusable(place, 'no field is named "__proto__"')
      assertKeepable(place, key)
      assertKeepable(`${place}.${key}`, inner)
    }
  }
}

const unusable = (place: string, reason: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `${place}: ${reason}`)

const quote = 0x22
const backslash = 0x5c
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])

function assertShallow(text: string): void {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === quote) quoted = !quoted
    else if (quoted) at += unit === backslash ? 1 : 0
    else if (closing.has(unit)) depth--
    else if (opening.has(unit) && ++depth > maxDepth)
      throw new KaizenError(
        'INVALID_JSON',
        `the body is nested more than ${maxDepth} levels deep, at character ${at}`,
      )
  }
}
