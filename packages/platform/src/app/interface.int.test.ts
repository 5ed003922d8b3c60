import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveInterface } from './interface.ts'

let folder: string
let app: FastifyInstance

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-interface-'))
  const root = join(folder, 'dist')
  await mkdir(join(root, 'assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(root, '.built-from'), 'hidden')
  await writeFile(join(root, 'index.html'), '<title>Kaizen</title>')
  await writeFile(join(root, 'assets', 'main-1a2b.js'), 'start()')
  app = fastify({ forceCloseConnections: true })
  serveInterface(app, root, (error, _request, reply) => void reply.status(404).send(error.code))
  await app.listen({ port: 0 })
})

afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true, force: true })
})

/** A path as it is written here: clients that read it as a URL would mend it before it is sent. */
async function bodyAt(path: string): Promise<string> {
  const { port } = app.server.address() as AddressInfo
  const [answer] = (await once(get({ port, path }), 'response')) as [IncomingMessage]
  return text(answer)
}

const asBrowser = { accept: 'text/html,*/*' }

describe('the interface', () => {
  it('answers its root with the page, which is asked for again each time', async () => {
    const answer = await app.inject('/')
    expect(answer.body).toBe('<title>Kaizen</title>')
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    })
  })

  it('answers assets, which never change, whole, in part and by their tag', async () => {
    const url = '/assets/main-1a2b.js'
    const whole = await app.inject(url)
    expect(whole.body).toBe('start()')
    expect(whole.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    const part = await app.inject({ url, headers: { range: 'bytes=0-4' } })
    expect([part.statusCode, part.body]).toEqual([206, 'start'])
    const known = await app.inject({
      url,
      headers: { 'if-none-match': String(whole.headers['etag']) },
    })
    expect([known.statusCode, known.body]).toEqual([304, ''])
    const head = await app.inject({ url, method: 'HEAD' })
    expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([200, '7', ''])
  })

  it('gives the page for places that only the page knows, to who reads pages', async () => {
    const page = await app.inject({ url: '/models/bikes', headers: asBrowser })
    expect(page.body).toBe('<title>Kaizen</title>')
    expect((await app.inject('/models/bikes')).body).toBe('ROUTE_NOT_FOUND')
    const call = await app.inject({ url: '/api/v1/nothing', headers: asBrowser })
    expect(call.body).toBe('ROUTE_NOT_FOUND')
    const post = await app.inject({ url: '/', method: 'POST', headers: asBrowser })
    expect(post.body).toBe('ROUTE_NOT_FOUND')
  })

  it.each([
    '/.built-from',
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '//secret.txt',
    '/assets',
    '/assets/',
    '/assets/main-1a2b.js/',
    '/assets\\main-1a2b.js',
    '/assets/main-1a2b.js%00',
  ])('has no file at %s', async (url) => {
    expect(await bodyAt(url)).toBe('ROUTE_NOT_FOUND')
  })
})
