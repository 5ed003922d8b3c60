import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** The JSON Canonicalization Scheme (RFC 8785): equal values have equal text. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('a function, symbol or undefined has no JSON form')
  return text
}

/** SHA-256 in hexadecimal. */
export const sha256 = (content: string | Uint8Array): string => hash('sha256', content, 'hex')

/** Digest of any JSON value. */
export const digestOf = (value: unknown): string => sha256(canonicalJson(value))
