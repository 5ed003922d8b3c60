/** What an error means for the caller; each surface maps kinds, not codes, to its own statuses. */
export const errorKinds = [
  'invalid',
  'denied',
  'not_found',
  'conflict',
  'too_large',
  'unsupported',
  'unavailable',
  'bug',
] as const
export type ErrorKind = (typeof errorKinds)[number]

/** The closed catalogue: every code that Kaizen can answer with, its kind and when it is thrown. */
export const errorCatalogue = {
  INVALID_REQUEST: {
    kind: 'invalid',
    when: 'A field is missing, unknown, malformed or out of range.',
  },
  INVALID_JSON: { kind: 'invalid', when: 'A body is not well-formed JSON.' },
  INVALID_FILTER: { kind: 'invalid', when: 'A search filter or order does not parse.' },
  INVALID_PATH: {
    kind: 'invalid',
    when: 'A path is absolute, escapes its root or holds forbidden characters.',
  },
  INVALID_DATA: {
    kind: 'invalid',
    when: 'A data file cannot be read, or its content breaks a rule of the request.',
  },
  INVALID_MODEL: { kind: 'invalid', when: 'A model file is not one that the runtime can load.' },
  INVALID_TENSOR: {
    kind: 'invalid',
    when: 'A tensor has the wrong name, datatype, shape or number of elements.',
  },
  INVALID_MANIFEST: {
    kind: 'invalid',
    when: 'A project declares something that cannot be applied.',
  },
  INVALID_CONFIG: {
    kind: 'invalid',
    when: 'A command-line option or environment variable has an unusable value.',
  },
  UNAUTHENTICATED: {
    kind: 'denied',
    when: 'A token or password is missing, wrong, revoked or expired.',
  },
  FORBIDDEN: {
    kind: 'denied',
    when: "The caller's role or permission does not allow the action, approvals are missing, or the host or origin is not allowed.",
  },
  NOT_FOUND: { kind: 'not_found', when: 'The named object does not exist.' },
  ROUTE_NOT_FOUND: { kind: 'not_found', when: 'No route answers this method and path.' },
  ALREADY_EXISTS: { kind: 'conflict', when: 'An object of this name exists already.' },
  CONFLICT: { kind: 'conflict', when: 'The state of the object does not allow the change.' },
  STALE_WRITE: {
    kind: 'conflict',
    when: 'The object has changed since it was read, or a lease was lost.',
  },
  DATA_DIRECTORY_LOCKED: { kind: 'conflict', when: 'Another server has this data directory open.' },
  DATABASE_TOO_NEW: {
    kind: 'conflict',
    when: 'The database was written by a newer version of Kaizen.',
  },
  TOO_LARGE: { kind: 'too_large', when: 'A body, file or result is over its limit.' },
  UNSUPPORTED: { kind: 'unsupported', when: 'This server or adapter cannot do what is asked.' },
  UNSUPPORTED_MEDIA_TYPE: {
    kind: 'invalid',
    when: 'The content type or encoding of a body is not one the route reads.',
  },
  RATE_LIMITED: {
    kind: 'unavailable',
    when: 'The caller asks too often, or has failed to log in too often; try again after the stated time.',
  },
  OVERLOADED: { kind: 'unavailable', when: 'A queue is full; try again after the stated time.' },
  TIMEOUT: { kind: 'unavailable', when: 'A deadline passed before the answer was ready.' },
  STORAGE_FULL: { kind: 'unavailable', when: 'The disk or database has no room left.' },
  UNAVAILABLE: {
    kind: 'unavailable',
    when: 'A part that the request needs is not reachable or is shutting down.',
  },
  STEP_FAILED: { kind: 'bug', when: 'A step of a pipeline ended with an error.' },
  AUDIT_BROKEN: { kind: 'bug', when: 'The audit chain does not verify.' },
  INTERNAL: {
    kind: 'bug',
    when: 'A defect in Kaizen; the server log has the details under the request id.',
  },
} as const satisfies Record<string, { readonly kind: ErrorKind; readonly when: string }>
export type ErrorCode = keyof typeof errorCatalogue

/** HTTP status of each kind on Kaizen's own API. */
export const httpStatusOfKind: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  denied: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported: 422,
  unavailable: 503,
  bug: 500,
}

/** gRPC status code of each kind. https://grpc.io/docs/guides/status-codes/ */
export const grpcStatusOfKind: Readonly<Record<ErrorKind, number>> = {
  invalid: 3,
  denied: 7,
  not_found: 5,
  conflict: 9,
  too_large: 8,
  unsupported: 12,
  unavailable: 14,
  bug: 13,
}

/** Process exit code of each kind on the command line; 0 is success, 1 an unexpected failure. */
export const exitCodeOfKind: Readonly<Record<ErrorKind, number>> = {
  bug: 1,
  invalid: 2,
  not_found: 3,
  conflict: 4,
  denied: 5,
  unavailable: 6,
  unsupported: 7,
  too_large: 8,
}

export type ErrorDetails = Readonly<Record<string, unknown>>

/** The one error that Kaizen throws on purpose. The message says what and where, the hint what to do next. */
export class KaizenError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly details: ErrorDetails | undefined

  constructor(
    code: ErrorCode,
    message: string,
    extra: {
      readonly hint?: string
      readonly details?: ErrorDetails
      readonly cause?: unknown
    } = {},
  ) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause })
    this.name = 'KaizenError'
    this.code = code
    this.hint = extra.hint
    this.details = extra.details
  }

  get kind(): ErrorKind {
    return errorCatalogue[this.code].kind
  }
}

export const isKaizenError = (error: unknown): error is KaizenError => error instanceof KaizenError
