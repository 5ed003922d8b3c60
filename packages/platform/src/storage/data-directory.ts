import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { KaizenError } from '@kaizen/contracts/errors'

/** The folder that one server owns, with the places inside it. */
export interface DataDirectory extends AsyncDisposable {
  readonly root: string
  readonly databasePath: string
  readonly blobsPath: string
  /** A folder for temporary and working files of one part. */
  folder(name: string): Promise<string>
}

/**
 * Opens a data directory for this process alone. The lock is SQLite's own on a file of its own, so the operating
 * system gives it back when the process ends in whatever way.
 * @throws DATA_DIRECTORY_LOCKED when another process has it open, INVALID_CONFIG when there is no such folder to be had.
 */
export async function openDataDirectory(folder: string): Promise<DataDirectory> {
  // Steps run in folders of their own: what they are handed must not depend on where the server was started.
  const root = resolve(folder)
  await mkdir(root, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new KaizenError('INVALID_CONFIG', `${root} cannot be the data directory: ${cause.code}`, {
      hint: 'Give --data-dir a folder that this user may write, or one that does not exist yet.',
      cause,
    })
  })
  const lock = new DatabaseSync(join(root, 'server.lock'), { timeout: 0 })
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;')
  } catch (cause) {
    lock.close()
    throw new KaizenError(
      'DATA_DIRECTORY_LOCKED',
      `another Kaizen server has the data directory ${root} open`,
      {
        hint: 'Stop that server, or give this one another --data-dir.',
        cause,
      },
    )
  }
  return {
    root,
    databasePath: join(root, 'kaizen.db'),
    blobsPath: join(root, 'blobs'),
    async folder(name) {
      const path = join(root, name)
      await mkdir(path, { recursive: true })
      return path
    },
    async [Symbol.asyncDispose]() {
      lock.close()
    },
  }
}
