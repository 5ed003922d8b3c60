import type { Readable } from 'node:stream'

/**
 * What a process prints, until it prints `mark` or ends. The mark is not part of it, and a stream that has been read
 * up to its mark can be read on.
 */
export async function* printedUntil(source: Readable, mark: Buffer): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
    const bytes = held.length === 0 ? (chunk as Buffer) : Buffer.concat([held, chunk as Buffer])
    const at = bytes.indexOf(mark)
    const end = at < 0 ? bytes.length - beginning(bytes, mark) : at
    if (end > 0) yield bytes.subarray(0, end)
    if (at >= 0) return
    held = bytes.subarray(end)
  }
  if (held.length > 0) yield held
}

/** How many of the last bytes may be the beginning of the mark. */
function beginning(bytes: Buffer, mark: Buffer): number {
  for (let length = Math.min(bytes.length, mark.length - 1); length > 0; length--)
    if (bytes.subarray(-length).equals(mark.subarray(0, length))) return length
  return 0
}
