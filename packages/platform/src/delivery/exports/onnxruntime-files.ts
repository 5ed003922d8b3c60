import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import type { FileMap } from './tar.ts'

/** Files of a package that run: no types, no maps, nothing for other machines. */
async function packageFiles(
  root: string,
  folders: readonly string[],
): Promise<Readonly<Record<string, Uint8Array>>> {
  const files: Record<string, Uint8Array> = {
    'package.json': await readFile(join(root, 'package.json')),
  }
  for (const folder of folders) {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (!entry.isFile() || /\.(?:ts|map)$/.test(entry.name)) continue
      const path = `${folder}/${entry.name}`
      files[path] = await readFile(join(root, path))
    }
  }
  return files
}

export interface InstalledPackage {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly folder: string
}

/** The packages of onnxruntime as they are installed here. */
export async function installedRuntime(): Promise<readonly InstalledPackage[]> {
  const { node, common } = runtimeRoots()
  const read = async (folder: string): Promise<InstalledPackage> => {
    const { name, version, license } = JSON.parse(
      await readFile(join(folder, 'package.json'), 'utf8'),
    ) as Readonly<Record<'name' | 'version' | 'license', string>>
    return { name, version, licence: license, folder }
  }
  return [await read(node), await read(common)]
}

/** onnxruntime as this program runs it, for the processor and system of this machine. */
export async function onnxruntimeFiles(): Promise<FileMap> {
  const { node, common } = runtimeRoots()
  const machine = `bin/napi-v6/${process.platform}/${process.arch}`
  const native = await packageFiles(node, ['dist', machine]).catch((cause: unknown) => {
    throw new KaizenError('UNSUPPORTED', `onnxruntime has no build for ${machine}`, {
      hint: 'Export on a machine of the kind that the bundle will run on.',
      cause,
    })
  })
  return {
    ...below('node_modules/onnxruntime-node', native),
    ...below('node_modules/onnxruntime-common', await packageFiles(common, ['dist/cjs'])),
  }
}

const below = (folder: string, files: FileMap): FileMap =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]))

function runtimeRoots(): { readonly node: string; readonly common: string } {
  const own = createRequire(import.meta.url)
  const entry = own.resolve('onnxruntime-node')
  return {
    node: rootOf(entry, 'onnxruntime-node'),
    common: rootOf(createRequire(entry).resolve('onnxruntime-common'), 'onnxruntime-common'),
  }
}

/** The folder of a package, out of a file in it. */
export function rootOf(file: string, name: string): string {
  let folder = dirname(file)
  while (relative(dirname(folder), folder) !== name) {
    if (folder === dirname(folder)) throw new Error(`${file} is in no package ${name}`)
    folder = dirname(folder)
  }
  return folder
}
