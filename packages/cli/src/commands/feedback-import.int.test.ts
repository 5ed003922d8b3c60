import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelsApi, servingApi } from '@kaizen/contracts'
import { startServer } from '@kaizen/platform'
import { type Client, createClient } from '@kaizen/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addingModel } from '../../../platform/src/serving/test-serving.ts'
import { runKaizen } from '../test-cli.ts'

const rows = 6000
let root: string
let server: Awaited<ReturnType<typeof startServer>>
let client: Client
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaizen-truth-cli-'))
  server = await startServer({ port: 0, dataDir: join(root, 'data'), logLevel: 'silent' })
  client = createClient({ baseUrl: server.address })
  const input = { params: { name: 'hires' }, query: {} }
  await client.upload(modelsApi.upload, input, new Uint8Array(addingModel(1)))
  await kaizen('endpoints', 'create', 'hires', '--model', 'models:/hires/1')
  const ids = Array.from({ length: rows }, (_, i) => `p${i}`)
  const answer = await fetch(`${server.address}/endpoints/hires/invocations`, {
    method: 'POST',
    body: JSON.stringify({
      dataframe_split: { columns: ['temp', 'season'], data: ids.map((_, i) => [i, 'x']) },
      kaizen: { inference_ids: ids },
    }),
  })
  expect(answer.status).toBe(200)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

const kaizen = (...args: readonly string[]) => runKaizen(...args, '--server', server.address)
async function imported(name: string, content: string, ...flags: string[]): Promise<unknown> {
  const file = join(root, name)
  await writeFile(file, content)
  const done = await kaizen('endpoints', 'feedback-import', 'hires', file, ...flags, '--json')
  expect(done.code, done.text).toBe(0)
  return JSON.parse(done.text)
}

it('gives the truth of thousands from a file, once, corrects some, and counts what the log does not hold', async () => {
  const lines = Array.from({ length: rows }, (_, i) => `p${i},${i + 1}`)
  const csv = `inference_id,cnt\n${lines.join('\n')}\nnobody,1\n`
  const fresh = { accepted: rows, corrected: 0, unchanged: 0, unknown: 1 }
  expect(await imported('hires.csv', csv, '--value', 'cnt')).toEqual(fresh)
  const again = { accepted: 0, corrected: 0, unchanged: rows, unknown: 1 }
  expect(await imported('hires.csv', csv, '--value', 'cnt')).toMatchObject(again)
  const jsonl = '{"id": "p1", "value": 20}\n{"id": "p2", "value": 3}\n'
  const corrected = { accepted: 0, corrected: 1, unchanged: 1, unknown: 0 }
  expect(await imported('late.jsonl', jsonl, '--id', 'id')).toMatchObject(corrected)
  const { labelled } = await client.call(servingApi.get, { params: { name: 'hires' } })
  expect(labelled).toBe(rows)
})

it('says what is wrong with a file', async () => {
  const file = join(root, 'bad.csv')
  await writeFile(file, 'inference_id,cnt\np1,2\n')
  const field = await kaizen('endpoints', 'feedback-import', 'hires', file)
  expect(field.code).not.toBe(0)
  expect(field.text).toContain('value')
  const missing = await kaizen('endpoints', 'feedback-import', 'hires', join(root, 'none.csv'))
  expect(missing.code).not.toBe(0)
  expect(missing.text).toContain('none.csv')
})
