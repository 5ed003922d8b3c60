import type { BodyOf, Endpoint, ParamsOf, QueryOf, ResponseOf } from '@kaizen/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Actor } from '../kernel/index.ts'
import type { JsonText } from './json-text.ts'

type AnyEndpoint = Endpoint<z.ZodType, z.ZodType, z.ZodType, z.ZodType>

/** One call of a route: its validated parts, who calls, and the raw request and reply for streams. */
export interface Call<E extends AnyEndpoint = AnyEndpoint> {
  readonly params: ParamsOf<E>
  readonly query: QueryOf<E>
  readonly body: BodyOf<E>
  readonly actor: Actor
  readonly requestId: string
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** A mounted operation. Handlers of JSON routes answer the response; those of `stream` and `events` routes own the reply. */
export interface Route {
  readonly endpoint: AnyEndpoint
  readonly handler: (call: Call) => Promise<unknown>
}

/** What a handler may answer: the response, with read-only parts welcome. */
export type Answer<T> = T extends readonly (infer U)[]
  ? readonly Answer<U>[]
  : T extends object
    ? { readonly [K in keyof T]: Answer<T[K]> }
    : T

/** Binds a handler to an endpoint; the endpoint's schemas give the types, but not of what is JSON text already. */
export function route<E extends AnyEndpoint>(
  endpoint: E,
  handler: (
    call: Call<E>,
  ) => Promise<
    E extends { readonly transport: 'stream' | 'events' }
      ? unknown
      : Answer<ResponseOf<E>> | JsonText
  >,
): Route {
  return { endpoint, handler: handler as unknown as Route['handler'] }
}
