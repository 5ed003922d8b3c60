import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { type AuditEvent, errorCatalogue, httpStatusOfKind, KaizenError } from '@kaizen/contracts'
import type { Answer } from './fixture/answer.ts'
import { apiAnswers, auditHead } from './fixture/answers.ts'
import { eventAt } from './fixture/audit.ts'
import { fixtureSession } from './fixture/identity.ts'
import { explainedInference } from './fixture/serving.ts'
import { artifactContent, trackingAnswer } from './fixture/tracking-answers.ts'
import { type Scenario, scenarios } from './fixture/world.ts'

/** A server with made-up answers that keep the real schemas: for working on the UI and for its tests, never for users. */
export interface FixtureServer {
  readonly url: string
  /** Sends an event to every open stream. */
  readonly emit: (event: AuditEvent) => void
  /** Cuts every open stream, as a restart would. */
  readonly cutStreams: () => void
  readonly close: () => Promise<void>
}

/** As strict as the real server's: files of this origin, nothing inline, nothing from elsewhere. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export async function startFixtureServer(options: {
  readonly scenario: Scenario
  readonly port?: number
  /** The built UI, where it is to be served too. */
  readonly dist?: string
}): Promise<FixtureServer> {
  const { scenario, dist } = options
  const answers = apiAnswers(scenario)
  const streams = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    void handle(request, response).catch((error: unknown) => {
      sendError(
        response,
        error instanceof KaizenError ? error : new KaizenError('INTERNAL', String(error)),
      )
    })
  })
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://fixture')
    const api = url.pathname.startsWith('/api/') || url.pathname.startsWith('/v2/')
    const tracking = url.pathname.startsWith('/ajax-api/')
    if (url.pathname === '/get-artifact') {
      const content = artifactContent(url.searchParams.get('path') ?? '')
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      return void response.end(content)
    }
    if (!api && !tracking) return serveFile(dist, url.pathname, response)
    if (url.pathname === '/api/v1/audit/stream') return openStream(streams, response)
    if (scenario === 'failing' && url.pathname !== '/api/v1/server') {
      throw new KaizenError('INTERNAL', 'Kaizen met a defect while answering', {
        hint: 'The server log has the details under this request id; please report them.',
        details: { requestId: 'req-fixture' },
      })
    }
    if (scenario === 'forbidden' && url.pathname !== '/api/v1/server') {
      throw new KaizenError('FORBIDDEN', 'the role viewer may not do this; it needs editor')
    }
    const atTheDoor = url.pathname.startsWith('/api/v1/session')
    if (
      scenario === 'locked' &&
      !atTheDoor &&
      !(request.headers.cookie ?? '').includes(fixtureSession)
    ) {
      throw new KaizenError('UNAUTHENTICATED', 'this server asks who you are')
    }
    const body: unknown = JSON.parse((await readBody(request)) || '{}')
    if (tracking) return sendJson(response, trackingAnswer(scenario, url, body))
    if (url.pathname.startsWith('/v2/')) {
      return sendJson(response, explainedInference)
    }
    const answer = answerOf(answers, request.method ?? 'GET', url, body)
    if (atTheDoor && request.method === 'POST') response.setHeader('set-cookie', fixtureSession)
    sendJson(response, answer)
  }
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const cutStreams = () => {
    for (const stream of streams) stream.destroy()
    streams.clear()
  }
  return {
    url: `http://127.0.0.1:${port}`,
    emit: (event) => {
      for (const stream of streams)
        stream.write(`id: ${event.seq}\nevent: audit\ndata: ${JSON.stringify(event)}\n\n`)
    },
    cutStreams,
    close: () => {
      cutStreams()
      return closeServer(server)
    },
  }
}

/** Finds the endpoint, reads the request with its schemas and writes only what its response schema allows. */
function answerOf(answers: readonly Answer[], method: string, url: URL, body: unknown): unknown {
  for (const { endpoint, answer } of answers) {
    const params = endpoint.method === method ? matchPath(endpoint.path, url.pathname) : null
    if (!params) continue
    const query: Record<string, string | string[]> = {}
    for (const key of url.searchParams.keys()) {
      const values = url.searchParams.getAll(key)
      query[key] = values.length > 1 ? values : (values[0] ?? '')
    }
    const input = {
      params: endpoint.params?.parse(params) as never,
      query: endpoint.query?.parse(query) as never,
      body: endpoint.body?.parse(body) as never,
    }
    return endpoint.response.parse(answer(input))
  }
  throw new KaizenError('ROUTE_NOT_FOUND', `no route answers ${method} ${url.pathname}`)
}

function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = decodeURIComponent(given[index] ?? '')
    if (part.startsWith(':')) params[part.slice(1)] = value
    else if (part !== value) return null
  }
  return params
}

function openStream(streams: Set<ServerResponse>, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write(':\n\n')
  streams.add(response)
  response.on('close', () => streams.delete(response))
}

async function serveFile(dist: string | undefined, path: string, response: ServerResponse) {
  if (!dist) throw new KaizenError('NOT_FOUND', 'this fixture serves no files')
  const wanted = join(dist, normalize(path))
  const isFile = extname(path) !== '' && wanted.startsWith(dist)
  const file = isFile ? wanted : join(dist, 'index.html')
  const content = await readFile(file).catch(() => null)
  if (!content) throw new KaizenError('NOT_FOUND', `no file ${path}`)
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': contentSecurityPolicy,
  })
  response.end(content)
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

function sendError(response: ServerResponse, error: KaizenError): void {
  if (response.headersSent) return void response.destroy()
  const { code, message, hint, details } = error
  const { requestId, ...rest } = details ?? {}
  response.writeHead(httpStatusOfKind[errorCatalogue[code].kind], {
    'content-type': 'application/json',
  })
  response.end(JSON.stringify({ error: { code, message, hint, details: rest, requestId } }))
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.closeAllConnections()
    server.close((error) => (error ? reject(error) : resolve()))
  })

if (import.meta.main) {
  const scenario = scenarios.find((one) => one === process.argv[2]) ?? 'demo'
  const fixture = await startFixtureServer({
    scenario,
    port: Number(process.env['PORT'] ?? 7420),
    dist: join(import.meta.dirname, '../dist'),
  })
  console.log(`fixture "${scenario}" at ${fixture.url}`)
  let seq = auditHead(scenario)
  setInterval(() => {
    seq += 1
    fixture.emit(eventAt(seq, seq))
  }, 3000)
}
