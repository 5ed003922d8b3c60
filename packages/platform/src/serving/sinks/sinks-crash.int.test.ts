import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import type { PredictionEvent } from './events.ts'
import { startReceiver } from './test-receiver.ts'

const predictions = 5000

it('sends each prediction at least once, the same event each time, after kill -9 at any moment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-sinks-'))
  let killAt = 0
  let kill = (): void => undefined
  await using receiver = await startReceiver(() => {
    if (killAt > 0 && --killAt === 0) kill()
    return 200
  })
  try {
    const start = () => {
      const main = join(import.meta.dirname, 'test-sinks-main.ts')
      const args = [main, folder, String(predictions), receiver.url]
      return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    }
    for (const after of [3, 11, 8]) {
      const child = start()
      // While events are under way: some have come, and it is not noted that they have.
      killAt = after
      kill = () => void child.kill('SIGKILL')
      await once(child, 'exit')
      expect(child.signalCode).toBe('SIGKILL')
    }
    const child = start()
    for await (const line of createInterface(child.stdout)) {
      if (line === 'settled') child.kill('SIGKILL')
    }
    const events = receiver.taken.flatMap(({ body }) => JSON.parse(body) as PredictionEvent[])
    const texts = new Map<string, string>()
    for (const event of events) {
      const text = JSON.stringify(event)
      expect(texts.get(event.id) ?? text).toBe(text)
      texts.set(event.id, text)
    }
    expect(texts.size).toBe(predictions)
    expect(new Set(events.map(({ subject }) => subject)).size).toBe(predictions)
    expect(events.length).toBeGreaterThan(predictions)
    // No more than the events under way at each end.
    expect(events.length).toBeLessThanOrEqual(predictions + 3 * 256)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000)
