/**
 * Serves a model where there is no server: follows an alias of a registry, takes up only what is signed with the key it
 * knows, keeps the version before, goes on without a network, and sends what it answered when there is one.
 */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { readTar } from './bundle.js'
import { AnswerLog } from './log.js'
import { Versions } from './versions.js'

const known = JSON.parse(await readFile(new URL('edge.json', import.meta.url), 'utf8'))
const { KAIZEN_SERVER: origin, KAIZEN_TOKEN: token, KAIZEN_ENDPOINT: endpoint } = process.env
const alias = process.env.KAIZEN_ALIAS ?? known.alias
const folder = process.env.DATA_FOLDER ?? 'data'
const pollMs = Number(process.env.POLL_SECONDS ?? 30) * 1000
const mostBytes = Number(process.env.MAX_BODY_BYTES ?? 8 * 1024 * 1024)
const mostBundleBytes = 512 * 1024 * 1024
const tell = (text) => console.error(`${new Date().toISOString()} ${text}`)

const versions = new Versions(folder, known)
await versions.open(tell)
const log = new AnswerLog(join(folder, 'log'), Number(process.env.LOG_LIMIT_BYTES ?? 2 ** 30))
await log.open()
const seen = { contact: null, failure: null }

const refused = (status, message) => Object.assign(new Error(message), { status })

async function call(path, options = {}) {
  const answer = await fetch(new URL(path, origin), {
    ...options,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(options.body ? { 'content-type': 'application/json' } : {}),
    },
    redirect: 'error',
    signal: AbortSignal.timeout(120_000),
  })
  if (answer.ok) return answer
  const said = (await answer.text().catch(() => '')).slice(0, 300)
  throw refused(answer.status, `${path} was answered with ${answer.status}: ${said}`)
}

async function follow() {
  const path = `/api/v1/models/${encodeURIComponent(known.model)}/versions`
  const { version } = await (await call(`${path}/@${encodeURIComponent(alias)}`)).json()
  seen.contact = new Date().toISOString()
  if (version === versions.current?.version) return
  const answer = await call(`${path}/${Number(version)}/export?to=node`)
  const bytes = Buffer.from(await answer.arrayBuffer())
  if (bytes.length > mostBundleBytes) throw new Error('the bundle is too large')
  await versions.take(readTar(bytes), version)
  tell(`version ${version} is in force`)
}

const upload = () =>
  endpoint
    ? log.upload((items) =>
        call(`/api/v1/endpoints/${encodeURIComponent(endpoint)}/edge-predictions`, {
          method: 'POST',
          body: JSON.stringify({ model: known.model, items }),
        }),
      )
    : undefined

/** Asks the server once: whatever fails is told and tried again later. */
async function turn() {
  seen.failure = null
  for (const step of [follow, upload]) {
    try {
      await step()
    } catch (failure) {
      seen.failure = failure.message
      tell(failure.message)
    }
  }
}

async function readText(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > mostBytes) throw refused(413, `the body is over ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const status = () => ({
  model: known.model,
  alias,
  version: versions.current?.version ?? null,
  previous: versions.previous?.version ?? null,
  ...seen,
  dropped: log.dropped,
  refused: log.refused,
})

async function respond(request) {
  const { pathname } = new URL(request.url, 'http://agent')
  if (request.method === 'GET' && pathname === '/agent') return status()
  const { current } = versions
  if (current === undefined) throw refused(503, 'no version has come yet')
  if (request.method !== 'POST' || !pathname.endsWith('/infer')) {
    return current.protocol.answer(request.method, pathname, () => readText(request))
  }
  const began = performance.now()
  const text = await readText(request)
  const answer = await current.protocol.answer('POST', pathname, () => text)
  const id = answer.id ?? randomUUID()
  if (id === '' || id.length > 240) throw refused(400, 'id has to be 1 to 240 characters')
  if (endpoint) {
    const { inputs } = JSON.parse(text)
    const rows = answer.outputs[0]?.shape[0] ?? 1
    const entry = {
      ids: rows > 1 ? Array.from({ length: rows }, (_, row) => `${id}:${row}`) : [id],
      at: Date.now(),
      version: current.version,
      latencyMs: performance.now() - began,
      inputs: inputs.map(({ name, datatype, shape, data }) => ({
        name,
        datatype,
        shape,
        data: data.flat(Number.POSITIVE_INFINITY),
      })),
      outputs: answer.outputs,
    }
    await log.append(entry).catch((failure) => {
      tell(failure.message)
      throw refused(503, 'the answer could not be written down; try again later')
    })
  }
  return { ...answer, id }
}

const server = createServer(async (request, response) => {
  let code = 200
  const body = await respond(request).catch((failure) => {
    code = failure.status ?? 500
    if (failure.status === undefined) console.error(failure)
    return { error: failure.status === undefined ? 'an error of the agent' : failure.message }
  })
  response.writeHead(code, {
    'content-type': 'application/json',
    ...(code === 413 ? { connection: 'close' } : {}),
  })
  response.end(JSON.stringify(body))
})

let timer
let stopping = false
let running = Promise.resolve()
function again() {
  running = turn().finally(() => {
    if (!stopping) timer = setTimeout(again, pollMs)
  })
}
server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1', () => {
  console.log(`the agent of ${known.model} answers on port ${server.address().port}`)
  if (origin) again()
})
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    stopping = true
    clearTimeout(timer)
    server.close(async () => {
      await running
      await log.close()
      process.exit(0)
    })
    server.closeIdleConnections()
  })
}
