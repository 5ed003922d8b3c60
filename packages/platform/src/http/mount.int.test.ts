import { connect } from 'node:net'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { endpoint, KaizenError, type Role } from '@kaizen/contracts'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  EventStream,
  errorsAt,
  guardHostAndOrigin,
  mountSurface,
  ownSurface,
  route,
  type Surface,
} from './index.ts'

const things = {
  get: endpoint({
    method: 'GET',
    path: '/things/:id',
    summary: 'Get a thing',
    action: 'view',
    params: z.strictObject({ id: z.coerce.number().int() }),
    query: z.strictObject({ deep: z.enum(['true', 'false']).default('false') }),
    response: z.unknown(),
  }),
  make: endpoint({
    method: 'POST',
    path: '/things',
    summary: 'Make a thing',
    action: 'edit',
    body: z.strictObject({ name: z.string().max(5) }),
    response: z.object({ name: z.string() }),
    status: 201,
  }),
  bytes: endpoint({
    method: 'PUT',
    path: '/bytes',
    summary: 'Count bytes',
    action: 'predict',
    transport: 'stream',
    response: z.string(),
  }),
  events: endpoint({
    method: 'GET',
    path: '/events',
    summary: 'Follow',
    action: 'view',
    transport: 'events',
    response: z.unknown(),
  }),
  breaks: endpoint({
    method: 'GET',
    path: '/breaks',
    summary: 'Break',
    action: 'public',
    response: z.unknown(),
  }),
}

describe('mounted routes', () => {
  let app: FastifyInstance
  let base: string
  let role: Role
  const defects: string[] = []

  beforeEach(async () => {
    role = 'editor'
    defects.length = 0
    app = fastify({ bodyLimit: 1000 })
    guardHostAndOrigin(app, ['localhost', '127.0.0.1'])
    const routes = [
      route(things.get, async ({ params, query }) => ({ id: params.id, deep: query.deep })),
      route(things.make, async ({ body }) => ({ name: body.name })),
      route(things.bytes, async ({ body, reply }) =>
        reply.send(String((await text(body as unknown as Readable)).length)),
      ),
      route(things.events, async ({ reply }) => {
        const stream = new EventStream(reply)
        await stream.send({ id: '7', event: 'thing', data: { n: 1 } })
        stream.close()
      }),
      route(things.breaks, async () => {
        throw new TypeError('secret internals')
      }),
    ]
    await mountSurface(app, ownSurface('things', routes), {
      authenticate: async () => {
        if (role === ('nobody' as Role)) throw new KaizenError('UNAUTHENTICATED', 'who are you')
        return { name: 'user:test', role }
      },
      onDefect: (error) => defects.push(String((error.cause as Error).message)),
    })
    base = await app.listen({ port: 0, host: '127.0.0.1' })
  })
  afterEach(() => app.close())

  const call = async (
    path: string,
    init: RequestInit = {},
  ): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(base + path, init)
    const content = await answer.text()
    return { status: answer.status, body: content.startsWith('{') ? JSON.parse(content) : content }
  }
  const post = (body: string, headers: Record<string, string> = {}) =>
    call('/things', { method: 'POST', body, headers })

  it('parses path, query and body, and answers the declared status', async () => {
    expect(await call('/things/7?deep=true')).toEqual({
      status: 200,
      body: { id: 7, deep: 'true' },
    })
    expect(await post('{"name":"a"}', { 'content-type': 'application/json' })).toEqual({
      status: 201,
      body: { name: 'a' },
    })
  })

  it('reads JSON whatever content type a client claims', async () => {
    for (const type of [
      'text/plain',
      'application/octet-stream',
      'application/x-www-form-urlencoded',
    ]) {
      expect((await post('{"name":"a"}', { 'content-type': type })).status).toBe(201)
    }
  })

  it.each([
    ['a wrong type', '{"name":1}', 'INVALID_REQUEST', /body\.name/],
    ['an unknown key', '{"name":"a","extra":1}', 'INVALID_REQUEST', /extra/],
    ['no body', '', 'INVALID_REQUEST', /body/],
    ['broken JSON', '{"name":', 'INVALID_JSON', /JSON/],
    ['a body that is too large', `{"name":"${'x'.repeat(2000)}"}`, 'TOO_LARGE', /larger/],
  ])('refuses %s and says where', async (_name, body, code, message) => {
    const answer = await post(body, { 'content-type': 'application/json' })
    expect(answer.body).toMatchObject({
      error: { code, message: expect.stringMatching(message), requestId: expect.any(String) },
    })
    expect(answer.status).toBe(code === 'TOO_LARGE' ? 413 : 400)
  })

  it('asks for the role that the route needs', async () => {
    role = 'viewer'
    expect(await post('{"name":"a"}')).toMatchObject({
      status: 403,
      body: { error: { code: 'FORBIDDEN' } },
    })
    expect((await call('/things/7')).status).toBe(200)
    role = 'nobody' as Role
    expect(await call('/things/7')).toMatchObject({
      status: 401,
      body: { error: { code: 'UNAUTHENTICATED' } },
    })
  })

  it('hands streams over untouched, past the limit of JSON bodies', async () => {
    expect(await call('/bytes', { method: 'PUT', body: 'x'.repeat(5000) })).toEqual({
      status: 200,
      body: '5000',
    })
  })

  it('sends server-sent events with their ids', async () => {
    expect((await call('/events')).body).toBe(':\n\nid: 7\nevent: thing\ndata: {"n":1}\n\n')
  })

  it('tells callers nothing of a defect but its request id, and the log everything', async () => {
    const answer = await call('/breaks')
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer.body)).not.toContain('secret')
    expect(defects).toEqual(['secret internals'])
  })

  it('refuses foreign hosts and pages of foreign origins', async () => {
    expect(await rawStatus(new URL(base), 'Host: evil.example')).toBe(403)
    expect((await post('{"name":"a"}', { origin: 'https://evil.example' })).status).toBe(403)
    expect((await post('{"name":"a"}', { origin: 'null' })).status).toBe(403)
    expect((await post('{"name":"a"}', { origin: base })).status).toBe(201)
  })
})

describe('errors where no route answers', () => {
  const protocol: Surface = {
    name: 'protocol',
    routes: [],
    prefixes: ['/v2'],
    mapError: (error) => ({ status: 418, body: { error: error.message } }),
  }

  it.each([
    ['/v2', 418],
    ['/v2/models/x', 418],
    ['/v20', 404],
    ['/other', 404],
  ])('tells those at %s in the shape of its protocol', (path, status) => {
    const error = new KaizenError('ROUTE_NOT_FOUND', 'no')
    expect(errorsAt([ownSurface('own', []), protocol], path)(error, 'r').status).toBe(status)
  })
})

/** Status of a GET with a header that `fetch` would not send. */
function rawStatus(url: URL, header: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname, () =>
      socket.write(`GET /things/7 HTTP/1.1\r\n${header}\r\nConnection: close\r\n\r\n`),
    )
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('end', () => resolve(Number(answer.split(' ')[1])))
    socket.on('error', reject)
  })
}
