import {
  type ErrorBody,
  type ErrorCode,
  httpStatusOfKind,
  type KaizenError,
} from '@kaizen/contracts'
import type { Route } from './route.ts'

/** How one protocol tells errors: status and body. */
export type ErrorMapper = (
  error: KaizenError,
  requestId: string,
) => {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Routes that share a protocol. */
export interface Surface {
  readonly name: string
  readonly routes: readonly Route[]
  readonly mapError: ErrorMapper
  /** Paths that are this protocol's alone: what no route answers under them is told in its shape too. */
  readonly prefixes?: readonly string[]
}

/** How errors are told at a path: in the shape of the protocol that owns it, else in Kaizen's own. */
export function errorsAt(surfaces: readonly Surface[], path: string): ErrorMapper {
  const owns = (prefix: string): boolean => path === prefix || path.startsWith(`${prefix}/`)
  return surfaces.find((surface) => surface.prefixes?.some(owns))?.mapError ?? kaizenErrors
}

/** Errors of Kaizen's own API. */
export const kaizenErrors: ErrorMapper = (error, requestId) => ({
  status: ownStatus[error.code] ?? httpStatusOfKind[error.kind],
  body: {
    error: {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.details === undefined ? {} : { details: error.details }),
      requestId,
    },
  } satisfies ErrorBody,
  ...(error.kind === 'unavailable' ? { headers: { 'retry-after': retryAfter(error) } } : {}),
})

/** Codes whose status is finer than that of their kind. */
const ownStatus: Partial<Readonly<Record<ErrorCode, number>>> = {
  UNAUTHENTICATED: 401,
  RATE_LIMITED: 429,
}

/** Seconds until it is worth trying again. */
export const retryAfter = (error: KaizenError): string => {
  const seconds = error.details?.['retryAfterSeconds']
  return String(typeof seconds === 'number' ? Math.max(1, Math.ceil(seconds)) : 1)
}

/** A surface of Kaizen's own API. */
export const ownSurface = (name: string, routes: readonly Route[]): Surface => ({
  name,
  routes,
  mapError: kaizenErrors,
})
