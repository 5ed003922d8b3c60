import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bodyStream } from './body-stream.ts'

const megabytes = 32
let server: Server
beforeEach(async () => {
  server = createServer(async (incoming, response) => {
    const body = bodyStream(incoming)
    const [whole, giveUp] = [incoming.url === '/whole', incoming.url === '/pipeline']
    if (whole) response.end(String((await buffer(body)).length))
    else {
      const failing = async (): Promise<void> => {
        for await (const _chunk of body) throw new Error('full')
      }
      const refusing = new PassThrough({
        transform: (_chunk, _encoding, done) => done(new Error('full')),
      })
      await (giveUp ? pipeline(body, refusing) : failing()).catch(() => undefined)
      response.writeHead(503).end('full')
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => server.close())

const send = (path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo
    const sent = request({ port, host: '127.0.0.1', path, method: 'PUT' }, (response) =>
      text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject),
    )
    sent.on('error', reject)
    for (let i = 0; i < megabytes; i++) sent.write(Buffer.alloc(1024 ** 2))
    sent.end()
  })

it('gives every byte to who reads on', async () => {
  expect(await send('/whole')).toBe(`200 ${megabytes * 1024 ** 2}`)
})

it.each(['/loop', '/pipeline'])('lets the answer through when %s gives up', async (path) => {
  expect(await send(path)).toBe('503 full')
})
