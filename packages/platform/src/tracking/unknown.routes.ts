import { empty, endpoint, type HttpMethod, KaizenError, mlflowRoutes } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'

const methods: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const roots = ['/api/2.0/mlflow/*', '/api/2.0/mlflow-artifacts/*', '/api/3.0/mlflow/*']

/**
 * Every path of the protocol that no other route answers. A clean 404 matters: newer clients read it as "an older
 * server" and fall back to what it has.
 */
export const unknownRoutes = (): readonly Route[] =>
  roots.flatMap((path) => methods.map((method) => unknownRoute(method, path)))

const unknownRoute = (method: HttpMethod, path: string): Route =>
  route(
    endpoint({
      method,
      path,
      summary: 'Answer what is not served',
      action: 'public',
      response: empty,
    }),
    async ({ request }) => {
      const [asked = ''] = request.url.split('?')
      const reason = reasonFor(method, asked)
      throw new KaizenError(
        'ROUTE_NOT_FOUND',
        reason
          ? `${method} ${asked.slice(0, 300)} is not supported: ${reason}`
          : `No route answers ${method} ${asked.slice(0, 300)}`,
      )
    },
  )

const declined = mlflowRoutes.flatMap((known) =>
  known.state === 'served'
    ? []
    : [{ method: known.method, reason: known.reason, pattern: patternOf(known.path) }],
)

/** `:name` stands for one part of a path. */
function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')
  return new RegExp(`^${escaped.replace(/^\/(ajax-)?api/, '/(ajax-)?api')}$`)
}

const reasonFor = (method: HttpMethod, path: string): string | undefined =>
  declined.find((known) => known.method === method && known.pattern.test(path))?.reason
