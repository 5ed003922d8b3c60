import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { constants, setPriority } from 'node:os'
import { KaizenError } from '@kaizen/contracts'
import type { PartManifest } from './part.ts'
import type { PartTask } from './part-writer.ts'

type Answer = { readonly manifest: PartManifest } | { readonly failure: string }

/**
 * Writes parts one after the other in a process that lives while there are some to write. It gives way to whoever answers
 * requests, and what memory the engine takes goes with it: from a thread much of it would stay with the server.
 */
export class PartClient implements AsyncDisposable {
  #process: ChildProcess | undefined

  /** @throws UNAVAILABLE; the segments stand then. */
  async write(task: PartTask): Promise<PartManifest> {
    this.#process ??= started()
    const child = this.#process
    const ended = new AbortController()
    try {
      child.send(task)
      const [answer] = (await Promise.race([
        once(child, 'message', ended),
        once(child, 'exit', ended).then(() => [{ failure: 'its process ended' }]),
      ])) as [Answer]
      if ('manifest' in answer) return answer.manifest
      throw new Error(answer.failure)
    } catch (failure) {
      await this[Symbol.asyncDispose]()
      throw new KaizenError(
        'UNAVAILABLE',
        `predictions could not be written as Parquet: ${(failure as Error).message}`,
        {
          hint: 'They stay in their segments; look at the disk of the data directory.',
          cause: failure,
        },
      )
    } finally {
      ended.abort()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

function started(): ChildProcess {
  const child = fork(new URL('./part-process.ts', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  // A failure to send comes with the exit, which is waited for.
  child.on('error', () => undefined)
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Where priorities are not allowed it competes as it is.
  }
  return child
}
