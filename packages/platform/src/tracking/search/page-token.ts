import { KaizenError } from '@kaizen/contracts'
import { sha256 } from '../../kernel/index.ts'

/** Values of a row by which its list is sorted: where the next page begins. */
export type Position = readonly (string | number)[]

const refused = (): KaizenError =>
  new KaizenError('INVALID_REQUEST', 'Invalid page token', {
    hint: 'Send the token of the page before with the same filter and order, or none for the first page.',
  })

const fingerprint = (query: readonly unknown[]): string =>
  sha256(JSON.stringify(query)).slice(0, 12)

/** An opaque token for the page after `position` of one query; `query` is all that decides which rows there are. */
export const pageToken = (query: readonly unknown[], position: Position): string =>
  Buffer.from(JSON.stringify([fingerprint(query), ...position])).toString('base64url')

/** The position in a token. @throws INVALID_REQUEST when it is damaged or belongs to another query. */
export function readPageToken(token: string, query: readonly unknown[]): Position {
  let content: unknown
  try {
    content = JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch {
    throw refused()
  }
  if (!Array.isArray(content) || content[0] !== fingerprint(query)) throw refused()
  const position: readonly unknown[] = content.slice(1)
  if (!position.every((value) => typeof value === 'string' || typeof value === 'number')) {
    throw refused()
  }
  return position as Position
}
