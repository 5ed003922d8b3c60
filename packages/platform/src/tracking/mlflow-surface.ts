import {
  type ErrorCode,
  type KaizenError,
  mlflowArtifactsPrefix,
  mlflowPrefix,
  mlflowV3Prefix,
} from '@kaizen/contracts'
import { type ErrorMapper, type Route, retryAfter, type Surface } from '../http/index.ts'

interface Answer {
  readonly code: string
  readonly status: number
}

const invalid: Answer = { code: 'INVALID_PARAMETER_VALUE', status: 400 }
const failed: Answer = { code: 'INTERNAL_ERROR', status: 500 }
const unavailable: Answer = { code: 'TEMPORARILY_UNAVAILABLE', status: 503 }

/** Names and statuses that MLflow's clients know, by Kaizen's codes. */
const answers: Readonly<Record<ErrorCode, Answer>> = {
  INVALID_REQUEST: invalid,
  INVALID_JSON: { code: 'BAD_REQUEST', status: 400 },
  INVALID_FILTER: invalid,
  INVALID_PATH: invalid,
  INVALID_DATA: invalid,
  INVALID_MODEL: invalid,
  INVALID_TENSOR: invalid,
  INVALID_MANIFEST: invalid,
  INVALID_CONFIG: invalid,
  UNAUTHENTICATED: { code: 'UNAUTHENTICATED', status: 401 },
  FORBIDDEN: { code: 'PERMISSION_DENIED', status: 403 },
  NOT_FOUND: { code: 'RESOURCE_DOES_NOT_EXIST', status: 404 },
  ROUTE_NOT_FOUND: { code: 'ENDPOINT_NOT_FOUND', status: 404 },
  ALREADY_EXISTS: { code: 'RESOURCE_ALREADY_EXISTS', status: 400 },
  // The state of an object is a wrong parameter to MLflow: its own INVALID_STATE is a server error, which clients retry.
  CONFLICT: invalid,
  STALE_WRITE: { code: 'RESOURCE_CONFLICT', status: 409 },
  DATA_DIRECTORY_LOCKED: failed,
  DATABASE_TOO_NEW: failed,
  TOO_LARGE: { code: 'INVALID_PARAMETER_VALUE', status: 413 },
  UNSUPPORTED: { code: 'NOT_IMPLEMENTED', status: 501 },
  UNSUPPORTED_MEDIA_TYPE: { code: 'BAD_REQUEST', status: 400 },
  RATE_LIMITED: { code: 'REQUEST_LIMIT_EXCEEDED', status: 429 },
  OVERLOADED: { code: 'REQUEST_LIMIT_EXCEEDED', status: 429 },
  TIMEOUT: unavailable,
  STORAGE_FULL: unavailable,
  UNAVAILABLE: unavailable,
  STEP_FAILED: failed,
  AUDIT_BROKEN: failed,
  INTERNAL: failed,
}

/** Errors as MLflow's clients read them: `{"error_code", "message"}`. */
export const mlflowErrors: ErrorMapper = (error) => {
  const { code, status } = answers[error.code]
  const message = fieldMessage(error) ?? error.message
  return {
    status,
    body: {
      error_code: code,
      message: error.hint ? `${sentence(message)} ${error.hint}` : message,
    },
    ...(error.code === 'RATE_LIMITED' ? { headers: { 'retry-after': retryAfter(error) } } : {}),
  }
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

/** The protocol's words for a request that breaks its schema; the field is named as the client sent it. */
function fieldMessage(error: KaizenError): string | undefined {
  const issues = error.details?.['issues']
  if (!Array.isArray(issues)) return undefined
  const [issue] = issues as readonly { readonly path: string; readonly message: string }[]
  if (!issue) return undefined
  const parameter = issue.path.replace(/^(body|query|path)\.?/, '').replace(/\.(\d+)/g, '[$1]')
  return issue.message === 'required'
    ? `Missing value for required parameter '${parameter}'.`
    : `Invalid value for parameter '${parameter}' supplied: ${issue.message}`
}

const otherPrefixes: Readonly<Record<string, readonly string[]>> = {
  [mlflowPrefix]: [
    '/ajax-api/2.0/mlflow',
    // Clients from before version 1 ask here.
    '/api/2.0/preview/mlflow',
    '/ajax-api/2.0/preview/mlflow',
  ],
  [mlflowV3Prefix]: ['/ajax-api/3.0/mlflow'],
  [mlflowArtifactsPrefix]: ['/ajax-api/2.0/mlflow-artifacts'],
}

/** The route under each prefix at which MLflow answers it. */
function underAllPrefixes(route: Route): readonly Route[] {
  const { path } = route.endpoint
  for (const [prefix, others] of Object.entries(otherPrefixes)) {
    if (!path.startsWith(`${prefix}/`)) continue
    const aliases = others.map((other) => ({
      ...route,
      endpoint: { ...route.endpoint, path: `${other}${path.slice(prefix.length)}` },
    }))
    return [route, ...aliases]
  }
  return [route]
}

/** A surface that speaks MLflow's protocol. */
export const mlflowSurface = (name: string, routes: readonly Route[]): Surface => ({
  name,
  routes: routes.flatMap(underAllPrefixes),
  mapError: mlflowErrors,
})
