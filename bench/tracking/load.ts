import { connect } from 'node:net'

/** What a load found: calls answered with success, calls refused, and how long each took. */
export interface LoadResult {
  readonly answered: number
  readonly failed: number
  readonly seconds: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface Load {
  readonly url: string
  readonly path: string
  /** Clients at once; each has a connection of its own and waits for every answer. */
  readonly clients: number
  readonly seconds: number
  /** The body of a client's next call: bytes as they are, all else as JSON. */
  readonly body: (client: number, call: number) => unknown
  /** Further headers; the content type is JSON unless told. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Calls a route from many connections and reads no more of an answer than its status and length: the client must not
 * be what is measured.
 */
export async function runLoad(load: Load): Promise<LoadResult> {
  const start = performance.now()
  const deadline = start + load.seconds * 1000
  const each = await Promise.all(
    Array.from({ length: load.clients }, (_, client) => oneClient(load, client, deadline)),
  )
  const seconds = (performance.now() - start) / 1000
  const durations = each.flatMap(({ durations: own }) => own).sort((a, b) => a - b)
  const at = (share: number): number =>
    durations[Math.floor(durations.length * share)] ?? Number.NaN
  const failed = each.reduce((sum, one) => sum + one.failed, 0)
  const answered = durations.length - failed
  return {
    answered,
    failed,
    seconds,
    perSecond: answered / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  }
}

interface ClientResult {
  readonly durations: number[]
  failed: number
}

function oneClient(load: Load, client: number, deadline: number): Promise<ClientResult> {
  const { hostname, port, host } = new URL(load.url)
  const result: ClientResult = { durations: [], failed: 0 }
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    socket.setNoDelay(true)
    const headers = { 'content-type': 'application/json', ...load.headers }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const head = `POST ${load.path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}content-length: `
    let sentAt = 0
    let call = 0
    let received: Buffer = Buffer.alloc(0)
    const send = (): void => {
      const content = load.body(client, call++)
      sentAt = performance.now()
      if (content instanceof Uint8Array) {
        socket.write(Buffer.concat([Buffer.from(`${head}${content.length}\r\n\r\n`), content]))
      } else {
        const body = JSON.stringify(content)
        socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`)
      }
    }
    socket.on('connect', send)
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const status = completeAnswer(received)
      if (status === undefined) return
      received = Buffer.alloc(0)
      const now = performance.now()
      result.durations.push(now - sentAt)
      if (status !== 200) result.failed++
      if (now < deadline) send()
      else {
        socket.destroy()
        resolve(result)
      }
    })
  })
}

/** The status of an answer that has arrived whole. */
function completeAnswer(received: Buffer): number | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  if (received.length < headEnd + 4 + length) return undefined
  return Number(head.slice(9, 12))
}
