import type { Endpoint } from '@kaizen/contracts'
import { brokenBodies, hostileSegments, mutationsOf } from './mutations.ts'
import { type JsonSchema, type Known, sampleOf } from './schema-sample.ts'
import type { WireRequest } from './wire.ts'

type Api = Readonly<Record<string, unknown>>

/** A route with a sound value of each part. */
export interface AttackedRoute {
  readonly name: string
  readonly endpoint: Endpoint
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  readonly body: unknown
}

const mutationsOfBody = 120
const mutationsOfQuery = 40
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

const sampleOfPart = (
  endpoint: Endpoint,
  part: 'params' | 'query' | 'body',
  known: Known,
): unknown => {
  const schema = endpoint[part]?.toJSONSchema({ io: 'input', unrepresentable: 'any' })
  return schema === undefined ? undefined : sampleOf(schema as JsonSchema, known)
}

/**
 * Every route of some APIs, with sound parts made from their schemas. `known` holds, by API, the objects that the
 * server has, so that requests reach what stands behind the validation; what deletes is shown none of them.
 */
export function attackedRoutes(
  apis: Readonly<Record<string, Api>>,
  known: Readonly<Record<string, Known>> = {},
): readonly AttackedRoute[] {
  return Object.entries(apis).flatMap(([stage, api]) =>
    Object.entries(api as Readonly<Record<string, Endpoint>>).map(([name, endpoint]) => {
      const shown = endpoint.method === 'DELETE' ? {} : (known[stage] ?? {})
      const params = Object.entries((sampleOfPart(endpoint, 'params', shown) ?? {}) as object)
      return {
        name: `${stage}.${name}`,
        endpoint,
        params: Object.fromEntries(params.map(([key, value]) => [key, String(value)])),
        query: sampleOfPart(endpoint, 'query', shown),
        body: sampleOfPart(endpoint, 'body', shown),
      }
    }),
  )
}

/** Methods and paths that are routes, which a wrong method must not be one of. */
export const declaredRoutes = (routes: readonly AttackedRoute[]): ReadonlySet<string> =>
  new Set(routes.map(({ endpoint }) => `${endpoint.method} ${endpoint.path}`))

/** Everything that is thrown at one route. */
export function attacksOn(
  route: AttackedRoute,
  declared: ReadonlySet<string>,
): readonly WireRequest[] {
  const { endpoint } = route
  const { method } = endpoint
  const path = pathOf(endpoint.path, route.params)
  const sound = endpoint.body === undefined ? {} : { body: JSON.stringify(route.body) }
  const headed = (what: string, headers: Readonly<Record<string, string>>): WireRequest => ({
    what,
    method,
    path,
    ...sound,
    headers,
  })
  return [
    ...bodyAttacks(route, path),
    ...queryAttacks(route, path, sound),
    ...segmentAttacks(route, sound),
    ...methods
      .filter((other) => !declared.has(`${other} ${endpoint.path}`))
      .map((other) => ({ what: 'a method of no route', method: other, path, refused: true })),
    headed('a body said to be compressed', { 'content-encoding': 'gzip' }),
    headed('a body of another type', { 'content-type': 'multipart/form-data' }),
    headed('a content type that is none', { 'content-type': ';;=' }),
    headed('a token that is none', { authorization: `Bearer ${'\u00ff'.repeat(300)}` }),
  ]
}

/** What overflows the stack of the schema is refused before it gets there. */
function refuses(schema: Endpoint['body'], value: unknown): boolean {
  try {
    return schema !== undefined && !schema.safeParse(value).success
  } catch {
    return true
  }
}

/** The request that a body makes, and whether the contract refuses it. */
export function withBody(
  { endpoint, params }: AttackedRoute,
  what: string,
  body: string,
): WireRequest {
  const received: unknown = body === '' ? {} : (JSON.parse(body) ?? {})
  return {
    what,
    method: endpoint.method,
    path: pathOf(endpoint.path, params),
    body,
    refused: refuses(endpoint.body, received),
  }
}

function bodyAttacks(route: AttackedRoute, path: string): readonly WireRequest[] {
  const { method, body: schema, transport } = route.endpoint
  if (schema === undefined && (method === 'GET' || method === 'DELETE')) return []
  const broken = brokenBodies.map((bad) => ({
    ...bad,
    method,
    path,
    refused: schema !== undefined && transport === 'json' && bad.malformed === true,
  }))
  if (schema === undefined) return broken
  const mutated = mutationsOf(route.body, mutationsOfBody)
  return [
    ...broken,
    ...mutated.map(({ what, value }) => withBody(route, what, JSON.stringify(value) ?? '')),
  ]
}

function queryAttacks(
  { endpoint, query }: AttackedRoute,
  path: string,
  sound: { readonly body?: string },
): readonly WireRequest[] {
  const { method, query: schema } = endpoint
  if (schema === undefined) return []
  return mutationsOf(query, mutationsOfQuery).flatMap(({ what, value }) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
    const sent = new URLSearchParams(
      Object.entries(value).map(([key, item]): [string, string] => [
        key,
        typeof item === 'object' ? JSON.stringify(item) : String(item),
      ]),
    )
    const refused = refuses(schema, Object.fromEntries(sent))
    return [{ what: `query ${what}`, method, path: `${path}?${sent}`, ...sound, refused }]
  })
}

function segmentAttacks(
  { endpoint, params }: AttackedRoute,
  sound: { readonly body?: string },
): readonly WireRequest[] {
  return Object.keys(params).flatMap((key) =>
    hostileSegments.map((segment) => ({
      what: `${key} in the path`,
      method: endpoint.method,
      path: pathOf(endpoint.path, { ...params, [key]: segment }),
      ...sound,
    })),
  )
}

/** Puts parameters, already encoded, into a path. */
const pathOf = (path: string, params: Readonly<Record<string, string>>): string =>
  path.replaceAll(/:(\w+)|(\*)/g, (_, key = '*') => params[key] ?? 'sample')
