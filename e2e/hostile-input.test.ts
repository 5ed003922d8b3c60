import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { auditApi, dataApi } from '@kaizen/contracts'
import { type Client, createClient } from '@kaizen/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TestServer } from './test-program.ts'

let folder: string
let server: TestServer
let client: Client
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-hostile-'))
  server = await TestServer.start(['--data-dir', folder])
  client = createClient({ baseUrl: server.address })
  await client.call(dataApi.create, { body: { name: 'rides', eventTime: { column: 'at' } } })
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly message: string | undefined
}

/** Sends a path exactly as it stands: `fetch` would tidy it first. */
function send(
  method: string,
  path: string,
  body?: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.address)
    const sent = request({ hostname, port, method, path, headers }, (answer) => {
      text(answer).then((body) => {
        const { error } = JSON.parse(body) as { error?: { code: string; message: string } }
        resolve({ status: answer.statusCode ?? 0, code: error?.code, message: error?.message })
      }, reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const upload = (content: string | Uint8Array, query = 'format=csv'): Promise<Answer> =>
  send('POST', `/api/v1/datasets/rides/versions?${query}`, content, {
    'content-type': 'application/octet-stream',
  })
const json = (path: string, body: string): Promise<Answer> =>
  send('POST', path, body, { 'content-type': 'application/json' })

const invalidData = { status: 400, code: 'INVALID_DATA' }
const invalidRequest = { status: 400, code: 'INVALID_REQUEST' }
const mebibyte = 1024 ** 2

describe('hostile input on the routes of data', () => {
  let eventsBefore: number
  beforeEach(async () => {
    eventsBefore = (await client.call(auditApi.verify)).events
  })

  it.each<readonly [what: string, attack: () => Promise<Answer>, answer: Partial<Answer>]>([
    ['an empty file', () => upload(''), invalidData],
    ['a Parquet file that is none', () => upload('no parquet', 'format=parquet'), invalidData],
    [
      'a Parquet file that is cut off',
      () => upload(Buffer.from(`PAR1${'x'.repeat(1000)}`), 'format=parquet'),
      invalidData,
    ],
    [
      'a CSV with ragged lines',
      () => upload('at,x\n2011-01-01,1\n2011-01-02,2,3,4\n'),
      invalidData,
    ],
    ['a CSV without the event time', () => upload('x,y\n1,2\n'), invalidData],
    ['a CSV of NUL bytes', () => upload(Buffer.alloc(4096)), invalidData],
    ['a format that does not exist', () => upload('at\n', 'format=xlsx'), invalidRequest],
    ['an option that does not exist', () => upload('at\n', 'format=csv&evil=1'), invalidRequest],
    [
      'a path as the name of a dataset',
      () => send('GET', '/api/v1/datasets/..%2F..%2F..%2Fetc%2Fpasswd'),
      invalidRequest,
    ],
    [
      'a path outside of the routes',
      () => send('GET', '/api/v1/datasets/../../../../etc/passwd'),
      {},
    ],
    ['a NUL byte in a name', () => send('GET', '/api/v1/datasets/a%00b'), invalidRequest],
    ['a URL that is not UTF-8', () => send('GET', '/api/v1/datasets/%ff%fe'), invalidRequest],
    [
      'SQL in the name of a dataset',
      () => send('GET', "/api/v1/datasets/x'%3B%20DROP%20TABLE%20dataset%3B--"),
      invalidRequest,
    ],
    [
      'SQL in the name of a column',
      () => upload(`at,"x"");DROP TABLE dataset;--"\n2011-01-01,1\n`, 'format=csv&from=zero'),
      invalidRequest,
    ],
    ['a version that is no number', () => send('GET', '/api/v1/datasets/rides/versions/1e99'), {}],
    [
      'a page token of another list',
      () => send('GET', '/api/v1/datasets/rides/versions?pageToken=x'),
      invalidRequest,
    ],
    [
      'JSON that breaks off',
      () => json('/api/v1/datasets', '{"name": "x"'),
      { status: 400, code: 'INVALID_JSON' },
    ],
    [
      'JSON that pollutes prototypes',
      () => json('/api/v1/datasets', '{"name":"x","__proto__":{"admin":true}}'),
      {},
    ],
    [
      'a field that does not exist',
      () => json('/api/v1/datasets', '{"name":"x","evil":1}'),
      invalidRequest,
    ],
    ['a field of the wrong type', () => json('/api/v1/datasets', '{"name":["x"]}'), invalidRequest],
    [
      'a body over the limit',
      () =>
        send('POST', '/api/v1/datasets', '{"name":"', {
          'content-type': 'application/json',
          'content-length': String(65 * mebibyte),
        }),
      { status: 413, code: 'TOO_LARGE' },
    ],
    [
      'a host of another site',
      () => send('GET', '/api/v1/datasets', undefined, { host: 'evil.example' }),
      { status: 403, code: 'FORBIDDEN' },
    ],
    [
      'a page of another site',
      () => send('GET', '/api/v1/datasets', undefined, { origin: 'https://evil.example' }),
      { status: 403, code: 'FORBIDDEN' },
    ],
  ])('%s is refused and leaves nothing behind', async (_, attack, expected) => {
    const answer = await attack()
    expect(answer).toMatchObject(expected)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.message).not.toContain(folder)
    expect((await client.call(dataApi.get, { params: { name: 'rides' } })).versions).toBe(0)
    const { ok, events } = await client.call(auditApi.verify)
    expect({ ok, events }).toEqual({ ok: true, events: eventsBefore })
    const left = await readdir(join(folder, 'work'), { withFileTypes: true })
    expect(left.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual([])
  })

  it('text of spreadsheets and shells stays text', async () => {
    const rows = '2011-01-01,"=cmd|\' /C calc\'!A0"\n2011-01-02,"$(reboot)"\n'
    expect(await upload(`at,note\n${rows}`)).toMatchObject({ status: 201 })
    const { rows: stored } = await client.call(dataApi.rows, {
      params: { name: 'rides', version: 1 },
    })
    expect(stored.map((row) => row[1])).toEqual(["=cmd|' /C calc'!A0", '$(reboot)'])
  })
})
