import { httpStatusOfKind, type KaizenError } from '@kaizen/contracts'

/**
 * The status of a failed inference. What stands in the path is a name, so one that no model can have (with a NUL in it,
 * say) is not found, like any other name that no model has.
 */
export function inferenceStatus(error: KaizenError): number {
  if (error.code === 'UNAUTHENTICATED') return 401
  if (error.code === 'RATE_LIMITED') return 429
  if (error.code === 'INVALID_REQUEST' && error.message.startsWith('path.')) return 404
  return httpStatusOfKind[error.kind]
}
