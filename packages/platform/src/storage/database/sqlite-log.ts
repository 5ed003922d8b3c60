import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { LogState } from './sqlite-log-thread.ts'

/**
 * The log is copied back into the database when it has so many pages of 4 KiB; a page that many groups change is copied
 * once. As many as one block of the log's index finds.
 */
const logPages = 4000
/** After so many groups it is asked how long the log is. */
const groupsPerLook = 4

/**
 * Keeps SQLite's write-ahead log short. Copying it waits for the disk, so a thread does it while groups go on; then the
 * next group waits until the rest, which is little, is copied too: only a log that is copied whole begins anew. Callers that
 * read are answered meanwhile.
 */
export class SqliteLog {
  readonly #path: string
  readonly #look: () => LogState
  #thread: Worker | undefined
  #copying: Promise<unknown> | undefined
  #groups = 0
  #due = logPages
  #rest = false

  constructor(path: string, look: () => LogState) {
    this.#path = path
    this.#look = look
  }

  /** To be called between two groups: what is answered, the next group has to wait for. */
  betweenGroups(): Promise<void> | undefined {
    if (this.#rest) {
      this.#rest = false
      return this.#copyRest()
    }
    if (this.#copying || ++this.#groups % groupsPerLook > 0) return undefined
    const { log } = this.#look()
    if (log >= this.#due) {
      this.#copying = this.#copy().then(
        () => {
          this.#copying = undefined
          this.#rest = true
        },
        () => this.#later(log),
      )
    }
    return undefined
  }

  /** Ends the thread, after what it does. */
  async close(): Promise<void> {
    await this.#copying
    await this.#thread?.terminate()
    this.#thread = undefined
  }

  /** A reader of what was before keeps the log from being copied whole: it is tried again when it has grown as much again. */
  async #copyRest(): Promise<void> {
    try {
      const { log, checkpointed } = await this.#copy()
      this.#due = checkpointed < log ? log + logPages : logPages
    } catch {
      this.#later(this.#due)
    }
  }

  /** A disk that takes nothing is told to those who write. */
  #later(log: number): void {
    this.#copying = undefined
    this.#due = log + logPages
  }

  async #copy(): Promise<LogState> {
    this.#thread ??= this.#start()
    this.#thread.postMessage('copy')
    const [state] = (await once(this.#thread, 'message')) as [LogState | { failed: string }]
    if ('failed' in state) throw new Error(state.failed)
    return state
  }

  #start(): Worker {
    const thread = new Worker(new URL('./sqlite-log-thread.ts', import.meta.url), {
      workerData: this.#path,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    thread.unref()
    thread.once('exit', () => {
      if (this.#thread === thread) this.#thread = undefined
    })
    return thread
  }
}
