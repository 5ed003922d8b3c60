import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { KaizenError } from '@kaizen/contracts'

/** Writes an uploaded body to a new file. @throws INVALID_DATA when it is empty, TOO_LARGE */
export async function receiveFile(
  body: Readable | undefined,
  path: string,
  maxBytes: number,
): Promise<void> {
  if (!body)
    throw new KaizenError('INVALID_DATA', 'the body is empty', {
      hint: 'Send the file itself as the body.',
    })
  let received = 0
  await pipeline(
    body,
    async function* limited(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        received += chunk.length
        if (received > maxBytes)
          throw new KaizenError(
            'TOO_LARGE',
            `the file is larger than the limit of ${maxBytes} bytes`,
          )
        yield chunk
      }
    },
    createWriteStream(path, { flags: 'wx' }),
  )
  if (received === 0)
    throw new KaizenError('INVALID_DATA', 'the body is empty', {
      hint: 'Send the file itself as the body.',
    })
}
