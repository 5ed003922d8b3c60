import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FolderFile, packFolder } from '../../runtime/index.ts'

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

  /** Copies the files of a folder; answers the digest of the folder as one content, and those of its files. */
  async freezeFolder(
    folder: string,
    paths: readonly string[],
  ): Promise<{ readonly digest: string; readonly parts: readonly string[] }> {
    const files: FolderFile[] = []
    for (const path of paths) files.push({ path, digest: await this.freeze(join(folder, path)) })
    const packed = packFolder(files)
    const digest = createHash('sha256').update(packed).digest('hex')
    await writeFile(this.#path(digest), packed)
    return { digest, parts: files.map((file) => file.digest) }
  }

  /** The port that the model pool loads from. */
  async localPath(digest: string): Promise<string> {
    return this.#path(digest)
  }

  async forget(digest: string): Promise<void> {
    await rm(this.#path(digest), { force: true })
  }

  #path(digest: string): string {
    return frozenPath(this.#folder, digest)
  }
}

/** Where the copy with a digest lies in the folder of the copies. */
export const frozenPath = (folder: string, digest: string): string => join(folder, `${digest}.onnx`)
