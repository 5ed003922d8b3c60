import { type ErrorCode, KaizenError } from '@kaizen/contracts'
import { bearerToken } from './token.ts'
import { workspaceHeaders } from './workspace.ts'

/** What the error codes of the compatible surfaces (MLflow) mean in Kaizen's own catalogue. */
const codes: Readonly<Record<string, ErrorCode>> = {
  RESOURCE_DOES_NOT_EXIST: 'NOT_FOUND',
  ENDPOINT_NOT_FOUND: 'ROUTE_NOT_FOUND',
  INVALID_PARAMETER_VALUE: 'INVALID_REQUEST',
  BAD_REQUEST: 'INVALID_REQUEST',
  PERMISSION_DENIED: 'FORBIDDEN',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  RESOURCE_ALREADY_EXISTS: 'ALREADY_EXISTS',
}
const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  503: 'UNAVAILABLE',
}

/** A request to a surface of another protocol (MLflow, Open Inference) on this server; failures become `KaizenError`s. */
export async function protocolRequest(url: string, init: RequestInit = {}): Promise<unknown> {
  const token = bearerToken()
  const headers = {
    ...(init.body !== undefined && { 'content-type': 'application/json' }),
    ...(token !== null && { authorization: `Bearer ${token}` }),
    ...workspaceHeaders(),
  }
  const answer = await fetch(url, { ...init, headers }).catch((cause: unknown) => {
    if (init.signal?.aborted) throw cause
    throw new KaizenError('UNAVAILABLE', 'the server is not reached', { cause })
  })
  if (answer.ok) return answer.json()
  throw protocolError(answer.status, await answer.json().catch(() => null))
}

/** The error of an answer, whichever of the three shapes its body has: MLflow's, Open Inference's, Kaizen's own. */
export function protocolError(status: number, body: unknown): KaizenError {
  const fields = asObject(body)
  const own = asObject(fields['error'])
  const code =
    codes[String(fields['error_code'] ?? own['code'])] ?? codeOfStatus[status] ?? 'INTERNAL'
  const message = own['message'] ?? fields['message'] ?? fields['error']
  const hint = own['hint']
  const requestId = own['requestId']
  return new KaizenError(
    code,
    typeof message === 'string' ? message : `the server answered ${status}`,
    {
      ...(typeof hint === 'string' && { hint }),
      ...(typeof requestId === 'string' && { details: { requestId } }),
    },
  )
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
