/** Serves the model of this bundle over HTTP, on nothing but Node. */
import { createServer } from 'node:http'
import { model } from './facts.js'
import { answer, Refusal } from './protocol.js'

const port = Number(process.env.PORT ?? 8080)
const host = process.env.HOST ?? '127.0.0.1'
const mostBytes = Number(process.env.MAX_BODY_BYTES ?? 8 * 1024 * 1024)

async function readText(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > mostBytes) throw new Refusal(413, `the body is over ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

let stopping = false
async function respond(request) {
  const { pathname } = new URL(request.url, 'http://model')
  if (stopping && /\/ready\/?$/.test(pathname)) throw new Refusal(503, 'the server is stopping')
  return answer(request.method, pathname, () => readText(request))
}

const server = createServer((request, response) => {
  const send = (status, body) => {
    const close = status === 413 ? { connection: 'close' } : {}
    response.writeHead(status, { 'content-type': 'application/json', ...close })
    response.end(JSON.stringify(body))
  }
  respond(request).then(
    (body) => send(200, body),
    (failure) => {
      if (!(failure instanceof Refusal)) console.error(failure)
      const error = failure instanceof Refusal ? failure.message : 'an error of the server'
      send(failure.status ?? 500, { error })
    },
  )
})
server.requestTimeout = 30_000
server.listen(port, host, () => {
  console.log(`${model.name} answers on port ${server.address().port}`)
})
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    stopping = true
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  })
}
