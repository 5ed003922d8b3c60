import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const program = fileURLToPath(new URL('part-process.ts', import.meta.url))
/** Holds a task back, deaf to everything, until whoever sent it is gone. */
const hold = `data:text/javascript,${encodeURIComponent(`
  const wait = () => {
    process.send('got')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700)
  }
  process.on('newListener', function listen(name) {
    if (name !== 'message') return
    process.off('newListener', listen)
    queueMicrotask(() => process.prependOnceListener('message', wait))
  })
`)}`

it('ends without a word when the server that gave it a task has ended', async () => {
  const child = fork(program, [], {
    execArgv: ['--import', hold],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  child.send({})
  expect(await once(child, 'message')).toContain('got')
  child.disconnect()
  const [said, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'exit')])
  expect(said).toBe('')
  expect(code).toBe(0)
})
