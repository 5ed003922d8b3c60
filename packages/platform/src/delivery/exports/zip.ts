import { crc32, deflateRawSync } from 'node:zlib'
import type { FileMap } from './tar.ts'

/** 1980-01-01, the first day that the format can write. */
const date = 0x21
/** A regular file that all may read, made by a system of Unix's kind. */
const attributes = (0o100644 << 16) >>> 0
const utf8Names = 0x800

/** A zip archive, sorted by path and without times: the same files are the same bytes. At most 4 GiB. */
export function zipOf(files: FileMap): Buffer {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const path of Object.keys(files).sort()) {
    const content = Buffer.from(files[path]!)
    const packed = deflateRawSync(content)
    const name = Buffer.from(path)
    const shared = sharedFields({ content, packed, name })
    const local = Buffer.concat([signature(0x04034b50), shared, name, packed])
    parts.push(local)
    directory.push(entry({ shared, name, offset }))
    offset += local.length
  }
  const entries = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(entries.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, entries, end])
}

const signature = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

interface Packed {
  readonly content: Uint8Array
  readonly packed: Uint8Array
  readonly name: Uint8Array
}

/** What stands in front of a file and in the directory alike: from the version needed to the length of extra fields. */
function sharedFields({ content, packed, name }: Packed): Buffer {
  const bytes = Buffer.alloc(26)
  bytes.writeUInt16LE(20, 0)
  bytes.writeUInt16LE(utf8Names, 2)
  bytes.writeUInt16LE(8, 4)
  bytes.writeUInt16LE(date, 8)
  bytes.writeUInt32LE(crc32(content), 10)
  bytes.writeUInt32LE(packed.length, 14)
  bytes.writeUInt32LE(content.length, 18)
  bytes.writeUInt16LE(name.length, 22)
  return bytes
}

function entry(at: {
  readonly shared: Uint8Array
  readonly name: Uint8Array
  readonly offset: number
}): Buffer {
  const madeBy = Buffer.alloc(2)
  madeBy.writeUInt16LE((3 << 8) | 20)
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(attributes, 6)
  rest.writeUInt32LE(at.offset, 10)
  return Buffer.concat([signature(0x02014b50), madeBy, at.shared, rest, at.name])
}
