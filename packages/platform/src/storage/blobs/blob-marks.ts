import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { KaizenError } from '@kaizen/contracts/errors'

/** The blobs that something in the database refers to, at one moment. */
export interface BlobMarks {
  readonly count: number
  has(digest: string): boolean
}

/** Rows that a question looks past, as if they were gone. */
export interface RowsGone {
  readonly table: string
  readonly column: string
  /** Their values of the column; for paths also what lies below one of them. */
  readonly values: readonly (string | number)[]
}

/** What the thread is given. */
export interface MarkTask {
  /** A `postgres://` address, or the path of an SQLite file. */
  readonly database: string
  /** Tables whose digests are history, not references. */
  readonly except: readonly string[]
  /** What would be gone by then, where somebody only asks. */
  readonly gone?: readonly RowsGone[]
}

/**
 * Finds every digest that any text of the database holds, as of one snapshot. A text that happens to look like a digest
 * keeps a blob for nothing; a reference that some table makes in a way unknown here is still found. Runs in a thread of its
 * own, because it reads everything.
 */
export async function markBlobs(task: MarkTask): Promise<BlobMarks> {
  const worker = new Worker(new URL('./blob-marks-thread.ts', import.meta.url), {
    workerData: task,
  })
  try {
    const [message] = (await once(worker, 'message')) as [
      Float64Array | { readonly failed: string },
    ]
    if (!(message instanceof Float64Array)) {
      throw new KaizenError('UNAVAILABLE', `the database cannot be read: ${message.failed}`, {
        hint: 'Nothing was collected; try again.',
      })
    }
    const marks = new Set(message)
    return { count: marks.size, has: (digest) => marks.has(markOf(digest)) }
  } finally {
    await worker.terminate()
  }
}

/**
 * The first 48 bits of a digest: a million marks fit into some tens of megabytes, and two digests that share them keep each
 * other, which happens once in hundreds of millions and harms nobody.
 */
export const markOf = (digest: string): number => Number.parseInt(digest.slice(0, 12), 16)
