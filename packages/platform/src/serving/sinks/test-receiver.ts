import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface TestReceiver extends AsyncDisposable {
  readonly url: string
  /** What was taken, in order. */
  readonly taken: readonly Received[]
  /** How many messages came, taken or not. */
  readonly asked: number
}

/** What a receiver answers to a message: a status, and headers where they matter. */
export type Answering = (
  message: Received,
) => number | { readonly status: number; readonly headers: Record<string, string> }

/** A receiver of events on a free port of this machine. */
export async function startReceiver(
  answer: Answering = () => 204,
  port = 0,
): Promise<TestReceiver> {
  const taken: Received[] = []
  let asked = 0
  const textOf = async (request: IncomingMessage): Promise<string> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString()
  }
  const server = createServer(async (request, response) => {
    const message = { headers: request.headers, body: await textOf(request) }
    asked++
    const said = answer(message)
    const { status, headers } = typeof said === 'number' ? { status: said, headers: {} } : said
    if (status < 300) taken.push(message)
    response.writeHead(status, headers).end(status < 300 ? undefined : 'no thanks')
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    taken,
    get asked() {
      return asked
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
