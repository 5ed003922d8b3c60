import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { interpreter } from '../../runtime/python/test-python.ts'
import { addingModel, squareModel, type TestServing, testServing } from '../test-serving.ts'
import { registerFolder, speakingModel } from './test-speaking-model.ts'

let test: TestServing

beforeAll(async () => {
  test = await testServing({ python: interpreter })
  await test.deploy('speaking', await registerFolder(test, 'speaking', speakingModel))
  await test.deploy('hires', await test.register('bike', addingModel(1)))
  await test.deploy('pairs', await test.register('pairs', squareModel()))
}, 60_000)
afterAll(() => test[Symbol.asyncDispose]())

const events = { accept: 'text/event-stream', 'content-type': 'application/json' }

/** The data of the events of an answer. */
async function dataOf(answer: Response): Promise<unknown[]> {
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  return (await answer.text())
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as unknown)
}
const generate = (body: unknown, model = 'speaking') =>
  test.post(`/v2/models/${model}/generate_stream`, body)
const logged = async (endpoint: string) =>
  (await test.serving.reader.records(endpoint, { limit: 10 })).items

describe('a model that answers in parts', () => {
  it('is streamed by the generate extension, and logged once with the whole answer', async () => {
    const answer = await generate({ prompt: 'to be or not', id: 'q1' })
    expect(answer.headers.get('x-kaizen-inference-id')).toBe('q1')
    expect(answer.headers.get('x-kaizen-arm')).toBe('champion')
    expect(await dataOf(answer)).toEqual(
      ['to ', 'be ', 'or ', 'not '].map((said) => ({
        model_name: 'speaking',
        model_version: '1',
        id: 'q1',
        said,
      })),
    )
    const record = (await logged('speaking')).find(({ inferenceId }) => inferenceId === 'q1')
    expect(record).toMatchObject({ outputs: { said: 'to be or not ' }, error: null })
  })

  it('is streamed by /invocations, and answers as a whole where events are not asked for', async () => {
    const asked = (headers: Record<string, string>) =>
      test.post('/endpoints/speaking/invocations', { inputs: { prompt: ['a b'] } }, headers)
    expect(await dataOf(await asked(events))).toEqual([
      { predictions: ['a '] },
      { predictions: ['b '] },
    ])
    expect(await (await asked({})).json()).toEqual({ predictions: ['A B'] })
    const whole = await test.post('/v2/models/speaking/generate', { prompt: 'a b' })
    expect(await whole.json()).toMatchObject({ said: 'A B', model_version: '1' })
  })

  it('that fails says so: by a status before the first part, by the last event after it', async () => {
    const first = await generate({ prompt: 'stumble' })
    expect(first.status).toBe(400)
    expect(await first.json()).toEqual({ error: expect.stringContaining('no such word') })
    const later = await dataOf(await generate({ prompt: 'one stumble', id: 'q2' }))
    expect(later).toEqual([
      expect.objectContaining({ said: 'one ' }),
      { error: expect.stringContaining('no such word') },
    ])
    const wrong = await dataOf(await generate({ prompt: 'a number' }))
    expect(wrong.at(-1)).toEqual({ error: expect.stringContaining('not text') })
    const record = (await logged('speaking')).find(({ inferenceId }) => inferenceId === 'q2')
    expect(record?.error).toContain('no such word')
  })

  it('makes nothing that nobody takes, and ends when the caller hangs up', async () => {
    const mark = join(test.folder, 'closed')
    const { hostname, port } = new URL(test.url)
    const socket = connect(Number(port), hostname)
    const body = JSON.stringify({ prompt: mark, id: 'q3' })
    socket.write(
      `POST /v2/models/speaking/generate_stream HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await once(socket, 'readable')
    // Nothing is read: what the system buffers is all that is made.
    await pause(1000)
    socket.destroy()
    await expect
      .poll(() => readFile(mark, 'utf8').catch(() => ''), { timeout: 10_000 })
      .not.toBe('')
    expect(Number(await readFile(mark, 'utf8'))).toBeLessThan(20_000)
    await expect
      .poll(async () => (await logged('speaking')).find((row) => row.inferenceId === 'q3')?.error)
      .toContain('the caller went')
    // A hang-up is no fault of the model, and its process is free again.
    const { arms } = await test.serving.view('speaking')
    expect(arms[0]!.errors).toBe(3)
    expect(await dataOf(await generate({ prompt: 'again' }))).toHaveLength(1)
  }, 30_000)
})

describe('any other model', () => {
  it('is streamed row by row, and logged as it is without', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ temp: i, season: 'summer' }))
    const answer = await test.post(
      '/endpoints/hires/invocations',
      { dataframe_records: rows, kaizen: { inference_id: 'many' } },
      events,
    )
    expect(await dataOf(answer)).toEqual(rows.map(({ temp }) => ({ predictions: [temp + 1] })))
    const { items } = await test.serving.reader.records('hires', { limit: 1000 })
    expect(items.filter(({ inferenceId }) => inferenceId.startsWith('many:'))).toHaveLength(300)
  })

  it('takes a row of the generate extension', async () => {
    expect(await dataOf(await generate({ x: [2, 3] }, 'pairs'))).toEqual([
      expect.objectContaining({ y: [4, 9] }),
    ])
  })
})

it.each([
  ['no JSON', '{', 400],
  ['a list', [], 400],
  ['parameters that are none', { prompt: 'a', parameters: 3 }, 400],
  ['an unknown input', { prompt: 'a', other: 1 }, 400],
  ['no input', {}, 400],
  ['an object for text', { prompt: { a: 1 } }, 400],
])('refuses %s as any request', async (_what, body, status) => {
  const answer = await generate(body)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toEqual({ error: expect.any(String) })
})

it('refuses what it cannot do', async () => {
  expect((await generate({ x: 1 }, 'nothing')).status).toBe(404)
  expect(
    (await test.post('/v2/models/pairs/versions/9/generate_stream', { x: [1, 2] })).status,
  ).toBe(404)
  const explained = { inputs: { prompt: ['a'] }, params: { explain: 'shap' } }
  const answer = await test.post('/endpoints/speaking/invocations', explained, events)
  expect(answer.status).toBe(400)
})
