import { copyFile, readdir, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KaizenError } from '@kaizen/contracts'
import type { Message } from './endpoint.ts'

/** The artifact folder of an MLflow store; nothing outside of it is ever read, whatever the database says. */
export class LocalArtifacts {
  readonly #root: string | undefined

  private constructor(root: string | undefined) {
    this.#root = root
  }

  /** Without a folder there are no files, and whatever has some is reported. @throws INVALID_CONFIG */
  static async open(folder: string | undefined): Promise<LocalArtifacts> {
    if (folder === undefined) return new LocalArtifacts(undefined)
    const root = await realpath(folder).catch((cause: unknown) => {
      throw new KaizenError('INVALID_CONFIG', `--artifacts: there is no folder ${folder}`, {
        cause,
      })
    })
    return new LocalArtifacts(root)
  }

  /** What lies in a folder below an artifact URI. @throws INVALID_PATH, UNSUPPORTED */
  async list(uri: string, folder: string): Promise<readonly Message[]> {
    const base = await this.#place(uri)
    if (base === undefined) return []
    const place = await this.#within(join(base, folder))
    if (place === undefined) return []
    const entries: Message[] = []
    for (const entry of (await readdir(place)).sort()) {
      const path = folder === '' ? entry : `${folder}/${entry}`
      const found = await this.#within(join(place, entry))
      if (found === undefined) continue
      const info = await stat(found)
      entries.push({
        path,
        is_dir: info.isDirectory(),
        ...(info.isDirectory() ? {} : { file_size: info.size }),
      })
    }
    return entries
  }

  /** @throws INVALID_PATH, NOT_FOUND */
  async copy(uri: string, path: string, file: string): Promise<void> {
    const base = await this.#place(uri)
    const place = base === undefined ? undefined : await this.#within(join(base, path))
    if (place === undefined)
      throw new KaizenError('NOT_FOUND', `there is no file ${path} of ${uri}`)
    await copyFile(place, file)
  }

  /** Where an artifact URI lies in the folder; undefined where nothing is there. */
  async #place(uri: string): Promise<string | undefined> {
    if (this.#root === undefined) {
      throw new KaizenError('UNSUPPORTED', `its files are at ${uri}, and no --artifacts is named`)
    }
    const proxied = /^mlflow-artifacts:\/*(?:[^/]+:\d+\/)?(.*)$/.exec(uri)
    if (proxied) return this.#within(join(this.#root, decodeURIComponent(proxied[1] ?? '')))
    const path = pathOf(uri)
    if (path === undefined) {
      throw new KaizenError('UNSUPPORTED', `its files are at ${uri}, which is no folder`, {
        hint: 'Run an MLflow server on the database and import from that.',
      })
    }
    const direct = await this.#within(path, 'quietly')
    if (direct !== undefined) return direct
    // A folder that was moved keeps its inner order: EXPERIMENT/RUN/artifacts, EXPERIMENT/traces/TRACE/artifacts.
    const [, inner] =
      /(?:^|\/)([^/]+\/(?:(?:models\/m-)?[0-9a-f]{32}|traces\/[\w-]+)\/artifacts\/?)$/.exec(path) ??
      []
    if (inner !== undefined) return this.#within(join(this.#root, inner))
    return this.#within(path)
  }

  /** The real place of a path; undefined where there is none. @throws INVALID_PATH when it leads out of the folder */
  async #within(path: string, quietly?: 'quietly'): Promise<string | undefined> {
    const root = this.#root ?? ''
    const real = await realpath(resolve(root, path)).catch(() => undefined)
    const inner = relative(root, real ?? resolve(root, path))
    if (!inner.startsWith('..') && !isAbsolute(inner)) return real
    if (quietly) return undefined
    throw new KaizenError('INVALID_PATH', `${path} lies outside of the folder of --artifacts`)
  }
}

function pathOf(uri: string): string | undefined {
  if (uri.startsWith('file:')) {
    try {
      return fileURLToPath(uri)
    } catch {
      return undefined
    }
  }
  return /^[a-z][a-z0-9+.-]*:/i.test(uri) ? undefined : uri
}
