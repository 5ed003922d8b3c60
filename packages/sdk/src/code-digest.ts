import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { KaizenError } from '@kaizen/contracts/errors'
import type { ProjectFile } from './bundle.ts'
import type { CommandCode } from './graph.ts'

const lockFiles = new Set([
  'package.json',
  'package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'requirements.txt',
  'pyproject.toml',
  'uv.lock',
  'poetry.lock',
])
const importPattern = /(?:\bfrom|\bimport)\s*\(?\s*(['"])(\.{1,2}\/[^'"]+)\1/g

/** Digests of the code of steps: of each file that can change what the step does. */
export class CodeDigests {
  readonly #folder: string
  readonly #files: ReadonlyMap<string, ProjectFile>
  readonly #imports = new Map<string, Promise<readonly string[]>>()

  constructor(folder: string, files: readonly ProjectFile[]) {
    this.#folder = folder
    this.#files = new Map(files.map((file) => [file.path, file]))
  }

  /** Of a step in TypeScript: its module, all that the module imports from the project, and the lock files. */
  async ofModule(module: string, exportName: string): Promise<string> {
    const reached = new Set<string>()
    const open = [module]
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (reached.has(path) || !this.#files.has(path)) continue
      reached.add(path)
      open.push(...(await this.#importsOf(path)))
    }
    return this.#digest(['typescript', module, exportName], reached)
  }

  /** Of a command: its arguments, the files that they name, those listed, and for Python the scripts beside them. */
  ofCommand(argv: readonly string[], code: CommandCode): string {
    for (const path of code.files) {
      if (this.#files.has(posix.normalize(path))) continue
      throw new KaizenError(
        'INVALID_MANIFEST',
        `the project has no file ${path}, which a step names`,
        {
          hint: 'Give its path relative to the folder of kaizen.ts, and check .kaizenignore.',
        },
      )
    }
    const paths = new Set([...code.files, ...argv].map((path) => posix.normalize(path)))
    if (code.python) {
      for (const script of code.files) {
        const folder = posix.dirname(posix.normalize(script))
        for (const path of this.#files.keys())
          if (path.endsWith('.py') && (folder === '.' || path.startsWith(`${folder}/`)))
            paths.add(path)
      }
    }
    return this.#digest(['command', ...argv], paths)
  }

  #importsOf(path: string): Promise<readonly string[]> {
    const known = this.#imports.get(path)
    if (known) return known
    const found = readFile(join(this.#folder, path), 'utf8').then((source) =>
      [...source.matchAll(importPattern)].map((match) =>
        posix.join(posix.dirname(path), match[2] as string),
      ),
    )
    this.#imports.set(path, found)
    return found
  }

  #digest(what: readonly string[], paths: ReadonlySet<string>): string {
    const hash = createHash('sha256').update(JSON.stringify(what))
    const all = [...this.#files.values()].filter(
      (file) => paths.has(file.path) || lockFiles.has(file.path),
    )
    for (const file of all) hash.update(JSON.stringify([file.path, file.digest]))
    return hash.digest('hex')
  }
}
