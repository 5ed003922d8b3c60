import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startPostgres } from '../storage/database/postgres-fixture.ts'
import { testDialects } from '../storage/test-databases.ts'
import { startServer } from './server.ts'
import { operator, startTestServer } from './test-server.ts'

const mlflow = '/api/2.0/mlflow'
const secret = 'a secret of the receiver'

interface Received {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A receiver that answers with the given statuses in turn, and 200 when they are used up. */
async function receiver(statuses: number[] = []) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    received.push({ headers: request.headers, body })
    response.writeHead(statuses.shift() ?? 200, { location: 'http://127.0.0.1:1/' }).end('thanks')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook?key=path-key`,
    received,
    async until(count: number): Promise<readonly Received[]> {
      await expect.poll(() => received.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(count)
      return received
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const events = [
  { entity: 'REGISTERED_MODEL', action: 'CREATED' },
  { entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' },
  { entity: 'PROMPT', action: 'CREATED' },
]

describe.each(testDialects)('webhooks on $dialect', ({ dialect, available }) => {
  it.skipIf(!available)(
    'tell signed what happened, try again what failed, and show how it went',
    async () => {
      await using hook = await receiver([503])
      await using server = await startTestServer(dialect, { webhooksToPrivate: true })
      const create = (name: string, tags: readonly object[] = []) =>
        server.send(`POST ${mlflow}/registered-models/create`, {
          body: { name, tags, description: 'd' },
        })
      await create('before')
      const made = await server.send(`POST ${mlflow}/webhooks`, {
        body: { name: 'ci', url: hook.url, events, secret },
      })
      expect(made).toMatchObject({
        status: 200,
        body: { webhook: { name: 'ci', status: 'ACTIVE', events } },
      })
      const id = made.body.webhook.webhook_id

      await create('m')
      const [first, second] = await hook.until(2)
      expect(second?.body).toBe(first?.body)
      expect(JSON.parse(first?.body ?? '')).toMatchObject({
        entity: 'registered_model',
        action: 'created',
        data: { name: 'm', tags: {}, description: 'd' },
      })
      const header = (name: string): string => String(second?.headers[name])
      expect(header('x-mlflow-delivery-id')).toBe(first?.headers['x-mlflow-delivery-id'])
      const signed = `${header('x-mlflow-delivery-id')}.${header('x-mlflow-timestamp')}.${second?.body}`
      expect(header('x-mlflow-signature')).toBe(
        `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`,
      )

      await create('p', [{ key: 'mlflow.prompt.is_prompt', value: 'true' }])
      expect(JSON.parse((await hook.until(3))[2]?.body ?? '')).toMatchObject({ entity: 'prompt' })
      const deliveries = () => server.send(`GET /api/v1/webhooks/${id}/deliveries`)
      await expect
        .poll(async () => (await deliveries()).body.items)
        .toMatchObject([
          {
            event: 'PROMPT.CREATED',
            state: 'delivered',
            attempts: 1,
            responseStatus: 200,
            error: null,
          },
          {
            event: 'REGISTERED_MODEL.CREATED',
            state: 'delivered',
            attempts: 2,
            responseStatus: 200,
          },
        ])

      await server.send(`PATCH ${mlflow}/webhooks/${id}`, { body: { status: 'DISABLED' } })
      await create('quiet')
      const test = await server.send(`POST ${mlflow}/webhooks/${id}/test`, { body: {} })
      expect(test.body.result).toEqual({
        success: true,
        response_status: 200,
        response_body: 'thanks',
      })
      expect(hook.received).toHaveLength(4)

      const shown = JSON.stringify([
        (await server.send(`GET ${mlflow}/webhooks`)).body,
        (await server.send('GET /api/v1/audit/events?limit=1000')).body,
      ])
      expect(shown).toContain('webhooks.webhook.created')
      expect(shown).not.toContain(secret)
      expect(JSON.stringify((await server.send('GET /api/v1/audit/events')).body)).not.toContain(
        'path-key',
      )
      expect((await server.send(`DELETE ${mlflow}/webhooks/${id}`)).status).toBe(200)
      expect((await server.send(`GET ${mlflow}/webhooks/${id}`)).status).toBe(404)
    },
  )

  it.skipIf(!available)(
    'what a receiver refuses is not sent again, nor does a redirect lead elsewhere',
    async () => {
      await using hook = await receiver([400, 302])
      await using server = await startTestServer(dialect, { webhooksToPrivate: true })
      const made = await server.send(`POST ${mlflow}/webhooks`, {
        body: { name: 'ci', url: hook.url, events },
      })
      const id = made.body.webhook.webhook_id
      for (const name of ['a', 'b'])
        await server.send(`POST ${mlflow}/registered-models/create`, { body: { name } })
      const states = async () =>
        (await server.send(`GET /api/v1/webhooks/${id}/deliveries`)).body.items.map(
          ({ state, attempts }: { state: string; attempts: number }) => `${state} ${attempts}`,
        )
      await expect.poll(states, { timeout: 10_000 }).toEqual(['failed 1', 'failed 1'])
      expect(hook.received).toHaveLength(2)
    },
  )
})

it('a webhook does not reach into the network unless the operator allows it', async () => {
  await using server = await startTestServer('sqlite')
  for (const url of [
    'https://127.0.0.1/',
    'https://localhost/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://0x7f.1/',
    'http://example.com/',
    'file:///etc/passwd',
  ]) {
    const made = await server.send(`POST ${mlflow}/webhooks`, { body: { name: 'x', url, events } })
    expect({ url, ...made }).toMatchObject({
      url,
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE' },
    })
  }
  const nothing = await server.send(`POST ${mlflow}/webhooks`, {
    body: { name: 'x', url: 'https://example.com', events: [] },
  })
  expect(nothing.status).toBe(400)
  const viewer = await server.send('POST /api/v1/tokens', { body: { name: 'e', role: 'editor' } })
  const listed = await server.send(`GET ${mlflow}/webhooks`, { as: `Bearer ${viewer.body.secret}` })
  expect(listed.status).toBe(403)
})

it('what could not be delivered is delivered after a restart', async () => {
  await using hook = await receiver([503, 503])
  await using folder = await temporary()
  const options = {
    host: '127.0.0.1',
    port: 0,
    dataDir: folder.path,
    logLevel: 'silent',
    webhooksToPrivate: true,
  } as const
  {
    await using server = await startServer(options)
    const post = (path: string, body: object) =>
      fetch(`${server.address}${mlflow}/${path}`, { method: 'POST', body: JSON.stringify(body) })
    expect((await post('webhooks', { name: 'ci', url: hook.url, events, secret })).status).toBe(200)
    expect((await post('registered-models/create', { name: 'm' })).status).toBe(200)
    await hook.until(1)
  }
  await using _again = await startServer(options)
  await hook.until(3)
  expect(new Set(hook.received.map(({ body }) => body)).size).toBe(1)
  expect(hook.received.at(-1)?.headers['x-mlflow-signature']).toMatch(/^v1,/)
})

it.skipIf(!testDialects.some(({ dialect, available }) => dialect === 'postgres' && available))(
  'several servers on one database send each event once',
  async () => {
    await using hook = await receiver()
    await using postgres = await startPostgres()
    await using one = await temporary()
    await using two = await temporary()
    const start = (dataDir: string) =>
      startServer({
        host: '127.0.0.1',
        port: 0,
        dataDir,
        databaseUrl: postgres.url,
        logLevel: 'silent',
        authentication: true,
        bootstrapToken: operator,
        webhooksToPrivate: true,
        secretKey: 'k'.repeat(32),
      })
    await using first = await start(one.path)
    await using second = await start(two.path)
    const post = (address: string, path: string, body: object) =>
      fetch(`${address}${mlflow}/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${operator}` },
        body: JSON.stringify(body),
      })
    expect(
      (await post(first.address, 'webhooks', { name: 'ci', url: hook.url, events, secret })).status,
    ).toBe(200)
    for (let n = 0; n < 20; n++) {
      const { address } = n % 2 === 0 ? first : second
      expect((await post(address, 'registered-models/create', { name: `m${n}` })).status).toBe(200)
    }
    await hook.until(20)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const ids = hook.received.map(({ headers }) => headers['x-mlflow-delivery-id'])
    expect(ids).toHaveLength(20)
    expect(new Set(ids).size).toBe(20)
  },
)

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), 'kaizen-webhooks-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
