import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Answers a failure in the shape of the surface that was asked. */
export type Tell = (error: KaizenError, request: FastifyRequest, reply: FastifyReply) => void

/**
 * What no route answers: the built interface at the root. Its own places are paths that only the page knows, so a
 * browser gets the page for them. What sends files is loaded by the first browser that asks.
 */
export function serveInterface(
  app: FastifyInstance,
  webRoot: string | undefined,
  tell: Tell,
): void {
  const root =
    webRoot !== undefined && existsSync(join(webRoot, 'index.html')) ? webRoot : undefined
  app.setNotFoundHandler(async (request, reply) => {
    if (root !== undefined && (request.method === 'GET' || request.method === 'HEAD')) {
      const path = pathOf(request)
      if (await sendFile({ root, path: path === '/' ? page : path }, request, reply)) return reply
      const wantsPage = (request.headers.accept ?? '').includes('text/html')
      if (
        wantsPage &&
        !path.startsWith('/api/') &&
        (await sendFile({ root, path: page }, request, reply))
      )
        return reply
    }
    tell(
      new KaizenError(
        'ROUTE_NOT_FOUND',
        `no route answers ${request.method} ${pathOf(request).slice(0, 200)}`,
        { hint: 'GET /api/v1/openapi.json lists the routes.' },
      ),
      request,
      reply,
    )
    return reply
  })
}

const page = '/index.html'

/** Names of the build: words with dots inside. A path of anything else (`..`, `//`, escapes, hidden files) names no file. */
const fileName = /^(?:\/[\w-][\w.-]*)+$/

/** Sends a file with its type, tag and ranges; false where there is none. */
async function sendFile(
  file: { readonly root: string; readonly path: string },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  if (!fileName.test(file.path)) return false
  const { send } = await import('@fastify/send')
  const found = await send(request.raw, file.path, { root: file.root, cacheControl: false })
  if (found.type === 'directory' || found.statusCode === 404) {
    found.stream.destroy()
    return false
  }
  void reply
    .status(found.statusCode)
    .headers({ ...found.headers, 'cache-control': cachingOf(file.path) })
    .send(found.stream)
  return true
}

/** Assets carry a digest in their names and never change; all else is asked for again each time. */
const cachingOf = (path: string): string =>
  path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'

export const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? ''
