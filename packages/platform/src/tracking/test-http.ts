import type { KaizenError } from '@kaizen/contracts'
import fastify from 'fastify'
import { mountSurface } from '../http/index.ts'
import type { Dialect } from '../storage/index.ts'
import { trackingSurface } from './surface.ts'
import { type TestTracking, tester, testTracking } from './test-tracking.ts'

/** What a call was answered: its status and its JSON, or its text where it is none. */
export interface TestAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects to find there
  readonly body: any
}

/** The tracking protocol over HTTP on a port of its own. */
export interface TestHttp extends AsyncDisposable {
  readonly url: string
  readonly stage: TestTracking
  /** Defects that requests met; a test that expects none looks here. */
  readonly defects: readonly KaizenError[]
  call(method: string, path: string, body?: unknown): Promise<TestAnswer>
  send(
    path: string,
    body: Uint8Array | string,
    headers: Record<string, string>,
  ): Promise<TestAnswer>
}

export async function testHttp(dialect: Dialect): Promise<TestHttp> {
  const stage = await testTracking(dialect)
  const app = fastify({ bodyLimit: 32 * 2 ** 20, routerOptions: { maxParamLength: 4096 } })
  const defects: KaizenError[] = []
  await mountSurface(app, trackingSurface(stage.tracking, stage.database), {
    authenticate: async () => tester,
    onDefect: (error) => defects.push(error),
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const answered = async (answer: Response): Promise<TestAnswer> => {
    const text = await answer.text()
    try {
      return { status: answer.status, body: JSON.parse(text) }
    } catch {
      return { status: answer.status, body: text }
    }
  }
  return {
    url,
    stage,
    defects,
    call: async (method, path, body) =>
      answered(
        await fetch(`${url}${path}`, {
          method,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          headers: { 'content-type': 'application/json' },
        }),
      ),
    send: async (path, body, headers) =>
      answered(await fetch(`${url}${path}`, { method: 'POST', body: body as never, headers })),
    async [Symbol.asyncDispose]() {
      await app.close()
      await stage[Symbol.asyncDispose]()
    },
  }
}
