import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { sendBytes } from './send-bytes.ts'

async function serving(make: () => Readable) {
  const app = fastify()
  app.route({
    method: ['GET', 'HEAD'],
    url: '/',
    handler: async (_request, reply) => {
      reply.status(206).headers({ 'x-kept': 'yes' })
      await sendBytes(reply, make())
      return reply
    },
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url, [Symbol.asyncDispose]: () => app.close() }
}

const chunks = (count: number) => Array.from({ length: count }, () => randomBytes(300_000))
const digest = (parts: readonly Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

describe('bytes as an answer', () => {
  it('arrive whole, with their head, and are given back', async () => {
    const parts = chunks(40)
    const expected = digest(parts)
    await using server = await serving(() => Readable.from(parts))
    const answer = await fetch(server.url)
    expect([answer.status, answer.headers.get('x-kept')]).toEqual([206, 'yes'])
    expect(digest([new Uint8Array(await answer.arrayBuffer())])).toBe(expected)
    expect(parts.every(({ length }) => length === 0)).toBe(true)
  })

  it('leave alone what shares a buffer with others', async () => {
    const whole = Buffer.alloc(1000, 'a')
    await using server = await serving(() => Readable.from([whole.subarray(0, 10)]))
    expect(await (await fetch(server.url)).text()).toBe('aaaaaaaaaa')
    expect(whole.toString()).toBe('a'.repeat(1000))
  })

  it('are not read for a head', async () => {
    const content = Readable.from(chunks(1))
    await using server = await serving(() => content)
    const answer = await fetch(server.url, { method: 'HEAD' })
    expect([answer.status, await answer.text()]).toEqual([206, ''])
    expect(content.destroyed).toBe(true)
  })

  it('that end too early cut the connection', async () => {
    async function* broken() {
      yield Buffer.alloc(70_000)
      throw new Error('the disk is gone')
    }
    await using server = await serving(() => Readable.from(broken()))
    await expect(fetch(server.url).then((answer) => answer.text())).rejects.toThrow()
  })

  it('stop when the caller hangs up', async () => {
    const content = Readable.from(chunks(200))
    await using server = await serving(() => content)
    const asked = request(server.url).end()
    const [answer] = await once(asked, 'response')
    const closed = new Promise((resolve) => content.once('close', resolve))
    content.on('error', () => undefined)
    answer.destroy()
    await closed
    expect(content.readableEnded).toBe(false)
  })
})
