import { mkdtemp, rm } from 'node:fs/promises'
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
  root = await mkdtemp(join(tmpdir(), 'kaizen-sinks-cli-'))
  server = await startServer({ port: 0, dataDir: join(root, 'data'), logLevel: 'silent' })
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

it('sends predictions on, shows how far it is, stops and goes on', async () => {
  expect((await kaizen('sinks', 'list')).text).toContain('No sinks yet')
  const asked = ['--endpoint', 'hires', '--to', 'told', '--redact', 'season'] as const
  expect(await kaizen('sinks', 'create', 'topic', ...asked)).toMatchObject({ code: 0 })
  await kaizen('endpoints', 'predict', 'hires', 'temp=1.5', 'season=spring')
  await expect
    .poll(async () => (await kaizen('sinks', 'show', 'topic')).text, { timeout: 10_000 })
    .toMatch(/sent +1\n/)
  const told = (await kaizen('streams', 'read', 'told')).text
  expect(JSON.parse(told)).toMatchObject({
    type: 'kaizen.prediction',
    source: '/endpoints/hires',
    data: { inputs: { temp: 1.5 }, outputs: { variable: 2.5 } },
  })
  expect(told).not.toContain('spring')
  expect((await kaizen('sinks', 'pause', 'topic')).text).toMatch(/state +paused/)
  expect((await kaizen('sinks', 'list', '--endpoint', 'hires')).text).toMatch(
    /topic +paused +hires +told +1 +0 +0/,
  )
  expect((await kaizen('sinks', 'resume', 'topic')).text).toMatch(/state +running/)
  const metrics = await (await fetch(`${server.address}/metrics`)).text()
  expect(metrics).toContain('kaizen_sink_events_total{sink="topic",outcome="sent"} 1')
})

it('refuses what it cannot do, and says why', async () => {
  const none = await kaizen('sinks', 'show', 'nobody')
  expect(none).toMatchObject({ code: 3, text: expect.stringContaining('nobody') })
  const to = (target: string) =>
    kaizen('sinks', 'create', 'x', '--endpoint', 'hires', '--to', target)
  expect((await to('kafka:asked')).text).toContain('kafka-brokers')
  expect((await to('http://example.org/hook')).text).toContain('only https')
  expect((await to('https://a:b@example.org/hook')).text).toContain('name or password')
  expect((await to('no topic')).code).not.toBe(0)
  expect((await kaizen('sinks', 'create', 'x', '--endpoint', 'hires')).code).not.toBe(0)
  expect((await kaizen('sinks', 'delete', 'topic')).text).toContain('would be forgotten')
  expect((await kaizen('sinks', 'delete', 'topic', '--yes')).code).toBe(0)
  expect((await kaizen('sinks', 'list')).text).toContain('No sinks yet')
})
