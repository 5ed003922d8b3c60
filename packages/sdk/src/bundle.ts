import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join, matchesGlob } from 'node:path'
import { KaizenError } from '@kaizen/contracts/errors'

/** A file of a project: its path with forward slashes relative to the project's folder, and its content by digest. */
export interface ProjectFile {
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
}

const maxFiles = 10_000
const maxFileBytes = 1024 ** 3
const alwaysIgnored = new Set(['node_modules', '__pycache__', 'venv'])

/**
 * The files of a project, sorted by path. Left out are names that begin with a dot (settings, secrets, working
 * folders), `node_modules`, `__pycache__`, `venv`, and what `.kaizenignore` names: one glob a line, `dir/` for a
 * folder, `#` for a comment.
 * @throws INVALID_PATH for a symbolic link, TOO_LARGE past the limits.
 */
export async function listProjectFiles(folder: string): Promise<readonly ProjectFile[]> {
  const ignored = await readIgnorePatterns(folder)
  const paths = (await walk(folder, '', ignored)).toSorted()
  const files: ProjectFile[] = []
  for (const path of paths) files.push(await digestFile(folder, path))
  return files
}

async function walk(
  folder: string,
  parent: string,
  ignored: readonly string[],
): Promise<readonly string[]> {
  const paths: string[] = []
  for (const entry of await readdir(join(folder, parent), { withFileTypes: true })) {
    const path = parent === '' ? entry.name : `${parent}/${entry.name}`
    if (entry.name.startsWith('.') || alwaysIgnored.has(entry.name)) continue
    if (ignored.some((pattern) => matchesPattern(path, entry.name, entry.isDirectory(), pattern)))
      continue
    if (entry.isDirectory()) paths.push(...(await walk(folder, path, ignored)))
    else if (entry.isFile()) paths.push(path)
    else {
      throw new KaizenError('INVALID_PATH', `the project's ${path} is not a regular file`, {
        hint: 'Put a copy of the file there, or name it in .kaizenignore.',
      })
    }
    if (paths.length > maxFiles) {
      throw new KaizenError('TOO_LARGE', `the project has more than ${maxFiles} files`, {
        hint: 'Name what is no code or data of the project in .kaizenignore.',
      })
    }
  }
  return paths
}

function matchesPattern(path: string, name: string, isFolder: boolean, pattern: string): boolean {
  const glob = pattern.replace(/^\//, '').replace(/\/$/, '')
  if (pattern.endsWith('/') && !isFolder) return false
  return (
    matchesGlob(path, glob) ||
    (!pattern.includes('/', 1) && matchesGlob(name, glob)) ||
    (pattern.endsWith('/') && matchesGlob(name, glob))
  )
}

async function readIgnorePatterns(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, '.kaizenignore'), 'utf8').catch(() => '')
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

async function digestFile(folder: string, path: string): Promise<ProjectFile> {
  const full = join(folder, path)
  const { size } = await lstat(full)
  if (size > maxFileBytes) {
    throw new KaizenError(
      'TOO_LARGE',
      `the project's ${path} has ${size} bytes; the limit is 1 GiB`,
      {
        hint: 'Name it in .kaizenignore and upload it as a dataset.',
      },
    )
  }
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of createReadStream(full)) {
    hash.update(chunk as Buffer)
    sizeBytes += (chunk as Buffer).length
  }
  return { path, digest: hash.digest('hex'), sizeBytes }
}
