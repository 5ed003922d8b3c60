import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../storage/database/postgres-fixture.ts'
import type { Dialect } from '../storage/index.ts'
import type { ServerOptions } from './config.ts'
import { startServer } from './server.ts'

export const operator = 'first-token-of-the-operator'

/** A whole server that asks who calls, on a database and folder of its own. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly dataDir: string
  /** Sends a request as whom `authorization` names; answers status, JSON or text, and headers. */
  send(call: string, options?: CallOptions): Promise<CallAnswer>
}

export interface CallOptions {
  readonly as?: string | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}
export interface CallAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers of many routes, which each test reads as it knows them
  readonly body: any
  readonly headers: Headers
}

export const bearer = (secret: string): string => `Bearer ${secret}`
export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

export async function startTestServer(
  dialect: Dialect,
  options: Partial<ServerOptions> = {},
): Promise<TestServer> {
  await using opened = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'kaizen-server-'))
  opened.defer(() => rm(dataDir, { recursive: true, force: true }))
  const postgres = dialect === 'postgres' ? opened.use(await startPostgres()) : undefined
  const server = opened.use(
    await startServer({
      host: '127.0.0.1',
      port: 0,
      dataDir,
      authentication: true,
      bootstrapToken: operator,
      logLevel: 'silent',
      ...(postgres ? { databaseUrl: postgres.url } : {}),
      ...options,
    }),
  )
  const url = server.address
  const kept = opened.move()
  return {
    url,
    dataDir,
    async send(call, { as = bearer(operator), body, headers = {} } = {}) {
      const [method = 'GET', path = '/'] = call.split(' ')
      const response = await fetch(`${url}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          ...(as === '' ? {} : { authorization: as }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.includes('json')
      return {
        status: response.status,
        body: isJson ? JSON.parse(text) : text,
        headers: response.headers,
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
