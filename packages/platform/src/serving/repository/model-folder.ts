import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'

/** A version that a folder holds: the file or the whole folder to load, or why there is none. */
export interface FolderVersion {
  readonly version: number
  readonly file: string | undefined
  /** Files of a model for Python, relative to its folder. */
  readonly python?: { readonly folder: string; readonly files: readonly string[] }
  readonly reason: string
}

/** The protocol buffers of ONNX end at 2 GiB. */
const largestModelBytes = 2 * 1024 ** 3
/** More than any MLmodel file needs. */
const largestDescriptionBytes = 1024 * 1024

const isVersion = (name: string): boolean => /^[1-9]\d{0,8}$/.test(name)
const isModelName = (name: string): boolean => /^[^.\p{Cc}/\\][^\p{Cc}/\\]{0,249}$/u.test(name)

/** Names of the models of a repository: its folders, except hidden ones. */
export async function modelNames(repository: string): Promise<readonly string[]> {
  const names: string[] = []
  for (const name of (await readdir(repository)).sort()) {
    if (isModelName(name) && (await isFolder(join(repository, name)))) names.push(name)
  }
  return names
}

/**
 * The versions of one model: numbered folders, or the folder itself as version 1. Undefined where the repository has no
 * such folder; the name is looked up among those that are there, never used as a path.
 */
export async function modelVersions(
  repository: string,
  name: string,
): Promise<readonly FolderVersion[] | undefined> {
  const known = (await modelNames(repository)).includes(name)
  if (!known) return undefined
  const folder = join(repository, name)
  const numbered: number[] = []
  for (const entry of await readdir(folder)) {
    if (isVersion(entry) && (await isFolder(join(folder, entry)))) numbered.push(Number(entry))
  }
  if (numbered.length === 0) return [await versionIn(folder, 1)]
  numbered.sort((a, b) => a - b)
  return Promise.all(numbered.map((version) => versionIn(join(folder, String(version)), version)))
}

async function versionIn(folder: string, version: number): Promise<FolderVersion> {
  const unusable = (reason: string): FolderVersion => ({ version, file: undefined, reason })
  try {
    const described = await textOf(join(folder, 'MLmodel'))
    const file = described === undefined ? 'model.onnx' : await onnxFileOf(described)
    if (typeof file !== 'string') {
      if (!file.isPython) return unusable(file.reason)
      const files = await filesIn(folder)
      if (typeof files === 'string') return unusable(files)
      return { version, file: folder, python: { folder, files }, reason: '' }
    }
    const path = resolve(folder, file)
    const inside = relative(folder, path)
    if (inside === '' || inside.startsWith(`..${sep}`) || inside === '..') {
      return unusable('its MLmodel names a file outside of its folder')
    }
    const found = await stat(path).catch(() => undefined)
    if (!found) return unusable(`it holds neither MLmodel nor ${file}`)
    if (!found.isFile()) {
      return unusable(
        `${file} is no file; save the model as one file: onnx.save(model, path, save_as_external_data=False)`,
      )
    }
    if (found.size > largestModelBytes) return unusable(`${file} is larger than 2 GiB`)
    return { version, file: path, reason: '' }
  } catch (failure) {
    return unusable(`it cannot be read: ${(failure as Error).message}`)
  }
}

/** More than a model has, so that a folder that is something else is not copied. */
const mostFiles = 1000
const largestFolderBytes = 8 * 1024 ** 3

/** Plain files below a folder, relative to it, or why it is not copied: links may lead anywhere. */
async function filesIn(folder: string): Promise<readonly string[] | string> {
  const files: string[] = []
  let sizeBytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isSymbolicLink()) return `${relative(folder, path)} is a link`
    if (!entry.isFile()) continue
    files.push(relative(folder, path).split(sep).join('/'))
    sizeBytes += (await stat(path)).size
    if (files.length > mostFiles) return `it holds more than ${mostFiles} files`
    if (sizeBytes > largestFolderBytes) return 'its files are larger than 8 GiB'
  }
  return files.sort()
}

interface NoOnnx {
  readonly reason: string
  readonly isPython?: boolean
}

/** The ONNX file that an MLmodel file names. */
async function onnxFileOf(text: string): Promise<string | NoOnnx> {
  const { parse } = await import('yaml')
  let described: unknown
  try {
    // Aliases are a way to make a small file expand without end.
    described = parse(text, { maxAliasCount: 0 })
  } catch (failure) {
    return { reason: `its MLmodel is not YAML: ${(failure as Error).message.split('\n')[0]}` }
  }
  const flavors = isObject(described) ? described['flavors'] : undefined
  if (!isObject(flavors)) return { reason: 'its MLmodel names no flavors' }
  const onnx = flavors['onnx']
  if (!isObject(onnx)) {
    const names = Object.keys(flavors).slice(0, 10).join(', ')
    const reason = `its MLmodel has no flavor onnx or python_function, only ${names}`
    return { reason, isPython: isObject(flavors['python_function']) }
  }
  const data = onnx['data'] ?? 'model.onnx'
  return typeof data === 'string' ? data : { reason: 'flavors.onnx.data of its MLmodel is no text' }
}

async function textOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return undefined
  if (found.size > largestDescriptionBytes) throw new Error('its MLmodel is larger than 1 MiB')
  return readFile(path, 'utf8')
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
