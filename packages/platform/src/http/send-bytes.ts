import type { OutgoingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { giveBack } from '../kernel/index.ts'

/** So many chunks are on their way at once: one is sent while the next is read. */
const inFlight = 2

/**
 * Sends a stream whose chunks are nobody else's, with the status and headers that the reply has; their memory is given back
 * as soon as the system has them. A caller who hangs up ends it.
 */
export async function sendBytes(reply: FastifyReply, content: Readable): Promise<void> {
  const { raw } = reply
  if (reply.server.closing?.aborted) reply.header('connection', 'close')
  reply.hijack()
  raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders)
  const sending: Promise<void>[] = []
  const write = (chunk: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      raw.write(chunk, (failure) => (failure ? reject(failure) : resolve(giveBack(chunk))))
    })
  try {
    if (reply.request.method === 'HEAD') content.destroy()
    else {
      for await (const chunk of content) {
        const sent = write(chunk as Uint8Array)
        // Awaited later; a failure must not be without a listener until then.
        sent.catch(() => undefined)
        if (sending.push(sent) === inFlight) await sending.shift()
      }
    }
    await Promise.all(sending)
    raw.end()
  } catch {
    // The head has been sent: all that can be said is that the body is not whole.
    raw.destroy()
  }
}
