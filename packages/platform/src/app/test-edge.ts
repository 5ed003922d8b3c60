import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { GraphBuilder } from '@kaizen/ml/onnx'

/** Adds an amount to one number. */
export function addingModel(amount: number): Uint8Array<ArrayBuffer> {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'float', shape: [1] })
  const sum = graph.add('Add', [graph.cast(x, 'double'), graph.doubles([amount])])
  graph.output(graph.cast(sum, 'float'), { name: 'y', type: 'float', shape: [1] })
  return Uint8Array.from(graph.finish('adding', {}))
}

export const until = async <T>(ask: () => Promise<T | undefined | false>): Promise<T> => {
  const end = Date.now() + 60_000
  for (;;) {
    const found = await ask().catch(() => undefined)
    if (found) return found
    if (Date.now() > end) throw new Error('it did not come')
    await sleep(100)
  }
}

/** The network between agent and server: it can be cut, and can change what it carries. */
export class Line implements AsyncDisposable {
  readonly #server: Server
  isCut = false
  /** Answers to what is sent that get lost on their way. */
  lostAnswers = 0
  /** Told of each answer that is about to go back. */
  onAnswer: (path: string) => void = () => undefined
  change: (path: string, body: Buffer) => Buffer = (_, body) => body

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(origin: string): Promise<Line> {
    const line: Line = new Line(
      createServer(async (request, response) => {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk as Buffer)
        if (line.isCut) return void request.socket.destroy()
        const { method = 'GET', headers, url = '/' } = request
        const answer = await fetch(origin + url, {
          method,
          headers: {
            authorization: headers.authorization ?? '',
            'content-type': headers['content-type'] ?? '',
          },
          ...(method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
        })
        const body = line.change(url, Buffer.from(await answer.arrayBuffer()))
        line.onAnswer(`${method} ${url}`)
        if (method === 'POST' && line.lostAnswers > 0) {
          line.lostAnswers--
          return void request.socket.destroy()
        }
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body)
      }),
    )
    line.#server.listen(0, '127.0.0.1')
    await once(line.#server, 'listening')
    return line
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => void this.#server.close(() => resolve()))
  }
}
