import { KaizenError } from '@kaizen/contracts'

const block = 512
const safePath = /^(?!\.\.?(?:\/|$))[\w@+. -]+(?:\/(?!\.\.?(?:\/|$))[\w@+. -]+)*$/

/**
 * The files of a ustar archive by path.
 * @throws INVALID_DATA for a damaged archive, INVALID_PATH for a file that would lie elsewhere
 */
export function readTar(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength)
  const files = new Map<string, Uint8Array>()
  let at = 0
  while (at + block <= bytes.length) {
    const header = bytes.subarray(at, at + block)
    if (header.every((byte) => byte === 0)) return files
    const text = (from: number, length: number): string =>
      header.toString('utf8', from, from + length).replace(/\0.*$/s, '')
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0)
    const sizeBytes = Number.parseInt(text(124, 12), 8)
    const from = at + block
    if (Number.parseInt(text(148, 8), 8) !== sum || !(from + sizeBytes <= bytes.length)) {
      throw damaged()
    }
    const path = text(0, 100)
    if (!safePath.test(path) || !['0', ''].includes(text(156, 1)) || files.has(path)) {
      throw new KaizenError('INVALID_PATH', `the archive holds ${JSON.stringify(path)}`, {
        hint: 'Only regular files below the folder are taken; is this the answer of a Kaizen server?',
      })
    }
    files.set(path, bytes.subarray(from, from + sizeBytes))
    at = from + Math.ceil(sizeBytes / block) * block
  }
  throw damaged()
}

const damaged = (): KaizenError =>
  new KaizenError('INVALID_DATA', 'the archive of the bundle is cut off or damaged', {
    hint: 'Ask for it again.',
  })
