import { Readable } from 'node:stream'
import { KaizenError } from '@kaizen/contracts/errors'
import type { ByteRange } from '../blobs/blobs.ts'
import type { S3Client } from './s3-client.ts'

const attempts = 4
const silenceMs = 60_000

/**
 * Streams a range of an object. A connection that breaks or falls silent midway is followed by a request for the rest,
 * so the reader sees one whole stream or a failure, never a short one.
 */
export async function resumableRead(
  s3: S3Client,
  key: string,
  range: ByteRange,
): Promise<Readable> {
  // The first answer is awaited: whoever calls can still tell its own caller that there is nothing to read.
  const first = await request(s3, key, range)
  return Readable.from(chunksOf(s3, key, range, first), { objectMode: false })
}

async function request(s3: S3Client, key: string, { from, to }: ByteRange): Promise<Response> {
  const answer = await s3.send({
    method: 'GET',
    key,
    headers: { range: `bytes=${from}-${to - 1}` },
    accept: [404],
  })
  if (answer.status !== 404 && answer.body) return answer
  throw new KaizenError('NOT_FOUND', `there is no content with digest ${key.split('/').at(-1)}`)
}

async function* chunksOf(
  s3: S3Client,
  key: string,
  range: ByteRange,
  first: Response,
): AsyncGenerator<Uint8Array> {
  let at = range.from
  let answer: Response | undefined = first
  for (let attempt = 1; at < range.to; attempt++) {
    answer ??= await request(s3, key, { from: at, to: range.to })
    try {
      for await (const chunk of withoutSilence(answer)) {
        at += chunk.length
        yield chunk
      }
    } catch (cause) {
      if (attempt >= attempts) throw broken(at, range, cause)
    }
    if (at < range.to && attempt >= attempts) throw broken(at, range, undefined)
    answer = undefined
  }
}

async function* withoutSilence(answer: Response): AsyncGenerator<Uint8Array> {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  try {
    for (;;) {
      const timer = setTimeout(() => void reader.cancel(), silenceMs)
      const { done, value } = await reader.read().finally(() => clearTimeout(timer))
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

const broken = (at: number, { to }: ByteRange, cause: unknown): KaizenError =>
  new KaizenError('UNAVAILABLE', `the object store broke off ${to - at} bytes before the end`, {
    hint: 'Send the request again.',
    cause,
  })
