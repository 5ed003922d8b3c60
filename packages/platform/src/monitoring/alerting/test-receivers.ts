import http from 'node:http'
import type { AddressInfo } from 'node:net'
import net from 'node:net'

/** A server that takes what channels send, and fails as often as it is told. */
export class Hook implements AsyncDisposable {
  readonly taken: {
    readonly path: string
    readonly headers: http.IncomingHttpHeaders
    readonly body: string
  }[] = []
  failures = 0
  readonly #server: http.Server

  private constructor() {
    this.#server = http.createServer(async (request, response) => {
      const body = (await request.toArray()).join('')
      if (this.failures > 0) {
        this.failures--
        response.writeHead(500).end()
        return
      }
      this.taken.push({ path: request.url ?? '', headers: request.headers, body })
      if (request.url === '/away') response.writeHead(302, { location: 'http://127.0.0.1/' }).end()
      else response.writeHead(204).end()
    })
  }

  static async open(): Promise<Hook> {
    const hook = new Hook()
    await new Promise<void>((resolve) => hook.#server.listen(0, '127.0.0.1', resolve))
    return hook
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** A mail server of a few lines: it takes one kind of conversation and keeps the letters. */
export async function openMailServer(): Promise<{
  letters: string[]
  port: number
  close: () => void
}> {
  const letters: string[] = []
  const server = net.createServer((socket) => {
    let letter: string | null = null
    let rest = ''
    socket.write('220 test ESMTP\r\n')
    socket.on('data', (chunk) => {
      rest += chunk.toString()
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 2)
        if (letter !== null) {
          if (line === '.') {
            letters.push(letter)
            letter = null
            socket.write('250 taken\r\n')
          } else letter += `${line}\n`
          continue
        }
        if (line === 'DATA') {
          letter = ''
          socket.write('354 go on\r\n')
        } else if (line === 'QUIT') socket.end('221 bye\r\n')
        else socket.write('250 ok\r\n')
      }
    })
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { letters, port: (server.address() as AddressInfo).port, close: () => server.close() }
}
