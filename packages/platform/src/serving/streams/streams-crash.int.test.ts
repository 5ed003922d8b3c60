import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { StreamView } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import { testServing } from '../test-serving.ts'
import { readRecords } from './topics.store.ts'

const records = 10_000

interface Answer {
  readonly prediction: number
  readonly inference_id: string
  readonly input: { readonly position: number }
}

it('answers each record once, in order, after kill -9 at random moments', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-streams-'))
  const start = () => {
    const main = join(import.meta.dirname, 'test-streams-main.ts')
    const child = spawn(process.execPath, [main, folder, String(records)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    return { child, lines: createInterface(child.stdout) }
  }
  try {
    let cut = 0
    for (let round = 0; round < 3; round++) {
      const { child, lines } = start()
      let ended = false
      lines.on('line', (line) => {
        ended ||= line !== 'running'
      })
      await once(lines, 'line')
      await pause(30 + Math.random() * 60)
      child.kill('SIGKILL')
      await once(child, 'exit')
      if (!ended) cut++
    }
    expect(cut).toBeGreaterThan(0)
    const { child, lines } = start()
    const told: string[] = []
    for await (const line of lines) {
      told.push(line)
      if (told.length === 2) child.kill('SIGKILL')
    }
    const view = JSON.parse(told[1]!) as StreamView
    expect(view).toMatchObject({ answered: records, setAside: 0, lag: 0, problem: null })

    await using test = await testServing({ folder })
    const kept = await readRecords(test.database.reader, 'out', { from: 0, limit: 2 * records })
    const answers = kept.map(({ value }) => JSON.parse(value) as Answer)
    const places = Array.from({ length: records }, (_, i) => i)
    expect(answers.map(({ input }) => input.position)).toEqual(places)
    expect(answers.map(({ prediction }) => prediction)).toEqual(places.map((i) => i + 1))
    const logged = await test.serving.predictions('hires', { from: 0, to: 1e15 })
    expect(new Set(logged.inferenceId).size).toBe(logged.inferenceId.length)
    expect(new Set(logged.inferenceId)).toEqual(new Set(answers.map((each) => each.inference_id)))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000)
