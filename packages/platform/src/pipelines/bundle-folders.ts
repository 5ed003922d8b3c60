import { randomUUID } from 'node:crypto'
import { constants, copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import type { BlobStore } from '../storage/index.ts'
import type { Bundle, BundleFile } from './model.ts'

/**
 * Checks that a bundle can become a folder: no path is absolute, leaves the root or is both a file and a folder.
 * @throws INVALID_PATH
 */
export function checkBundlePaths(files: readonly BundleFile[]): void {
  const paths = new Set<string>()
  for (const { path } of files) {
    const segments = path.split('/')
    const bad = segments.some((segment) => segment === '' || segment === '.' || segment === '..')
    if (bad || /[\0\\]/.test(path) || /^[A-Za-z]:/.test(path) || paths.has(path)) {
      throw new KaizenError('INVALID_PATH', `the bundle holds the path ${JSON.stringify(path)}`, {
        hint: 'Paths of a bundle are relative, with forward slashes, without "..", each once.',
      })
    }
    paths.add(path)
  }
  for (const path of paths) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      if (!paths.has(folder)) continue
      throw new KaizenError('INVALID_PATH', `the bundle holds ${folder} as a file and as a folder`)
    }
  }
}

/** Folders with the files of bundles, each made once and then only read. */
export class BundleFolders {
  readonly #root: string
  readonly #blobs: BlobStore
  readonly #making = new Map<string, Promise<string>>()

  constructor(root: string, blobs: BlobStore) {
    this.#root = root
    this.#blobs = blobs
  }

  /** Removes what a crash left half made. */
  async tidy(): Promise<void> {
    await mkdir(this.#root, { recursive: true })
    for (const name of await readdir(this.#root))
      if (name.endsWith('.part')) await rm(join(this.#root, name), { recursive: true, force: true })
  }

  /** The folder of a bundle. @throws NOT_FOUND when a file of it is not stored */
  folderOf(bundle: Bundle): Promise<string> {
    const known = this.#making.get(bundle.digest)
    if (known) return known
    const making = this.#make(bundle).catch((failure: unknown) => {
      this.#making.delete(bundle.digest)
      throw failure
    })
    this.#making.set(bundle.digest, making)
    return making
  }

  async #make(bundle: Bundle): Promise<string> {
    const folder = join(this.#root, bundle.digest)
    if (await stat(folder).catch(() => undefined)) return folder
    checkBundlePaths(bundle.files)
    const aside = `${folder}.${randomUUID()}.part`
    try {
      await mkdir(aside, { recursive: true })
      for (const file of bundle.files) {
        const target = join(aside, file.path)
        await mkdir(dirname(target), { recursive: true })
        await copyFile(
          await this.#blobs.localPath(file.digest),
          target,
          constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL,
        )
      }
      await rename(aside, folder)
    } catch (failure) {
      await rm(aside, { recursive: true, force: true })
      // Another process may have been first; its folder has the same content.
      if (!(await stat(folder).catch(() => undefined))) throw failure
    }
    return folder
  }
}
