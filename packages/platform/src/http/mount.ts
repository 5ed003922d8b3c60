import type { Readable } from 'node:stream'
import { KaizenError } from '@kaizen/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { type Actor, mayDo } from '../kernel/index.ts'
import { bodyStream } from './body-stream.ts'
import { invalidRequest, toKaizenError } from './errors.ts'
import { assertKeepable, parseJsonBody } from './json-body.ts'
import { JsonText } from './json-text.ts'
import type { Call, Route } from './route.ts'
import type { Surface } from './surface.ts'

export interface MountOptions {
  /** Who calls. @throws UNAUTHENTICATED */
  readonly authenticate: (request: FastifyRequest) => Promise<Actor>
  /** What the caller may do with what the call names; a role's word on the action unless told. @throws FORBIDDEN */
  readonly authorize?: Authorize
  /** Told of defects, with what is needed to find them. */
  readonly onDefect: (error: KaizenError, request: FastifyRequest) => void
}

/** Decides on a call whose parts are validated; it may narrow lists in them to what the caller sees. */
export type Authorize = (
  call: Pick<Call, 'actor' | 'params' | 'query' | 'body' | 'request'>,
  endpoint: Route['endpoint'],
) => Promise<void>

/** The role alone decides. @throws FORBIDDEN */
export function requireRole(actor: Actor, endpoint: Route['endpoint']): void {
  if (actor.endpoint !== undefined && !['public', 'predict'].includes(endpoint.action)) {
    throw new KaizenError(
      'FORBIDDEN',
      `${actor.name} may ask the endpoint "${actor.endpoint}" for predictions, and nothing else`,
      { hint: 'Use a token that is not scoped to an endpoint.' },
    )
  }
  if (mayDo(actor.role, endpoint.action)) return
  throw new KaizenError(
    'FORBIDDEN',
    `the role ${actor.role} may not ${endpoint.summary.toLowerCase()}`,
    { hint: 'Use a token or user with a higher role.' },
  )
}

/**
 * Mounts a surface: permission, validation and error shape come from the routes' values. JSON routes read any body as
 * JSON, whatever content type it claims, because stock clients claim none; stream routes get the bytes as they come.
 */
export async function mountSurface(
  app: FastifyInstance,
  surface: Surface,
  options: MountOptions,
): Promise<void> {
  const streaming = surface.routes.filter(isStreaming)
  const plain = surface.routes.filter((route) => !isStreaming(route))
  await app.register(async (scope) => {
    acceptJson(scope)
    for (const route of plain) mountRoute(scope, route, surface, options)
  })
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    for (const route of streaming) mountRoute(scope, route, surface, options)
  })
}

const isStreaming = ({ endpoint }: Pick<Route, 'endpoint'>): boolean =>
  endpoint.transport === 'stream' || endpoint.transport === 'events'

function acceptJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined)
    try {
      done(null, parseJsonBody(body as string))
    } catch (refusal) {
      done(refusal as KaizenError, undefined)
    }
  })
}

function mountRoute(
  scope: FastifyInstance,
  route: Route,
  surface: Surface,
  options: MountOptions,
): void {
  const { endpoint, handler } = route
  const owner = isStreaming(route)
  const fail = (failure: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const error = toKaizenError(failure)
    if (error.kind === 'bug') options.onDefect(error, request)
    if (reply.raw.headersSent) {
      reply.raw.destroy()
      return
    }
    const mapped = surface.mapError(error, request.id)
    void reply
      .status(mapped.status)
      .headers({ ...mapped.headers })
      .send(mapped.body)
  }
  scope.route({
    // What may be read may be asked for its head: Node leaves the body out.
    method: endpoint.method === 'GET' ? ['GET', 'HEAD'] : endpoint.method,
    url: endpoint.path,
    errorHandler: fail,
    handler: async (request, reply) => {
      const actor = endpoint.action === 'public' ? anyone : await options.authenticate(request)
      if (!options.authorize) requireRole(actor, endpoint)
      const call = new MountedCall(endpoint, { actor, request, reply })
      await options.authorize?.(call, endpoint)
      const answer = await handler(call)
      if (owner) return reply
      if (endpoint.status !== undefined) reply.status(endpoint.status)
      // Some protocols answer JSON's null, which would be sent as an empty body.
      if (answer === null) return reply.type(jsonType).send('null')
      if (answer instanceof JsonText) return reply.type(jsonType).send(answer.text)
      return reply.send(answer ?? {})
    },
  })
}

/** What few handlers ask for, streams and signals, is made when it is asked for. */
class MountedCall implements Call {
  readonly params: never
  readonly query: never
  readonly actor: Actor
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  #body: unknown
  #isStream: boolean
  #signal: AbortSignal | undefined

  constructor(
    endpoint: Route['endpoint'],
    { actor, request, reply }: Pick<Call, 'actor' | 'request' | 'reply'>,
  ) {
    this.params = parseUrlPart('path', endpoint.params, request.params) as never
    this.query = parseUrlPart('query', endpoint.query, request.query) as never
    const owner = isStreaming({ endpoint })
    this.#isStream = owner && request.body !== undefined
    this.#body = owner ? request.body : parsePart('body', endpoint.body, request.body)
    this.actor = actor
    this.request = request
    this.reply = reply
  }

  get requestId(): string {
    return this.request.id
  }

  get body(): never {
    if (this.#isStream) {
      this.#isStream = false
      this.#body = bodyStream(this.#body as Readable)
    }
    return this.#body as never
  }

  get signal(): AbortSignal {
    this.#signal ??= hangUpSignal(this.request)
    return this.#signal
  }
}

const jsonType = 'application/json; charset=utf-8'

const anyone: Actor = { name: 'user:anonymous', role: 'viewer' }

function parsePart(where: string, schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined
  const parsed = schema.safeParse(value ?? {})
  if (!parsed.success) throw invalidRequest(where, parsed.error)
  return parsed.data
}

function parseUrlPart(where: string, schema: z.ZodType | undefined, value: unknown): unknown {
  assertKeepable(where, value)
  return parsePart(where, schema, value)
}

/** Made on first use: most handlers never ask. */
function hangUpSignal(request: FastifyRequest): AbortSignal {
  const controller = new AbortController()
  request.raw.once('close', () => {
    if (request.raw.destroyed && !request.raw.complete) controller.abort()
  })
  return controller.signal
}
