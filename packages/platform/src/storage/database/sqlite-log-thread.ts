import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

/** Where the log stands: its pages, and how many of them the database holds. */
export interface LogState {
  readonly log: number
  readonly checkpointed: number
}

if (!parentPort) throw new Error('runs as a thread of the server')
const port = parentPort
const database = new DatabaseSync(workerData as string, { timeout: 10_000 })
database.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -2000')
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
port.on('message', () => {
  try {
    port.postMessage({ ...checkpoint.get() })
  } catch (failure) {
    port.postMessage({ failed: String(failure) })
  }
})
