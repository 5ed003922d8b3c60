import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  auditApi,
  dataApi,
  endpoint,
  KaizenError,
  mlflowWebhooksApi,
  page,
  servingApi,
} from '@kaizen/contracts'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { createClient } from './client.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})
async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
/** Answers what was asked. */
const echo: RequestListener = (request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    const { method, url, headers } = request
    const { authorization } = headers
    response.end(
      JSON.stringify({ method, url, type: headers['content-type'], authorization, body }),
    )
  })
}

describe('client', () => {
  it('fills path and query, sends the body, and asks for exactly the parts that an endpoint has', async () => {
    const client = createClient({ baseUrl: `${await serve(echo)}/`, token: 'secret' })
    const asked = await client.call(servingApi.setRoute, {
      params: { name: 'a b/c' },
      body: { arms: [{ name: 'champion', model: 'models:/m/1' }] },
    })
    expectTypeOf(asked.revision).toBeNumber()
    expect(asked).toEqual({
      method: 'PUT',
      url: '/api/v1/endpoints/a%20b%2Fc/route',
      type: 'application/json',
      authorization: 'Bearer secret',
      body: '{"arms":[{"name":"champion","model":"models:/m/1"}]}',
    })
    expect(
      await client.call(dataApi.versions, { params: { name: 'd' }, query: { limit: 5 } }),
    ).toMatchObject({ method: 'GET', url: '/api/v1/datasets/d/versions?limit=5' })
    expect(await client.call(dataApi.list)).toMatchObject({ url: '/api/v1/datasets' })
    const testing = { params: { webhook_id: 'wh_1' }, body: {} }
    const tested: unknown = await client.call(mlflowWebhooksApi.test, testing)
    expect(tested).toMatchObject({ url: '/api/2.0/mlflow/webhooks/wh_1/test' })
    // @ts-expect-error a path needs its parameters
    await expect(client.call(dataApi.get, {})).rejects.toThrow('needs the parameter "name"')
    // @ts-expect-error the body is required
    const missing = () => client.call(dataApi.create, {})
    // @ts-expect-error the body has its type
    const wrong = () => client.call(dataApi.create, { body: { name: 5 } })
    expect([missing, wrong]).toHaveLength(2)
  })

  it('uploads bytes', async () => {
    const client = createClient({ baseUrl: await serve(echo) })
    const input = { params: { name: 'd' }, query: { format: 'csv' } } as const
    expect(await client.upload(dataApi.upload, input, 'a,b\n')).toMatchObject({
      url: '/api/v1/datasets/d/versions?format=csv',
      type: 'application/octet-stream',
      body: 'a,b\n',
    })
    const stream = new Blob(['c,d\n']).stream()
    expect(await client.upload(dataApi.upload, input, stream)).toMatchObject({ body: 'c,d\n' })
  })

  it('names each member of a list by itself: a comma in one of them is no border', async () => {
    const client = createClient({ baseUrl: await serve(echo) })
    const listed = endpoint({
      method: 'GET',
      path: '/echo',
      summary: 'Echo',
      action: 'view',
      query: z.strictObject({ metric: z.array(z.string()) }),
      response: z.unknown(),
    })
    const answer = await client.call(listed, { query: { metric: ['a,b', 'c'] } })
    expect(answer).toMatchObject({ url: '/echo?metric=a%2Cb&metric=c' })
  })

  it('throws the error that the server threw', async () => {
    const error = {
      code: 'NOT_FOUND',
      message: 'there is no dataset "d"',
      hint: 'Make one.',
      details: { name: 'd' },
      requestId: 'r-1',
    }
    const baseUrl = await serve((_request, response) => {
      response.statusCode = 404
      response.end(JSON.stringify({ error }))
    })
    const failure = await createClient({ baseUrl })
      .call(dataApi.get, { params: { name: 'd' } })
      .catch((thrown: unknown) => thrown)
    expect(failure).toBeInstanceOf(KaizenError)
    expect(failure).toMatchObject({
      code: 'NOT_FOUND',
      message: error.message,
      hint: 'Make one.',
      details: { name: 'd', requestId: 'r-1' },
    })
  })

  it('reads the errors of the surface of Feast, which tells them within a text', async () => {
    const told = { module: 'feast.errors', class: 'FeatureViewNotFoundException', message: 'none' }
    const baseUrl = await serve((_request, response) => {
      response.statusCode = 404
      response.end(JSON.stringify(JSON.stringify(told)))
    })
    const failure = createClient({ baseUrl }).call(dataApi.get, { params: { name: 'd' } })
    await expect(failure).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'none' })
  })

  it('says so when there is no server, or another one', async () => {
    const baseUrl = await serve((_request, response) => {
      response.statusCode = 502
      response.end('<html>')
    })
    await expect(createClient({ baseUrl }).call(dataApi.list)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { status: 502, body: '<html>' },
    })
    server?.close()
    server?.closeAllConnections()
    await expect(createClient({ baseUrl }).call(dataApi.list)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `the server at ${baseUrl} is not reached`,
    })
  })

  it('reads every page of a list', async () => {
    const numbers = endpoint({
      method: 'GET',
      path: '/n',
      summary: 'Numbers',
      action: 'view',
      query: z.strictObject({ even: z.boolean().optional(), pageToken: z.string().optional() }),
      response: page(z.number()),
    })
    const urls: (string | undefined)[] = []
    const baseUrl = await serve((request, response) => {
      urls.push(request.url)
      const last = request.url?.includes('pageToken=2')
      response.end(JSON.stringify(last ? { items: [3] } : { items: [1, 2], nextPageToken: '2' }))
    })
    const seen: number[] = []
    for await (const n of createClient({ baseUrl }).paged(numbers, { query: { even: true } }))
      seen.push(n)
    expect(seen).toEqual([1, 2, 3])
    expect(urls).toEqual(['/n?even=true', '/n?even=true&pageToken=2'])
  })

  it('follows server-sent events, however they are cut, until the loop is left', async () => {
    let hungUp = false
    const text =
      ':\n\nid: 1\nevent: audit\ndata: {"seq":1,\ndata: "actor":"é"}\r\n\r\n:\n\ndata:{"seq":2}\n\ndata: {"seq":3}\n\n'
    const baseUrl = await serve((_request, response) => {
      response.on('close', () => {
        hungUp = true
      })
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      void (async () => {
        for (const byte of Buffer.from(text)) {
          response.write(Buffer.from([byte]))
          await new Promise<void>((resolve) => setImmediate(resolve))
        }
      })()
    })
    const seen: unknown[] = []
    for await (const event of createClient({ baseUrl }).events(auditApi.stream)) {
      seen.push(event)
      if (event.data.seq === 2) break
    }
    expect(seen).toEqual([
      { id: '1', event: 'audit', data: { seq: 1, actor: 'é' } },
      { id: '1', event: 'message', data: { seq: 2 } },
    ])
    await expect.poll(() => hungUp).toBe(true)
  })
})
