import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const path = 'POST /api/v1/cloudevents'
const structured = { 'content-type': 'application/cloudevents+json' }
const batched = { 'content-type': 'application/cloudevents-batch+json' }

const observation = (id: string, changes: object = {}) => ({
  specversion: '1.0',
  id,
  source: '/edge/7',
  type: 'kaizen.observation',
  subject: 'edge',
  time: '2026-01-05T10:00:00Z',
  data: { inputs: { temp: 21.5 }, outputs: { y: 1 } },
  ...changes,
})

describe.each(testDialects)('CloudEvents on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(dialect)
    const manifest = {
      kaizen: 1,
      project: 'edge',
      datasets: [],
      pipelines: [],
      endpoints: [],
      policies: [],
      bundle: [],
      monitors: [{ name: 'edge', window: '1h', drift: ['psi'] }],
    }
    const body = { manifest, reason: 'test' }
    expect((await server.send('POST /api/v1/projects/apply', { body })).status).toBe(200)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const rows = async (): Promise<number> => {
    const { body } = await server.send('GET /api/v1/monitors/edge/batches')
    return body.items.reduce((sum: number, one: { rows: number }) => sum + one.rows, 0)
  }

  it('takes each event once, in the structured, the batched and the binary mode', async () => {
    const one = await server.send(path, { body: observation('a'), headers: structured })
    expect([one.status, one.body]).toEqual([202, { accepted: 1, duplicates: 0 }])
    const again = await server.send(path, { body: observation('a'), headers: structured })
    expect(again.body).toEqual({ accepted: 0, duplicates: 1 })
    const batch = ['a', 'b', 'c', 'c'].map((id) => observation(id))
    const many = await server.send(path, { body: batch, headers: batched })
    expect(many.body).toEqual({ accepted: 2, duplicates: 2 })
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': 'd%20%C3%A9',
      'ce-source': '/edge/7',
      'ce-type': 'kaizen.observation',
      'ce-subject': 'edge',
      'ce-time': '2026-01-05T11:00:00Z',
    }
    const data = { inputs: { temp: 3 } }
    const binary = await server.send(path, { body: data, headers })
    expect(binary.body).toEqual({ accepted: 1, duplicates: 0 })
    const same = observation('d é', { data })
    expect((await server.send(path, { body: same, headers: structured })).body).toEqual({
      accepted: 0,
      duplicates: 1,
    })
    expect(await rows()).toBe(4)
  })

  it('takes an event once that comes several times at the same moment', async () => {
    const before = await rows()
    const sent = Array.from({ length: 5 }, () =>
      server.send(path, { body: [observation('x1'), observation('x2')], headers: batched }),
    )
    const answers = await Promise.all(sent)
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202])
    expect(await rows()).toBe(before + 2)
  })

  it.each<[string, unknown, Record<string, string>, number, string]>([
    ['no event', {}, {}, 400, 'carries no CloudEvent'],
    ['another version', observation('e', { specversion: '0.3' }), structured, 400, 'specversion'],
    ['an event without id', observation(''), structured, 400, 'id'],
    ['a time that is none', observation('e', { time: 'soon' }), structured, 400, 'time'],
    [
      'data that is not JSON',
      observation('e', { datacontenttype: 'text/xml' }),
      structured,
      400,
      'only JSON',
    ],
    ['no subject', observation('e', { subject: undefined }), structured, 400, 'subject is missing'],
    ['no time', observation('e', { time: undefined }), structured, 400, 'neither time nor data.at'],
    ['a row of nonsense', observation('e', { data: { rows: 3 } }), structured, 400, 'data.'],
    ['a batch that is none', observation('e'), batched, 400, 'a batch is a list'],
    ['a monitor that is not there', observation('e', { subject: 'none' }), structured, 404, 'none'],
    [
      'another type',
      observation('e', { type: 'com.example.sold' }),
      structured,
      422,
      'com.example.sold',
    ],
    [
      'an endpoint that is not there',
      observation('e', {
        type: 'kaizen.feedback',
        subject: 'none',
        data: { inferenceId: '1', value: 2 },
      }),
      structured,
      404,
      'none',
    ],
    [
      'another format',
      observation('e'),
      { 'content-type': 'application/cloudevents+xml' },
      400,
      'xml',
    ],
    [
      'a bad header',
      {},
      { 'ce-specversion': '1.0', 'ce-id': '%zz', 'ce-source': 'x', 'ce-type': 'y' },
      400,
      'ce-id',
    ],
  ])('refuses %s', async (_name, body, headers, status, words) => {
    const answer = await server.send(path, { body, headers })
    expect([answer.status, answer.body.error?.message]).toEqual([
      status,
      expect.stringContaining(words),
    ])
  })

  it('takes nothing of a batch that holds something malformed', async () => {
    const before = await rows()
    const body = [observation('good'), observation('bad', { data: 7 })]
    expect((await server.send(path, { body, headers: batched })).status).toBe(400)
    expect(await rows()).toBe(before)
    const good = await server.send(path, { body: [observation('good')], headers: batched })
    expect(good.body).toEqual({ accepted: 1, duplicates: 0 })
  })
})
