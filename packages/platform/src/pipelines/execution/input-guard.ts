import { stat } from 'node:fs/promises'
import { KaizenError } from '@kaizen/contracts'
import type { BlobStore } from '../../storage/index.ts'

interface Watched {
  readonly name: string
  readonly digest: string
  readonly path: string
  readonly mark: string
}

/** Steps read their inputs where they are stored: it is seen when one of them has been written to. */
export class InputGuard {
  readonly #blobs: BlobStore
  readonly #watched: Watched[] = []

  constructor(blobs: BlobStore) {
    this.#blobs = blobs
  }

  /** The path of an input, which is watched from here on. @throws NOT_FOUND */
  async open(name: string, digest: string): Promise<string> {
    const path = await this.#blobs.localPath(digest)
    this.#watched.push({ name, digest, path, mark: await markOf(path) })
    return path
  }

  /**
   * Takes content that is no longer what its digest says out of the store, so that it is made again.
   * @throws STEP_FAILED naming the input that was changed
   */
  async check(): Promise<void> {
    for (const { name, digest, path, mark } of this.#watched) {
      if ((await markOf(path)) === mark) continue
      await this.#blobs.remove(digest)
      throw new KaizenError('STEP_FAILED', `it has changed its input "${name}"`, {
        hint: 'Inputs may only be read: write to the paths of the outputs. The next run makes the input again.',
      })
    }
  }
}

async function markOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : 'gone'
}
