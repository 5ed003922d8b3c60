import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { applyProject } from '@kaizen/cli/project'
import { auditApi, pipelinesApi, systemApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { expect, it } from 'vitest'
import { deployIdentity } from './deploy-identity.ts'
import { SmallDisk } from './hostile/small-disk.ts'
import { projectFolder } from './hostile/target.ts'
import { TestServer } from './test-program.ts'

const megabytes = 48
const disk = await SmallDisk.mount(megabytes)
const required = process.env['KAIZEN_REQUIRE_SERVICES'] === '1'

it.skipIf(!disk && !required)(
  'a full disk (a small tmpfs, which only root may mount) is told as such, harms nothing, and is over once there is space',
  async () => {
    if (!disk) throw new Error('this user may not mount a tmpfs')
    await using small = disk
    await using server = await TestServer.start(['--data-dir', join(small.folder, 'data')])
    const client = createClient({ baseUrl: server.address })
    const send = async (method: string, path: string, body: unknown) => {
      const answer = await fetch(`${server.address}${path}`, {
        method,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      return { path, status: answer.status, text: await answer.text() }
    }
    let round = 0
    /** One change of every kind, of new content each time. */
    const changes = () => {
      round++
      const lines = Array.from({ length: 20_000 }, (_, i) => `2024-01-01,${i},${i * round}`)
      const rows = `day,price,sold\n${lines.join('\n')}\n`
      const many = lines.map((_, i) => [i, round])
      const tags = [{ key: 'note', value: 'x'.repeat(4900) }]
      return Promise.all([
        send('POST', '/api/v1/datasets', { name: `d${round}`, description: 'x'.repeat(9000) }),
        send('POST', '/api/v1/datasets/sales/versions?format=csv', rows),
        send('POST', '/api/2.0/mlflow/runs/create', { experiment_id: '0', tags }),
        send('PUT', `/api/2.0/mlflow-artifacts/artifacts/0/${round}/rows.csv`, rows),
        send('POST', '/endpoints/identity/invocations', { inputs: { FP64: many } }),
      ])
    }
    await applyProject(client, projectFolder, 'before the disk is full')
    await deployIdentity(server.address)
    expect((await changes()).filter(({ status }) => status >= 300)).toEqual([])

    // Its step ends, by its timeout of a second, while nothing can be written.
    const run = await client.call(pipelinesApi.run, { params: { name: 'hangs' }, body: {} })
    await small.fill()
    for (let i = 0; i < 3; i++) {
      const { events } = await client.call(auditApi.verify)
      for (const { path, status, text } of await changes()) {
        expect(`${path}: ${status} ${text}`).toMatch(/: 503 .*full/)
      }
      expect(await client.call(auditApi.verify)).toMatchObject({ ok: true, events })
    }
    expect((await client.call(systemApi.ready)).ready).toBe(true)

    await sleep(2000)
    await small.free()
    await expect
      .poll(() => client.call(pipelinesApi.runDetail, { params: { id: run.id } }), {
        timeout: 20_000,
      })
      .toMatchObject({ state: 'failed', error: { code: expect.any(String) } })
    expect((await changes()).filter(({ status }) => status >= 300)).toEqual([])
    expect(await client.call(auditApi.verify)).toMatchObject({ ok: true, problem: null })
  },
)
