const block = 512

/** Files by path: safe relative paths with `/`. */
export type FileMap = Readonly<Record<string, string | Uint8Array>>

/** An entry of an archive; a folder has no content and a path that ends with `/`. */
export interface TarEntry {
  readonly path: string
  readonly content?: string | Uint8Array
  readonly mode?: number
}

export interface TarOwner {
  readonly user: number
  readonly group: number
}

const root: TarOwner = { user: 0, group: 0 }

/**
 * A ustar archive (POSIX.1-1988) of regular files with mode 644; the same files are the same bytes. Folders are not
 * written; readers make them.
 * @throws RangeError for paths over 100 bytes
 */
export const tarOf = (files: FileMap): Buffer =>
  archiveOf(Object.entries(files).map(([path, content]) => ({ path, content })))

/** An archive with further files behind its own. */
export const withFiles = (archive: Uint8Array, files: FileMap): Buffer =>
  Buffer.concat([archive.subarray(0, archive.length - 2 * block), tarOf(files)])

/** A ustar archive of entries, sorted by path, with time 0. @throws RangeError for paths over 100 bytes */
export function archiveOf(entries: readonly TarEntry[], owner: TarOwner = root): Buffer {
  const parts: Uint8Array[] = []
  for (const entry of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const content = bytesOf(entry.content ?? '')
    parts.push(header(entry, content.length, owner), content)
    parts.push(new Uint8Array((block - (content.length % block)) % block))
  }
  parts.push(new Uint8Array(2 * block))
  return Buffer.concat(parts)
}

const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? Buffer.from(content) : content

function header(
  { path, mode }: TarEntry,
  sizeBytes: number,
  { user, group }: TarOwner,
): Uint8Array {
  const bytes = Buffer.alloc(block)
  if (Buffer.byteLength(path) > 100) throw new RangeError(`the path ${path} is over 100 bytes`)
  const isFolder = path.endsWith('/')
  const octal = (value: number, at: number, length: number): void => {
    bytes.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  }
  bytes.write(path, 0, 'utf8')
  octal(mode ?? (isFolder ? 0o755 : 0o644), 100, 8)
  octal(user, 108, 8)
  octal(group, 116, 8)
  octal(sizeBytes, 124, 12)
  octal(0, 136, 12)
  bytes.write('        ', 148, 'latin1')
  bytes.write(isFolder ? '5' : '0', 156, 'latin1')
  bytes.write('ustar\x0000', 257, 'latin1')
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}
