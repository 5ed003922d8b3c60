import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Copies of model files by digest. A repository changes under the server; what is loaded must not, because a thread that
 * is replaced reads its models again.
 */
export class FrozenFiles {
  readonly #folder: string
  #next = 0

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Starts empty: what an earlier server copied is of no use. */
  static async open(folder: string): Promise<FrozenFiles> {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    return new FrozenFiles(folder)
  }

  /** Copies a file; answers the digest of what was copied. */
  async freeze(file: string): Promise<string> {
    const temporary = join(this.#folder, `${this.#next++}.part`)
    const hash = createHash('sha256')
    try {
      await using target = await open(temporary, 'wx')
      for await (const chunk of createReadStream(file)) {
        hash.update(chunk as Buffer)
        await target.writeFile(chunk as Buffer)
      }
    } catch (failure) {
      await rm(temporary, { force: true })
      throw failure
    }
    const digest = hash.digest('hex')
    await rename(temporary, this.#path(digest))
    return digest
  }

  /** The port that the model pool loads from. */
  async localPath(digest: string): Promise<string> {
    return this.#path(digest)
  }

  async forget(digest: string): Promise<void> {
    await rm(this.#path(digest), { force: true })
  }

  #path(digest: string): string {
    return join(this.#folder, `${digest}.onnx`)
  }
}
