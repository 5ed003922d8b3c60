import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib'
import { KaizenError } from '@kaizen/contracts'
import { wireBroken } from './otlp-wire.ts'

/** Exporters send a few megabytes at most; a body that unpacks to more is an attack on memory. */
const largestBody = 32 * 1024 * 1024

type Unpack = (body: Uint8Array, options: ZlibOptions) => Promise<Uint8Array>

const unpackers: Readonly<Record<string, Unpack>> = {
  gzip: promisify<Uint8Array, ZlibOptions, Uint8Array>(gunzip as never),
  deflate: promisify<Uint8Array, ZlibOptions, Uint8Array>(inflate as never),
  br: promisify<Uint8Array, ZlibOptions, Uint8Array>(brotliDecompress as never),
}

const tooLarge = (): KaizenError =>
  new KaizenError('TOO_LARGE', `a body of spans is larger than ${largestBody} bytes`, {
    hint: 'Export fewer spans at once.',
  })

/** The whole body, unpacked. @throws TOO_LARGE, INVALID_DATA, UNSUPPORTED_MEDIA_TYPE */
export async function plainBody(
  stream: Readable | undefined,
  encoding: string | undefined,
): Promise<Uint8Array> {
  const body = await gather(stream)
  const name = (encoding ?? 'identity').trim().toLowerCase()
  if (name === 'identity' || name === '') return body
  const unpack = Object.hasOwn(unpackers, name) ? unpackers[name] : undefined
  if (!unpack)
    throw new KaizenError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Unsupported Content-Encoding: ${name.slice(0, 100)}; send gzip, deflate or none`,
    )
  try {
    return await unpack(body, { maxOutputLength: largestBody })
  } catch (failure) {
    if ((failure as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw wireBroken(`the body is not ${name}`)
  }
}

async function gather(stream: Readable | undefined): Promise<Uint8Array> {
  if (!stream) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += (chunk as Uint8Array).length
    if (size > largestBody) throw tooLarge()
    chunks.push(chunk as Uint8Array)
  }
  const [only] = chunks
  return chunks.length === 1 && only ? only : Buffer.concat(chunks, size)
}
