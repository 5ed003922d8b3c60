import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { testServing } from './test-serving.ts'

interface Server {
  readonly process: ChildProcess
  readonly url: string
}

async function startServer(folder: string): Promise<Server> {
  const main = join(import.meta.dirname, 'test-serving-main.ts')
  const child = spawn(process.execPath, [main, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [url] = await once(createInterface(child.stdout!), 'line')
  return { process: child, url: url as string }
}

async function predict(url: string, id: string, temp: number): Promise<number> {
  const response = await fetch(`${url}/v2/models/hires/infer`, {
    method: 'POST',
    body: JSON.stringify({
      id,
      inputs: [
        { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [temp] },
        { name: 'season', datatype: 'BYTES', shape: [1, 1], data: ['spring'] },
      ],
    }),
  })
  const { outputs } = (await response.json()) as { outputs: { data: number[] }[] }
  return outputs[0]!.data[0]!
}

it('holds every answered prediction once after kill -9 at random moments, retries included', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-crash-'))
  try {
    const answered = new Map<string, number>()
    let retried = 0
    let compacted = 0
    for (let round = 0; round < 5; round++) {
      const server = await startServer(folder)
      let alive = true
      const client = async (name: number): Promise<void> => {
        for (let i = 0; alive; i++) {
          // Ids of the round before come first: those that were in flight then are asked again.
          const id = `${name}-${Math.max(0, round - 1)}-${i}`
          if (answered.has(id)) continue
          if (round > 0) retried++
          try {
            answered.set(id, await predict(server.url, id, i))
          } catch {
            return
          }
        }
      }
      // Meanwhile what is logged becomes Parquet, again and again.
      const compactor = async (): Promise<void> => {
        const compact = { method: 'POST', body: '{}' }
        while (alive) {
          const path = `${server.url}/api/v1/endpoints/hires/log/compact`
          const done = await fetch(path, compact).catch(() => undefined)
          if (!done) return
          expect(done.status).toBe(200)
          compacted++
        }
      }
      const clients = [...Array.from({ length: 8 }, (_, name) => client(name)), compactor()]
      await new Promise((resolve) => setTimeout(resolve, 600 + Math.random() * 400))
      server.process.kill('SIGKILL')
      await once(server.process, 'exit')
      await Promise.all(clients)
      alive = false
    }
    expect(retried).toBeGreaterThan(0)
    expect(compacted).toBeGreaterThan(0)
    expect(answered.size).toBeGreaterThan(100)

    await using test = await testServing({ folder })
    const logged = await test.serving.predictions('hires', { from: 0, to: 1e15 })
    expect(new Set(logged.inferenceId).size).toBe(logged.inferenceId.length)
    const values = new Map(
      logged.inferenceId.map((id, row) => [id, logged.outputs.columns[0]?.values[row]]),
    )
    for (const [id, value] of answered) expect([id, values.get(id)]).toEqual([id, value])
    // What is logged beyond that was on the disk but not yet answered: at most what each client waited for.
    expect(logged.inferenceId.length - answered.size).toBeLessThanOrEqual(8 * 5)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000)
