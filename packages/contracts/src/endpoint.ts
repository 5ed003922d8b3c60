import type { z } from 'zod'

/** What a caller must be allowed to do; `public` needs no identity. */
export const actions = ['public', 'view', 'predict', 'edit', 'admin'] as const
export type Action = (typeof actions)[number]

/** How bodies travel: JSON both ways, raw bytes that the handler reads or writes, or server-sent events. */
export type Transport = 'json' | 'stream' | 'events'

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One operation of an HTTP surface as a value: validation, OpenAPI, typed client and permission come from it. */
export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  readonly method: HttpMethod
  /** Fastify syntax: `/api/v1/datasets/:name`, `*` for the rest of a path. */
  readonly path: string
  readonly summary: string
  readonly action: Action
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly response: Response
  readonly transport?: Transport
  /** Status of success; 200 unless told. */
  readonly status?: number
}

export type ParamsOf<E> =
  E extends Endpoint<infer P, z.ZodType, z.ZodType, z.ZodType> ? z.output<P> : never
export type QueryOf<E> =
  E extends Endpoint<z.ZodType, infer Q, z.ZodType, z.ZodType> ? z.output<Q> : never
export type BodyOf<E> =
  E extends Endpoint<z.ZodType, z.ZodType, infer B, z.ZodType> ? z.output<B> : never
export type ResponseOf<E> =
  E extends Endpoint<z.ZodType, z.ZodType, z.ZodType, infer R> ? z.output<R> : never

/** What a client sends: the input side of the schemas. */
export interface EndpointInput<E> {
  readonly params?: E extends Endpoint<infer P, z.ZodType, z.ZodType, z.ZodType>
    ? z.input<P>
    : never
  readonly query?: E extends Endpoint<z.ZodType, infer Q, z.ZodType, z.ZodType> ? z.input<Q> : never
  readonly body?: E extends Endpoint<z.ZodType, z.ZodType, infer B, z.ZodType> ? z.input<B> : never
}

/** Declares an endpoint; the identity function that keeps the schema types. */
export function endpoint<
  Response extends z.ZodType,
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  const T extends Transport = 'json',
>(
  definition: Omit<Endpoint<Params, Query, Body, Response>, 'transport'> & {
    readonly transport?: T
  },
): Endpoint<Params, Query, Body, Response> & { readonly transport: T } {
  return { ...definition, transport: definition.transport ?? ('json' as T) }
}
