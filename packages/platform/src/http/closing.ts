import { setMaxListeners } from 'node:events'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyInstance {
    /** Aborted when the server begins to close: what would stream for ever ends then. */
    readonly closing?: AbortSignal
  }
}

/** Lets a server come to its end: event streams are closed, and no connection outlives its last answer. */
export function endWithServer(app: FastifyInstance): void {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  app.decorate('closing', controller.signal)
  app.addHook('preClose', async () => controller.abort())
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (controller.signal.aborted) reply.header('connection', 'close')
    done()
  })
}
