const block = 512

/** Files by path: safe relative paths with `/`. */
export type FileMap = Readonly<Record<string, string | Uint8Array>>

export interface TarOwner {
  readonly user: number
  readonly group: number
}

/**
 * A ustar archive (POSIX.1-1988) of regular files, sorted by path, with time 0 and mode 644: the same files are the
 * same bytes. Folders are not written; readers make them.
 * @throws RangeError for paths over 100 bytes
 */
export function tarOf(files: FileMap, owner: TarOwner = { user: 0, group: 0 }): Buffer {
  const parts: Uint8Array[] = []
  for (const path of Object.keys(files).sort()) {
    const content = Buffer.from(files[path]!)
    parts.push(header(path, content.length, owner), content)
    parts.push(new Uint8Array((block - (content.length % block)) % block))
  }
  parts.push(new Uint8Array(2 * block))
  return Buffer.concat(parts)
}

function header(path: string, sizeBytes: number, { user, group }: TarOwner): Uint8Array {
  const bytes = Buffer.alloc(block)
  if (Buffer.byteLength(path) > 100) throw new RangeError(`the path ${path} is over 100 bytes`)
  const octal = (value: number, at: number, length: number): void => {
    bytes.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  }
  bytes.write(path, 0, 'utf8')
  octal(0o644, 100, 8)
  octal(user, 108, 8)
  octal(group, 116, 8)
  octal(sizeBytes, 124, 12)
  octal(0, 136, 12)
  bytes.write('        0', 148, 'latin1')
  bytes.write('ustar\x0000', 257, 'latin1')
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}
