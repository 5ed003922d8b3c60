import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { KaizenError } from '@kaizen/contracts'
import type { HeldMemory } from './request-memory.ts'

const inflaters = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
])

const tooLarge = (maxBytes: number): KaizenError =>
  new KaizenError('TOO_LARGE', `the body is larger than the limit of ${maxBytes} bytes`, {
    hint: 'Send fewer rows at once.',
  })

export interface BodyBounds {
  readonly maxBytes: number
  /** Counts what is read. */
  readonly held: HeldMemory
}

/** Reads a whole body, undoing its compression. @throws TOO_LARGE, OVERLOADED, UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST */
export async function readBody(
  stream: Readable,
  encoding: string | undefined,
  bounds: BodyBounds,
): Promise<Buffer> {
  const { maxBytes, held } = bounds
  const sent = await collect(stream, bounds)
  if (encoding === undefined || encoding === 'identity') return sent
  const inflater = inflaters.get(encoding.toLowerCase())
  if (!inflater) {
    throw new KaizenError(
      'UNSUPPORTED_MEDIA_TYPE',
      `the encoding ${JSON.stringify(encoding.slice(0, 40))} is not known`,
      {
        hint: 'Send the body plain, or compressed by gzip or deflate.',
      },
    )
  }
  try {
    const inflated = await inflater(sent, { maxOutputLength: maxBytes })
    held.add(inflated.length)
    return inflated
  } catch (cause) {
    if (cause instanceof KaizenError) throw cause
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
    throw new KaizenError('INVALID_REQUEST', `the body is not valid ${encoding}`, { cause })
  }
}

function collect(stream: Readable, { maxBytes, held }: BodyBounds): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const refuse = (reason: unknown): void => {
      // What follows is read and dropped, so that the caller gets its answer.
      chunks.length = 0
      stream.removeAllListeners('data')
      stream.resume()
      reject(reason)
    }
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) return refuse(tooLarge(maxBytes))
      try {
        held.add(chunk.length)
        chunks.push(chunk)
      } catch (overloaded) {
        refuse(overloaded)
      }
    })
    stream.once('end', () => {
      stream.removeListener('close', cut)
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
    })
    const cut = (cause?: unknown): void =>
      reject(new KaizenError('INVALID_REQUEST', 'the body ended before it was complete', { cause }))
    stream.once('error', cut)
    stream.once('close', cut)
  })
}
