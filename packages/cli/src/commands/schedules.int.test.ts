import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelsApi } from '@kaizen/contracts'
import { startServer } from '@kaizen/platform'
import { createClient } from '@kaizen/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addingModel } from '../../../platform/src/serving/test-serving.ts'
import { runKaizen } from '../test-cli.ts'

let root: string
let server: Awaited<ReturnType<typeof startServer>>
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaizen-schedules-cli-'))
  server = await startServer({ port: 0, dataDir: join(root, 'data'), logLevel: 'silent' })
  const client = createClient({ baseUrl: server.address })
  const input = { params: { name: 'hires' }, query: {} }
  await client.upload(modelsApi.upload, input, new Uint8Array(addingModel(1)))
  const rows = join(root, 'rows.csv')
  await writeFile(rows, 'temp,season\n1,s\n2,s\n')
  await kaizen('data', 'create', 'rows')
  expect((await kaizen('data', 'add', 'rows', rows)).code).toBe(0)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

const kaizen = (...args: readonly string[]) => runKaizen(...args, '--server', server.address)

it('scores a dataset at the times of a clock, and by hand, and stops', async () => {
  expect((await kaizen('schedules', 'list')).text).toContain('No schedules yet')
  const times = ['--cron', '* * * * * *', '--into', 'scores'] as const
  const made = await kaizen('schedules', 'create', 'often', 'models:/hires/1', 'rows', ...times)
  expect(made).toMatchObject({ code: 0, text: expect.stringMatching(/next +\d{4}-/) })
  await expect
    .poll(async () => (await kaizen('batch', 'list')).text, { timeout: 20_000 })
    .toMatch(/succeeded +hires\/1 +2 +2 +0/)
  expect((await kaizen('schedules', 'pause', 'often')).text).toMatch(/state +paused/)
  expect((await kaizen('schedules', 'list')).text).toMatch(/often +paused +models:\/hires\/1 +rows/)
  expect((await kaizen('schedules', 'run', 'often')).text).toMatch(/outcome +started/)
  expect((await kaizen('schedules', 'resume', 'often')).text).toMatch(/state +running/)
  expect((await kaizen('data', 'list')).text).toContain('scores')
})

it('refuses what it cannot do, and says why', async () => {
  const create = (...args: readonly string[]) =>
    kaizen('schedules', 'create', 'x', 'models:/hires/1', 'rows', ...args)
  expect((await create()).code).not.toBe(0)
  const none = (model: string, dataset: string) =>
    kaizen('schedules', 'create', 'x', model, dataset, '--cron', '* * * * *')
  expect((await none('models:/hires/1', 'nothing')).text).toContain('no dataset named "nothing"')
  expect((await none('models:/hires/9', 'rows')).code).toBe(3)
  expect((await create('--cron', 'daily')).text).toContain('cron "daily"')
  expect((await create('--cron', '* * * * *', '--time-zone', 'Mars')).text).toContain('Mars')
  expect((await create('--cron', '* * * * *', '--overlap', 'twice')).code).not.toBe(0)
  expect((await kaizen('schedules', 'show', 'nobody')).code).toBe(3)
  expect((await kaizen('schedules', 'delete', 'often')).text).toContain('--yes')
  expect((await kaizen('schedules', 'delete', 'often', '--yes')).code).toBe(0)
  expect((await kaizen('schedules', 'list')).text).toContain('No schedules yet')
})
