import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelsApi, servingApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { addingModel } from '../../../platform/src/serving/test-serving.ts'
import { type OwnServer, startOwnServer } from '../server-in-process.ts'
import { runKaizen } from '../test-cli.ts'

let root: string
let server: OwnServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaizen-streams-test-'))
  server = await startOwnServer(join(root, 'data'))
  const client = createClient({ baseUrl: server.address })
  await client.upload(
    modelsApi.upload,
    { params: { name: 'adding' } },
    Uint8Array.from(addingModel(1)),
  )
  await client.call(servingApi.create, {
    body: {
      name: 'hires',
      model: 'adding',
      route: { arms: [{ name: 'champion', model: 'models:/adding/1' }] },
    },
  })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

const kaizen = (...args: readonly string[]) =>
  runKaizen('streams', ...args, '--server', server.address)

it('answers a file of records, shows what it set aside, and is paused, resumed and deleted', async () => {
  const file = join(root, 'numbers.jsonl')
  await writeFile(file, '{"temp":1,"season":"summer"}\n\n{"temp":2,"season":"summer"}\n{"y":3}\n')
  const created = await kaizen(
    'create',
    'all',
    '--endpoint',
    'hires',
    '--from',
    'in',
    '--to',
    'out',
  )
  expect(created.code).toBe(0)
  expect(created.text).toMatch(/from\s+in\n/)
  expect((await kaizen('produce', 'in', file)).text).toBe('3 of 3 records are new in in.\n')
  expect((await kaizen('produce', 'in', file)).text).toBe('0 of 3 records are new in in.\n')
  await vi.waitFor(
    async () => expect((await kaizen('show', 'all')).text).toMatch(/answered\s+2\n/),
    { timeout: 20_000, interval: 200 },
  )
  const { text } = await kaizen('show', 'all')
  expect(text).toMatch(/set aside\s+1\n/)
  expect(text).toContain('{"y":3}')
  expect((await kaizen('list')).text).toMatch(/all\s+running\s+hires\s+in\s+out\s+2\s+1\s+0/)
  const answers = (await kaizen('read', 'out')).text.trim().split('\n')
  expect(answers.map((line) => (JSON.parse(line) as { prediction: number }).prediction)).toEqual([
    2, 3,
  ])
  expect((await kaizen('read', 'out', '--from', '1', '--json')).text).toContain('"prediction": 3')
  expect((await kaizen('pause', 'all')).text).toMatch(/state\s+paused/)
  expect((await kaizen('resume', 'all')).text).toMatch(/state\s+running/)
  const kept = await kaizen('delete', 'all')
  expect(kept.code).not.toBe(0)
  expect(kept.text).toContain('--yes')
  expect((await kaizen('delete', 'all', '--yes')).text).toBe('The stream all is deleted.\n')
  expect((await kaizen('show', 'all')).text).toContain('there is no stream')
})

it('says what is wrong with what it is given', async () => {
  const file = join(root, 'broken.jsonl')
  await writeFile(file, '{"x": 1}\n{"x": \n')
  expect((await kaizen('produce', 'in', file)).text).toContain('line 2 is not JSON')
  expect((await kaizen('produce', 'in', join(root, 'nowhere.jsonl'))).text).toMatch(
    /nowhere\.jsonl/,
  )
  const far = ['create', 'far', '--endpoint', 'hires', '--from', 'kafka:payments']
  expect((await kaizen(...far)).text).toContain('--kafka-brokers')
  expect((await kaizen('create', 'x', '--endpoint', 'nothing', '--from', 'in')).text).toContain(
    'there is no endpoint "nothing"',
  )
})
