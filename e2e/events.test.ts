import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { auditApi, mlflowExperimentsApi, mlflowRunsApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { afterAll, expect, it } from 'vitest'
import { TestServer } from './test-program.ts'

const clients = 32
const kills = 3
const writesBeforeKill = 10
const pointsPerPage = 25_000

let folder: string | undefined
afterAll(async () => {
  if (folder) await rm(folder, { recursive: true })
})

/** One client's writes: how many the server has acknowledged. */
interface Writer {
  readonly key: string
  acknowledged: number
}

/** Logs 0, 1, 2, … as a metric of the run until the server is gone. */
async function logUntilGone(address: string, runId: string, writer: Writer): Promise<void> {
  const client = createClient({ baseUrl: address })
  for (let step = 0; ; step++) {
    try {
      await client.call(mlflowRunsApi.logMetric, {
        body: { run_id: runId, key: writer.key, value: step, timestamp: step, step },
      })
      writer.acknowledged++
    } catch {
      return
    }
  }
}

/** The steps of a metric in the order of its history. */
async function stepsOf(address: string, runId: string, key: string): Promise<number[]> {
  const { metrics = [], next_page_token } = await createClient({ baseUrl: address }).call(
    mlflowRunsApi.history,
    { query: { run_id: runId, metric_key: key, max_results: pointsPerPage } },
  )
  expect(next_page_token ?? '').toBe('')
  return metrics.map(({ step }) => step)
}

it(`loses no acknowledged write of ${clients} clients when the server is killed under load`, async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-events-'))
  const dataDir = ['--data-dir', folder]
  let acknowledged = 0
  for (let round = 0; round < kills; round++) {
    const server = await TestServer.start(dataDir)
    const client = createClient({ baseUrl: server.address })
    const { experiment_id } = await client.call(mlflowExperimentsApi.create, {
      body: { name: `round ${round}` },
    })
    const { run } = await client.call(mlflowRunsApi.create, { body: { experiment_id } })
    const runId = run.info.run_id
    const writers = Array.from(
      { length: clients },
      (_, n): Writer => ({ key: `m${n}`, acknowledged: 0 }),
    )
    const load = writers.map((writer) => logUntilGone(server.address, runId, writer))
    while (writers.some((writer) => writer.acknowledged < writesBeforeKill)) await sleep(10)
    await server.kill()
    await Promise.all(load)

    await using next = await TestServer.start(dataDir)
    for (const { key, acknowledged: count } of writers) {
      const steps = await stepsOf(next.address, runId, key)
      // The one that was under way may have been written without an answer; none is doubled.
      expect(steps).toEqual(Array.from({ length: steps.length }, (_, step) => step))
      expect(steps.length - count, `${key} of round ${round}`).toBeOneOf([0, 1])
      acknowledged += count
    }
    const verified = await createClient({ baseUrl: next.address }).call(auditApi.verify)
    expect(verified.ok).toBe(true)
    expect(verified.events).toBeGreaterThan(acknowledged)
  }
  console.log(`${acknowledged} acknowledged writes, ${kills} kills`)
})
