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

/** Of all rooms of this process that run code from bundles; nobody else has its data directory open. */
const making = new Map<string, Promise<string>>()
const lastUsed = new Map<string, number>()
const leaving = new Map<string, Promise<unknown>>()

/** Folders with the files of bundles, each made once and then only read. */
export class BundleFolders {
  readonly #root: string
  readonly #blobs: BlobStore

  constructor(root: string, blobs: BlobStore) {
    this.#root = root
    this.#blobs = blobs
  }

  /** Removes what a crash left half made, or half removed. */
  async tidy(): Promise<void> {
    await mkdir(this.#root, { recursive: true })
    for (const name of await readdir(this.#root))
      if (name.endsWith('.part')) await rm(join(this.#root, name), { recursive: true, force: true })
  }

  /** The folder of a bundle. @throws NOT_FOUND when a file of it is not stored */
  folderOf(bundle: Bundle): Promise<string> {
    const folder = join(this.#root, bundle.digest)
    lastUsed.set(folder, Date.now())
    const known = making.get(folder)
    if (known) return known
    const made = this.#make(bundle, folder).catch((failure: unknown) => {
      making.delete(folder)
      throw failure
    })
    making.set(folder, made)
    return made
  }

  async #make(bundle: Bundle, folder: string): Promise<string> {
    await leaving.get(folder)
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

/**
 * Removes folders of bundles that are neither kept nor used since a time; whoever needs one again gets it made again
 * from what is stored. A folder leaves under another name first, so none is ever seen in part.
 */
export async function removeBundleFolders(
  root: string,
  {
    keep,
    before,
    dryRun,
  }: { readonly keep: ReadonlySet<string>; readonly before: number; readonly dryRun: boolean },
): Promise<{ readonly count: number; readonly sizeBytes: number }> {
  let count = 0
  let sizeBytes = 0
  for (const name of await readdir(root).catch(() => [])) {
    const folder = join(root, name)
    if (!/^[0-9a-f]{64}$/.test(name) || keep.has(name)) continue
    // Another collection may be at the same folder.
    const made = await stat(folder).catch(() => undefined)
    const size = await sizeOf(folder).catch(() => undefined)
    if (!made || size === undefined || made.mtimeMs >= before) continue
    // From here to the new name nothing else of this process has a turn.
    if ((lastUsed.get(folder) ?? 0) >= before) continue
    if (!dryRun) {
      const aside = `${folder}.${randomUUID()}.part`
      making.delete(folder)
      const left = rename(folder, aside).then(
        () => true,
        () => false,
      )
      leaving.set(folder, left)
      const isOurs = await left
      leaving.delete(folder)
      if (!isOurs) continue
      await rm(aside, { recursive: true, force: true })
    }
    count++
    sizeBytes += size
  }
  return { count, sizeBytes }
}

async function sizeOf(folder: string): Promise<number> {
  let sizeBytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) sizeBytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return sizeBytes
}
