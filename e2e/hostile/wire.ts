import { Agent, request as httpRequest } from 'node:http'

/** One request as it goes over the wire: the path is sent as it stands, without a client's tidying. */
export interface WireRequest {
  readonly what: string
  readonly method: string
  readonly path: string
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  /** The contract itself refuses it, so it must be answered with an error. */
  readonly refused?: boolean
}

export interface WireAnswer {
  readonly status: number
  readonly text: string
  readonly contentType: string
  readonly milliseconds: number
}

/** No answer to bad input may take longer. */
export const answerWithinMs = 5000
const keptBytes = 1_000_000

/** Sends requests to one server over a few connections that stay open. */
export class Wire implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 })
  readonly #base: URL

  constructor(address: string) {
    this.#base = new URL(address)
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  /** @throws when there is no answer in time; an answer that streams on is cut after its first megabyte. */
  async send(sent: WireRequest): Promise<WireAnswer> {
    for (;;) {
      const answer = await this.#sendOnce(sent)
      if (answer) return answer
    }
  }

  /** Resolves with nothing when the server had closed the kept connection before the request reached it. */
  #sendOnce(sent: WireRequest): Promise<WireAnswer | undefined> {
    const started = performance.now()
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        agent: this.#agent,
        host: this.#base.hostname,
        port: this.#base.port,
        method: sent.method,
        path: sent.path,
        headers: {
          ...(sent.body === undefined
            ? {}
            : {
                'content-type': 'application/json',
                'content-length': Buffer.byteLength(sent.body),
              }),
          ...sent.headers,
        },
        signal: AbortSignal.timeout(answerWithinMs),
      })
      request.once('error', (failure: NodeJS.ErrnoException) =>
        request.reusedSocket && failure.code === 'ECONNRESET'
          ? resolve(undefined)
          : reject(failure),
      )
      request.once('response', (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        const finish = (): void =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
            contentType: response.headers['content-type'] ?? '',
            milliseconds: performance.now() - started,
          })
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          bytes += chunk.length
          const endless = response.headers['content-type']?.startsWith('text/event-stream')
          if (bytes <= keptBytes && !endless) return
          finish()
          request.destroy()
        })
        response.once('end', finish)
        response.once('error', reject)
      })
      request.end(sent.body)
    })
  }
}
