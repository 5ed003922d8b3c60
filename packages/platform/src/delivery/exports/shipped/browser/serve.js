/** Serves this folder to the browsers of this machine. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css',
  js: 'text/javascript',
  mjs: 'text/javascript',
  json: 'application/json',
  wasm: 'application/wasm',
}
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}
/** Only what the bundle lists is served, and only as it was written. */
const sums = new Map(
  (await readFile(new URL('SHA256SUMS', import.meta.url), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => [line.slice(66), line.slice(0, 64)]),
)

async function answer(url) {
  const path = new URL(url, 'http://page').pathname.slice(1) || 'index.html'
  if (!sums.has(path)) return [404, 'text/plain', 'not found']
  const content = await readFile(new URL(path, import.meta.url))
  if (createHash('sha256').update(content).digest('hex') !== sums.get(path)) {
    return [500, 'text/plain', `${path} is not what was exported`]
  }
  return [200, types[path.split('.').pop()] ?? 'application/octet-stream', content]
}

const server = createServer(async (request, response) => {
  const known = request.method === 'GET' || request.method === 'HEAD'
  const failed = [500, 'text/plain', 'a file cannot be read']
  const [status, type, content] = known
    ? await answer(request.url).catch(() => failed)
    : [405, 'text/plain', 'only GET is answered']
  response.writeHead(status, { ...headers, 'content-type': type })
  response.end(request.method === 'HEAD' ? undefined : content)
})
server.listen(Number(process.env.PORT ?? 8000), '127.0.0.1', () => {
  console.log(`the model is at http://127.0.0.1:${server.address().port}`)
})
