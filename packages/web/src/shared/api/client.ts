import type { Endpoint, EndpointInput, ResponseOf } from '@kaizen/contracts'
import { type Client, createClient } from '@kaizen/sdk/client'
import { bearerToken } from './token.ts'
import { workspaceHeaders } from './workspace.ts'

/** `fetch` that says which workspace is meant. */
const fetchHere: typeof fetch = (url, init) =>
  fetch(url, { ...init, headers: { ...(init?.headers as object), ...workspaceHeaders() } })

/** The SDK's client of the server that this page came from, with the token of this tab where there is one. */
export function client(signal?: AbortSignal): Client {
  const token = bearerToken()
  return createClient({
    baseUrl: location.origin,
    fetch: fetchHere,
    ...(token !== null && { token }),
    ...(signal && { signal }),
  })
}

/** Calls a JSON endpoint; a failed answer is thrown as the `KaizenError` that it carries. */
export function call<E extends Endpoint>(
  endpoint: E,
  input: EndpointInput<E> = {},
  signal?: AbortSignal,
): Promise<ResponseOf<E>> {
  // Which parts an endpoint needs is known where it is named; here it is any endpoint.
  const untyped = client(signal).call as unknown as (
    endpoint: E,
    input: EndpointInput<E>,
  ) => Promise<ResponseOf<E>>
  return untyped(endpoint, input)
}
