import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelsApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addingModel } from '../../../platform/src/serving/test-serving.ts'
import { type OwnServer, startOwnServer } from '../server-in-process.ts'
import { runKaizen } from '../test-cli.ts'

let root: string
let server: OwnServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaizen-streams-cli-'))
  server = await startOwnServer(join(root, 'data'))
  const client = createClient({ baseUrl: server.address })
  const input = { params: { name: 'hires' }, query: {} }
  await client.upload(modelsApi.upload, input, new Uint8Array(addingModel(1)))
  await kaizen('endpoints', 'create', 'hires', '--model', 'models:/hires/1')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

const kaizen = (...args: readonly string[]) => runKaizen(...args, '--server', server.address)

it('makes a stream, shows how far it is and what was set aside, stops it and lets it go on', async () => {
  expect((await kaizen('streams', 'list')).text).toContain('No streams yet')
  const asked = ['--endpoint', 'hires', '--from', 'asked', '--to', 'told'] as const
  expect(await kaizen('streams', 'create', 'adding', ...asked)).toMatchObject({ code: 0 })
  const lines = join(root, 'lines.jsonl')
  await writeFile(
    lines,
    '{"temp": 1.5, "season": "a"}\n{"temp": "warm"}\n\n{"temp": 4, "season": "b"}\n',
  )
  expect((await kaizen('streams', 'produce', 'asked', lines)).text).toContain('3 of 3 records')
  // The same lines again are no new records.
  expect((await kaizen('streams', 'produce', 'asked', lines)).text).toContain('0 of 3 records')
  await expect
    .poll(async () => (await kaizen('streams', 'show', 'adding')).text, { timeout: 10_000 })
    .toMatch(/answered +2\n(.*\n)*set aside +1\n/i)
  const shown = await kaizen('streams', 'show', 'adding')
  expect(shown.text).toContain('0/1')
  expect(shown.text).toContain('warm')
  const told = (await kaizen('streams', 'read', 'told')).text
  expect(told).toContain('"prediction":2.5')
  expect(told).toContain('"prediction":5')
  expect((await kaizen('streams', 'pause', 'adding')).text).toMatch(/state +paused/)
  expect((await kaizen('streams', 'list')).text).toMatch(/adding +paused +hires +asked +told/)
  expect((await kaizen('streams', 'resume', 'adding')).text).toMatch(/state +running/)
  const json = await kaizen('streams', 'show', 'adding', '--json')
  expect(JSON.parse(json.text)).toMatchObject({ answered: 2, setAside: 1 })
})

it('refuses what it cannot do, and says why', async () => {
  const none = await kaizen('streams', 'show', 'nobody')
  expect(none).toMatchObject({ code: 3, text: expect.stringContaining('nobody') })
  const broker = ['--endpoint', 'hires', '--from', 'kafka:asked'] as const
  const kafka = await kaizen('streams', 'create', 'far', ...broker)
  expect([kafka.code === 0, kafka.text]).toEqual([false, expect.stringContaining('kafka-brokers')])
  const wrong = join(root, 'wrong.jsonl')
  await writeFile(wrong, '{"temp": 1}\nno json\n')
  expect((await kaizen('streams', 'produce', 'asked', wrong)).text).toContain('line 2 is not JSON')
  expect((await kaizen('streams', 'create', 'x', '--endpoint', 'hires')).code).not.toBe(0)
  expect((await kaizen('streams', 'delete', 'adding')).text).toContain('would be forgotten')
  expect((await kaizen('streams', 'delete', 'adding', '--yes')).code).toBe(0)
  expect((await kaizen('streams', 'list')).text).toContain('No streams yet')
})
