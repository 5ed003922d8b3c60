import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestServer } from './test-program.ts'

const v2 = '/api/2.0/mlflow'
const proxy = '/api/2.0/mlflow-artifacts/artifacts'
const json = { 'content-type': 'application/json' }

let server: TestServer
let folder: string
let runId: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-bad-input-'))
  server = await TestServer.start(['--data-dir', join(folder, 'data')])
  const made = await sent('POST', `${v2}/runs/create`, { experiment_id: '0', start_time: 1 })
  runId = (made.json as { run: { info: { run_id: string } } }).run.info.run_id
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  readonly json: unknown
}

/** Sends a path as it is written: `fetch` would take `..` out of it. */
function sent(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = json,
): Promise<Answer> {
  const { hostname, port } = new URL(server.address)
  const raw =
    body === undefined || Buffer.isBuffer(body) || typeof body === 'string'
      ? body
      : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path, headers }, async (answer) => {
      let text = ''
      for await (const chunk of answer) text += String(chunk)
      const parsed = String(answer.headers['content-type']).includes('json')
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        text,
        json: parsed ? JSON.parse(text) : undefined,
      })
    })
    // A server that has refused a body may close before it has read all of it.
    asked.on('error', reject)
    asked.end(raw)
  })
}

/** A refusal in a shape that clients know, which names nothing of this machine. */
function expectRefused(what: string, { status, text }: Answer): void {
  expect({ what, status }).toEqual({ what, status: expect.toSatisfy((n) => n >= 400 && n < 500) })
  expect(text.length, what).toBeLessThan(4000)
  for (const secret of ['/tmp/', 'node:', 'SELECT', 'sqlite', 'root:x:']) {
    expect(text, what).not.toContain(secret)
  }
}

const climbs = [
  '../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e/%2e%2e/etc/passwd',
  '%252e%252e%252fetc%252fpasswd',
  '..%5c..%5cetc%5cpasswd',
  '..%c0%afetc%c0%afpasswd',
  '%00/etc/passwd',
  'a/..%00/b',
  '%2fetc%2fpasswd',
  'a//b',
  './a',
  'a/./b',
]

describe('paths that would lead elsewhere', () => {
  it.each(climbs)(
    '%s is refused wherever a path is taken, and nothing is written',
    async (path) => {
      const encoded = encodeURIComponent(path)
      const asked: readonly (readonly [string, string, unknown?])[] = [
        ['GET', `${proxy}/0/${runId}/artifacts/${path}`],
        ['PUT', `${proxy}/0/${runId}/artifacts/${path}`, 'x'],
        ['DELETE', `${proxy}/0/${runId}/artifacts/${path}`],
        [
          'POST',
          `/api/2.0/mlflow-artifacts/mpu/create/0/${runId}/artifacts`,
          { path, num_parts: 1 },
        ],
        ['GET', `/get-artifact?run_id=${runId}&path=${encoded}`],
        ['GET', `${v2}/artifacts/list?run_id=${runId}&path=${encoded}`],
        ['GET', `/api/v1/runs/${runId}/artifact-preview?path=${encoded}`],
        [
          'POST',
          `${v2}/experiments/create`,
          { name: `at ${path}`, artifact_location: `../${path}` },
        ],
      ]
      for (const [method, to, body] of asked) {
        const answer = await sent(method, to, body)
        // A listing of what is not there is empty, as it is for any other name.
        const nothing = answer.status === 200 && to.includes('/artifacts/list')
        // Parts are for buckets, which this server has none of.
        if (answer.status === 501 && to.includes('/mpu/')) continue
        if (nothing) expect(answer.json).not.toHaveProperty('files')
        else expectRefused(`${method} ${to}`, answer)
      }
      expect(await readdir(folder)).toEqual(['data'])
      const { json: listed } = await sent('GET', `${v2}/artifacts/list?run_id=${runId}`)
      expect(listed).not.toHaveProperty('files')
    },
  )
})

describe('pages that there are not', () => {
  const searches = [
    ['POST', `${v2}/runs/search`, 'max_results'],
    ['POST', `${v2}/experiments/search`, 'max_results'],
    ['GET', `${v2}/registered-models/search`, 'max_results'],
    ['GET', `${v2}/model-versions/search`, 'max_results'],
    ['POST', `${v2}/logged-models/search`, 'max_results'],
    ['POST', '/api/3.0/mlflow/traces/search', 'max_results'],
    ['GET', '/api/v1/audit/events', 'limit'],
    ['GET', '/api/v1/models', 'limit'],
  ] as const
  it.each(searches)(
    '%s %s refuses a negative page and a token of another search',
    async (method, path, limit) => {
      const fixed = {
        ...(path.endsWith('runs/search') || path.includes('logged-models')
          ? { experiment_ids: ['0'] }
          : {}),
        ...(path.includes('traces')
          ? {
              locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } }],
            }
          : {}),
      }
      const token = limit === 'limit' ? 'pageToken' : 'page_token'
      for (const wrong of [
        { [limit]: -1 },
        { [limit]: 1e12 },
        { [token]: 'AAAA' },
        { [token]: Buffer.from('{"offset":-5}').toString('base64') },
        { [token]: '../../etc/passwd' },
      ]) {
        const query = new URLSearchParams(
          Object.entries(wrong).map(([key, value]): [string, string] => [key, String(value)]),
        )
        const answer =
          method === 'GET'
            ? await sent('GET', `${path}?${query}`)
            : await sent('POST', path, { ...fixed, ...wrong })
        expectRefused(`${path} ${query}`, answer)
      }
    },
  )
})

describe('bodies made to do harm', () => {
  const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
  const surfaces = [
    ['the MLflow protocol', `${v2}/runs/log-batch`],
    ['traces of version 3', '/api/3.0/mlflow/traces'],
    ['spans', '/v1/traces'],
    ['the own API', '/api/v1/imports/runs'],
    ['GraphQL', '/graphql'],
  ] as const
  it.each(surfaces)(
    'nested deep, and a key of ten megabytes, are refused by %s',
    async (_, path) => {
      for (const body of [
        deep,
        JSON.stringify({ ['k'.repeat(1e7)]: 1 }),
        `{"key":"${'k'.repeat(1e7)}"}`,
      ]) {
        // Whoever sends more than is read may find the connection closed instead of an answer.
        const answer = await sent('POST', path, body).catch(() => undefined)
        if (answer) expectRefused(`${path} of ${body.length}`, answer)
      }
      expect((await sent('GET', '/health')).status).toBe(200)
    },
  )

  it('a gigabyte of nothing in a megabyte is refused by every door that reads compressed bodies', async () => {
    const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024))
    for (const path of ['/v1/traces', `${v2}/runs/log-batch`, '/api/v1/imports/runs']) {
      const headers = { ...json, 'content-encoding': 'gzip', 'x-mlflow-experiment-id': '0' }
      const answer = await sent('POST', path, bomb, headers).catch(() => undefined)
      if (answer) expectRefused(path, answer)
    }
    const status = await sent('GET', '/metrics')
    const resident = /^process_resident_memory_bytes (\S+)$/m.exec(status.text)?.[1]
    expect(Number(resident)).toBeLessThan(600 * 1024 * 1024)
  })

  it('pages, drawings and documents are given so that they cannot run, whatever they are called', async () => {
    const script = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for (const name of [
      'a.html',
      'a.svg',
      'a.md',
      'a.xhtml',
      'a.js',
      '"><img src=x onerror=1>.html',
    ]) {
      const path = `0/${runId}/hostile/${encodeURIComponent(name)}`
      expect((await sent('PUT', `${proxy}/${path}`, script, {})).status).toBe(200)
      const { headers, status } = await sent('GET', `${proxy}/${path}`)
      expect(status).toBe(200)
      expect(headers['x-content-type-options'], name).toBe('nosniff')
      expect(String(headers['content-security-policy']), name).toContain('sandbox')
      const isText = String(headers['content-type']).startsWith('text/plain')
      if (!isText) expect(String(headers['content-disposition']), name).toMatch(/^attachment/)
    }
  })
})
