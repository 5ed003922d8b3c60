import { KaizenError } from '@kaizen/contracts'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import {
  type Authorize,
  answerBrokenRequest,
  endWithServer,
  errorsAt,
  guardHostAndOrigin,
  mountSurface,
  readableUrl,
  type Surface,
  toKaizenError,
} from '../http/index.ts'
import { cookieOf, type IdentityService, sessionCookie } from '../identity/index.ts'
import { defaultWorkspace } from '../kernel/index.ts'
import type { ServerConfig } from './config.ts'
import { pathOf, serveInterface } from './interface.ts'

export interface HttpServerOptions {
  readonly config: ServerConfig
  readonly logger: Logger
  readonly identity: IdentityService
  readonly authorize: Authorize
  readonly surfaces: readonly Surface[]
  readonly requestId: () => string
  /** Done before routes are mounted, so that its hooks see all of them. */
  readonly prepare?: (app: FastifyInstance) => void
}

/** One Fastify with every surface and the user interface on it. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { config, logger, identity, surfaces } = options
  const app = fastify({
    logger: false,
    bodyLimit: config.bodyLimitBytes,
    genReqId: options.requestId,
    requestIdHeader: false,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true },
    rewriteUrl: ({ url = '/' }) => readableUrl(url),
    clientErrorHandler: answerBrokenRequest,
    schemaController: { compilersFactory: noSchemas },
    frameworkErrors: (error, request, reply) =>
      tell(
        new KaizenError('INVALID_REQUEST', `the URL cannot be read: ${error.message}`),
        request,
        reply as FastifyReply,
      ),
  })
  const tell = (error: KaizenError, request: FastifyRequest, reply: FastifyReply): void => {
    const mapped = errorsAt(surfaces, pathOf(request))(error, request.id)
    void reply
      .status(mapped.status)
      .headers({ ...mapped.headers })
      .send(mapped.body)
  }
  guardHostAndOrigin(app, ['localhost', '127.0.0.1', '[::1]', config.host, ...config.allowedHosts])
  options.prepare?.(app)
  securityHeaders(app)
  endWithServer(app)
  const onDefect = (error: KaizenError, request: FastifyRequest): void => {
    logger.error(
      {
        requestId: request.id,
        method: request.method,
        path: request.routeOptions.url,
        cause: error.cause ?? error,
      },
      error.message,
    )
  }
  app.setErrorHandler((failure, request, reply) => {
    const error = toKaizenError(failure)
    if (error.kind === 'bug') onDefect(error, request)
    tell(error, request, reply)
  })
  const authenticate = async (request: FastifyRequest) => {
    const actor = await identity.authenticate({
      authorization: request.headers.authorization,
      session: cookieOf(request.headers.cookie, sessionCookie),
      address: request.ip,
    })
    const asked = request.headers['x-mlflow-workspace']?.toString().trim()
    if (!asked || asked === defaultWorkspace) return actor
    return { ...actor, workspace: (await identity.workspaces.get(asked)).name }
  }
  const { authorize } = options
  for (const surface of surfaces)
    await mountSurface(app, surface, { authenticate, authorize, onDefect })
  serveInterface(app, config.webRoot, tell)
  return app
}

function securityHeaders(app: FastifyInstance): void {
  const policy = [
    "default-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
  ].join('; ')
  const headers = {
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
  }
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
}

const noCompiler = (): never => {
  throw new Error(
    'requests are held against the schemas of their routes, and answers are not compiled',
  )
}

/** Named so that Fastify does not load its own, which are larger than it is. */
const noSchemas = { buildValidator: noCompiler, buildSerializer: noCompiler }
