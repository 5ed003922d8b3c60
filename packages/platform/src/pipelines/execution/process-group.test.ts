import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { afterEach, expect, it } from 'vitest'
import { endGroup, yieldToServing } from './process-group.ts'

const started: number[] = []
afterEach(() => Promise.all(started.splice(0).map((pid) => endGroup(pid, 1000))))

async function sleeper(detached: boolean): Promise<number> {
  const child = spawn('sleep', ['60'], { detached, stdio: 'ignore' })
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  if (detached) started.push(pid)
  else child.kill()
  return pid
}

/** What the system says about the session of a process, on systems that share by sessions. */
const sessionPriority = (pid: number): string =>
  existsSync(`/proc/${pid}/autogroup`) ? readFileSync(`/proc/${pid}/autogroup`, 'utf8') : 'nice 10'

it('lets those who answer go first, as a process and as a session', async () => {
  const pid = await sleeper(true)
  yieldToServing(pid)
  expect(getPriority(pid)).toBe(10)
  expect(sessionPriority(pid)).toContain('nice 10')
})

it('does not slow the session of its own server', async () => {
  const before = sessionPriority(process.pid)
  yieldToServing(await sleeper(false))
  expect(sessionPriority(process.pid)).toBe(before)
})
