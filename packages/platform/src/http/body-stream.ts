import { Readable } from 'node:stream'

/**
 * The bytes of a request as a stream of their own. Who gives it up midway, because the disk is full or a limit is
 * passed, does not cut the connection: the rest is read and dropped, so that the caller gets its answer.
 */
export const bodyStream = (request: Readable): Readable =>
  Readable.from(chunksOf(request), { objectMode: false })

async function* chunksOf(request: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Buffer
  } finally {
    request.resume()
  }
}
