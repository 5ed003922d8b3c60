import { promisify } from 'node:util'
import {
  constants,
  type ZstdOptions,
  zstdCompress,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'

const options: ZstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const inThePool = promisify<Uint8Array, ZstdOptions, Uint8Array>(zstdCompress as never)

/** Less is not worth a frame of its own. */
const smallest = 1024
/** What takes longer than a fraction of a millisecond leaves the event loop. */
const largestInline = 128 * 1024
/** No body that was taken unpacks to more. */
const largest = 64 * 1024 * 1024

/** Packed spans as they are stored: text repeats itself much, and what is not written costs nothing to write. */
export async function compressed(content: Uint8Array): Promise<Uint8Array> {
  if (content.length < smallest) return content
  return content.length > largestInline
    ? inThePool(content, options)
    : zstdCompressSync(content, options)
}

/** The same at once, for spans that are packed anew within a transaction. */
export const compressedSync = (content: Uint8Array): Uint8Array =>
  content.length < smallest ? content : zstdCompressSync(content, options)

/** A frame of Zstandard begins so, a message of spans never does. */
const frame = [0x28, 0xb5, 0x2f, 0xfd]

export const uncompressed = (stored: Uint8Array): Uint8Array =>
  frame.every((byte, index) => stored[index] === byte)
    ? zstdDecompressSync(stored, { maxOutputLength: largest })
    : stored
