import { open } from 'node:fs/promises'
import { KaizenError } from '@kaizen/contracts'

/** A file of a model that is a folder; the content lies in the blob store under its digest. */
export interface FolderFile {
  /** Relative, with "/" between its parts. */
  readonly path: string
  readonly digest: string
}

const mark = '{"kaizen":"model-folder/1",'
const largestManifestBytes = 16 * 1024 * 1024

/** A folder as one small content, so that it has a digest of its own: equal folders have equal bytes. */
export function packFolder(files: readonly FolderFile[]): Uint8Array {
  const sorted = files
    .map(({ path, digest }) => ({ path, digest }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  return Buffer.from(`${mark}"files":${JSON.stringify(sorted)}}`)
}

/** The files of a packed folder, or undefined where the file at a path is something else. @throws INVALID_MODEL */
export async function readFolder(path: string): Promise<readonly FolderFile[] | undefined> {
  await using file = await open(path)
  const start = Buffer.alloc(mark.length)
  const { bytesRead } = await file.read(start, 0, start.length, 0)
  if (bytesRead < start.length || start.toString() !== mark) return undefined
  if ((await file.stat()).size > largestManifestBytes) {
    throw new KaizenError('INVALID_MODEL', 'the folder of the model holds too many files')
  }
  const bytes = Buffer.alloc((await file.stat()).size)
  await file.read(bytes, 0, bytes.length, 0)
  return (JSON.parse(bytes.toString()) as { readonly files: readonly FolderFile[] }).files
}
