import { KaizenError } from '@kaizen/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Host name of a `Host` or `Origin` value, without its port. */
function hostName(authority: string): string {
  const match = /^(\[[^\]]+\]|[^:]*)(:\d+)?$/.exec(authority)
  return (match?.[1] ?? authority).toLowerCase()
}

/**
 * Refuses requests that a page of another site made a browser send: the `Host` must be a name of this server (against
 * DNS rebinding), and an `Origin`, where there is one, must be this server too.
 */
export function guardHostAndOrigin(app: FastifyInstance, allowedHosts: readonly string[]): void {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()))
  const anyHost = allowed.has('*')
  const check = (request: FastifyRequest): void => {
    const host = hostName(request.headers.host ?? '')
    if (!anyHost && !allowed.has(host)) {
      throw new KaizenError('FORBIDDEN', `this server does not answer to the host name "${host}"`, {
        hint: 'Start it with --allowed-host NAME if that name is its own.',
      })
    }
    const { origin } = request.headers
    if (origin === undefined || request.headers['sec-fetch-site'] === 'same-origin') return
    const from = origin === 'null' ? 'null' : hostName(origin.replace(/^[a-z]+:\/\//i, ''))
    if (from !== host)
      throw new KaizenError('FORBIDDEN', `requests from pages of "${from}" are not allowed`)
  }
  app.addHook('onRequest', (request, _reply, done) => {
    try {
      check(request)
    } catch (refusal) {
      return done(refusal as KaizenError)
    }
    done()
  })
}
