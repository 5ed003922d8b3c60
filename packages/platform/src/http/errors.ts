import { KaizenError } from '@kaizen/contracts'
import type { z } from 'zod'

/** Turns whatever was thrown into the one error type; what is not ours is a defect and keeps its cause for the log. */
export function toKaizenError(failure: unknown): KaizenError {
  if (failure instanceof KaizenError) return failure
  const code = (failure as { code?: unknown }).code
  const message = failure instanceof Error ? failure.message : String(failure)
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new KaizenError('TOO_LARGE', 'the body is larger than this route accepts', {
        hint: 'Send less at once, or raise the limit of the server.',
      })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_INVALID_TYPE':
      return new KaizenError(
        'UNSUPPORTED_MEDIA_TYPE',
        'the content type of the body is not one this route reads',
      )
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new KaizenError('INVALID_REQUEST', message)
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new KaizenError('INVALID_JSON', `the body is not well-formed JSON: ${message}`)
    case 'FST_STATIC_FORBIDDEN_PATH':
      return new KaizenError('INVALID_PATH', 'the path leaves the folder that is served')
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return new KaizenError('INVALID_REQUEST', 'the caller hung up before the body had arrived')
    case 'ENOSPC':
      return new KaizenError('STORAGE_FULL', 'the disk is full; nothing was stored', {
        hint: 'Free some space and send the request again.',
        cause: failure,
      })
    default:
      return new KaizenError('INTERNAL', 'Kaizen met a defect while answering', {
        hint: 'The server log has the details under this request id; please report them.',
        cause: failure,
      })
  }
}

const longestPart = 300
/** Keys of whoever sends them may have any length; they are not repeated back. */
const shortly = (text: string): string =>
  text.length > longestPart ? `${text.slice(0, longestPart)}…` : text

/** Where and why a value breaks its schema, in words. */
export function invalidRequest(where: string, error: z.ZodError): KaizenError {
  const issues = error.issues.slice(0, 10).map((issue) => ({
    path: shortly([where, ...issue.path.map(String)].join('.')),
    // What did not read as a number at all is not NaN to whoever sent it.
    message: shortly(issue.message.replace(/, received NaN$/, '')),
  }))
  const first = issues[0]
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : ''
  return new KaizenError(
    'INVALID_REQUEST',
    first ? `${first.path}: ${first.message}${more}` : `the ${where} is invalid`,
    {
      details: { issues },
    },
  )
}
