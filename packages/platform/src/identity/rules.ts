/** The secret of an `Authorization` header: `Bearer SECRET`, or the password of `Basic`, which is what MLflow's clients send. */
export function secretOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined
  const [scheme, value] = authorization.split(' ', 2)
  if (!value) return undefined
  switch (scheme?.toLowerCase()) {
    case 'bearer':
      return value
    case 'basic': {
      const text = Buffer.from(value, 'base64').toString('utf8')
      const colon = text.indexOf(':')
      return colon < 0 ? undefined : text.slice(colon + 1)
    }
    default:
      return undefined
  }
}

const loopback = new Set(['localhost', '127.0.0.1', '::1', '[::1]'])

/** Whether a host name or address can only be reached from this machine. */
export const isLoopback = (host: string): boolean =>
  loopback.has(host.toLowerCase()) || /^127(\.\d{1,3}){3}$/.test(host)
