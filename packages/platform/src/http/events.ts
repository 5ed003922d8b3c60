import type { FastifyReply } from 'fastify'

const heartbeatMs = 15_000

/** One server-sent event (WHATWG HTML, section 9.2). */
export interface ServerSentEvent {
  readonly id?: string
  readonly event?: string
  readonly data?: unknown
  /** In place of `data`: JSON in one line, as it is sent. */
  readonly json?: string
}

/** A stream of server-sent events on a reply, with further headers where told; ends when the caller hangs up or the server closes. */
export class EventStream {
  readonly #reply: FastifyReply
  readonly #heartbeat: NodeJS.Timeout
  readonly #end = (): void => this.close()
  #open = true

  constructor(reply: FastifyReply, headers: Readonly<Record<string, string>> = {}) {
    this.#reply = reply
    reply.hijack()
    reply.raw.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    reply.raw.write(':\n\n')
    this.#heartbeat = setInterval(() => this.#write(':\n\n'), heartbeatMs).unref()
    reply.raw.once('close', this.#end)
    reply.server.closing?.addEventListener('abort', this.#end, { once: true })
    if (reply.server.closing?.aborted) this.close()
  }

  get open(): boolean {
    return this.#open
  }

  /** Resolves when the socket can take more. */
  async send(event: ServerSentEvent): Promise<void> {
    const lines = [
      ...(event.id === undefined ? [] : [`id: ${event.id}`]),
      ...(event.event === undefined ? [] : [`event: ${event.event}`]),
      `data: ${event.json ?? JSON.stringify(event.data)}`,
    ]
    if (!this.#write(`${lines.join('\n')}\n\n`) && this.#open) {
      await new Promise<void>((resolve) => {
        this.#reply.raw.once('drain', resolve)
        this.#reply.raw.once('close', resolve)
      })
    }
  }

  onClose(listener: () => void): void {
    this.#reply.raw.once('close', listener)
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    clearInterval(this.#heartbeat)
    this.#reply.server.closing?.removeEventListener('abort', this.#end)
    this.#reply.raw.end()
  }

  #write(text: string): boolean {
    return this.#open ? this.#reply.raw.write(text) : true
  }
}
