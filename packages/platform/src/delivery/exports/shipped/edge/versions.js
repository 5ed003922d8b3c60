/** Versions on the disk of this machine: the one in force, the one before, and the step from one to the other. */
import { execFile } from 'node:child_process'
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { checkBundle } from './bundle.js'

async function sync(path) {
  const handle = await open(path)
  await handle.sync().finally(() => handle.close())
}

async function filesBelow(folder) {
  const files = new Map()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(relative(folder, path).replaceAll(sep, '/'), await readFile(path))
  }
  return files
}

export class Versions {
  #folder
  #trust
  /** `{ digest, version, protocol }`, or undefined before the first. */
  current
  previous

  /** @param trust `{ publicKey, model }` */
  constructor(folder, trust) {
    this.#folder = folder
    this.#trust = trust
  }

  /** Takes up what is in force; what is not what was signed any more gives way to the version before. */
  async open(tell) {
    await mkdir(join(this.#folder, 'versions'), { recursive: true })
    const state = await readFile(join(this.#folder, 'current.json'), 'utf8').then(
      JSON.parse,
      (failure) => {
        // Only where there is none nothing is in force: versions that cannot be looked up are kept.
        if (failure.code !== 'ENOENT') throw failure
        return {}
      },
    )
    for (const digest of [state.current, state.previous]) {
      if (digest === undefined) continue
      const opened = await this.#load(digest).catch((failure) => {
        tell(`version ${digest.slice(0, 12)} is not used: ${failure.message}`)
      })
      if (opened === undefined) continue
      if (this.current === undefined) this.current = opened
      else this.previous = opened
    }
    await this.#clean()
  }

  async #load(digest) {
    const folder = join(this.#folder, 'versions', digest)
    const checked = checkBundle(await filesBelow(folder), this.#trust)
    if (checked.digest !== digest) throw new Error('it is another bundle')
    const protocol = await import(pathToFileURL(join(folder, 'protocol.js')))
    return { ...checked, protocol }
  }

  /**
   * Puts a bundle in force: checked, laid aside, tried on its golden set, then named in one step. Until that step the
   * version before is in force, after it the new one, whenever the power goes.
   */
  async take(files, version) {
    const { digest } = checkBundle(files, { ...this.#trust, version })
    const folder = join(this.#folder, 'versions', digest)
    const aside = `${folder}.new`
    await rm(aside, { recursive: true, force: true })
    for (const [path, content] of files) {
      const target = join(aside, path)
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, content, { flush: true })
    }
    await promisify(execFile)(process.execPath, ['verify.js'], { cwd: aside, timeout: 120_000 })
    await rm(folder, { recursive: true, force: true })
    await rename(aside, folder)
    await sync(join(this.#folder, 'versions'))
    const opened = await this.#load(digest)
    const previous = this.current
    await this.#name({ current: digest, previous: previous?.digest })
    this.current = opened
    this.previous = previous
    await this.#clean()
  }

  async #name(state) {
    const path = join(this.#folder, 'current.json')
    await writeFile(`${path}.new`, JSON.stringify(state), { flush: true })
    await rename(`${path}.new`, path)
    await sync(this.#folder)
  }

  /** Keeps the version in force and the one before. */
  async #clean() {
    const kept = new Set([this.current?.digest, this.previous?.digest])
    for (const name of await readdir(join(this.#folder, 'versions'))) {
      if (kept.has(name)) continue
      await rm(join(this.#folder, 'versions', name), { recursive: true, force: true })
    }
  }
}
