import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { servingApi, streamsApi, topicsApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { expect, it } from 'vitest'
import { linearModel } from '../packages/platform/src/serving/test-plain-models.ts'
import { kaizen, TestServer } from './test-program.ts'

const records = 20_000

it('a stream survives kills: each record is answered once, in order', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-streams-'))
  let server = await TestServer.start(['--data-dir', folder])
  const cli = (...args: string[]) => kaizen(args, { env: { KAIZEN_SERVER: server.address } })
  const client = () => createClient({ baseUrl: server.address })
  try {
    const uploaded = await fetch(`${server.address}/api/v1/models/linear/versions`, {
      method: 'POST',
      body: linearModel(),
    })
    expect(uploaded.status).toBe(201)
    const made = await cli('endpoints', 'create', 'linear', '--model', 'models:/linear/1')
    expect(made.code, made.stderr).toBe(0)
    const lines = Array.from({ length: records }, (_, i) => JSON.stringify({ a: i, b: 0 }))
    await writeFile(join(folder, 'rows.jsonl'), `${lines.join('\n')}\n`)
    const produced = await cli('streams', 'produce', 'in', join(folder, 'rows.jsonl'))
    expect(produced.stdout, produced.stderr).toContain(`${records} of ${records} records are new`)
    const started = [
      'streams',
      'create',
      's',
      '--endpoint',
      'linear',
      '--from',
      'in',
      '--to',
      'out',
    ]
    expect((await cli(...started)).code).toBe(0)
    for (let kill = 0; kill < 2; kill++) {
      await pause(150)
      await server.kill()
      server = await TestServer.start(['--data-dir', folder])
    }
    const view = () => client().call(streamsApi.get, { params: { name: 's' } })
    await expect.poll(async () => (await view()).lag, { timeout: 30_000 }).toBe(0)
    expect(await view()).toMatchObject({ answered: records, setAside: 0, problem: null })

    const answers: { a: number; id: string }[] = []
    for (let from = 0; ; ) {
      const params = { topic: 'out' }
      const { items, next } = await client().call(topicsApi.records, {
        ...{ params, query: { from, limit: 1000 } },
      })
      if (items.length === 0) break
      for (const { value } of items) {
        const { prediction, inference_id: id } = value as {
          prediction: number
          inference_id: string
        }
        answers.push({ a: Math.round((prediction - 1) / 2), id })
      }
      from = next
    }
    expect(answers.map(({ a }) => a)).toEqual(Array.from({ length: records }, (_, i) => i))
    expect(new Set(answers.map(({ id }) => id)).size).toBe(records)
    const { predictions } = await client().call(servingApi.get, { params: { name: 'linear' } })
    expect(predictions).toBe(records)

    const shown = await cli('streams', 'list')
    expect(shown.stdout).toContain('running')
    const metrics = await (await fetch(`${server.address}/metrics`)).text()
    expect(metrics).toContain('kaizen_stream_lag_records{stream="s"} 0')
    expect((await cli('streams', 'pause', 's')).stdout).toContain('paused')
    expect((await cli('streams', 'delete', 's')).code).not.toBe(0)
    expect((await cli('streams', 'delete', 's', '--yes')).code).toBe(0)
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)
