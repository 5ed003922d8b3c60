import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const chunk = randomBytes(4 * 1024 * 1024)
const place = '/api/2.0/mlflow-artifacts/artifacts/bench/large.bin'

function* content(bytes: number): Generator<Uint8Array> {
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk.subarray(0, bytes - sent)
}

async function answered(sent: ReturnType<typeof request>): Promise<IncomingMessage> {
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  if (answer.statusCode === 200) return answer
  throw new Error(`${place}: ${answer.statusCode}`)
}

/** Sends an artifact of so many bytes through the proxy of a tracking server. */
export async function upload(url: string, bytes: number): Promise<void> {
  const sent = request(`${url}${place}`, {
    method: 'PUT',
    headers: { 'content-length': bytes, 'content-type': 'application/octet-stream' },
  })
  const answer = answered(sent)
  await pipeline(Readable.from(content(bytes), { objectMode: false }), sent)
  ;(await answer).resume()
}

/** Reads it back, and looks at nothing but its length. */
export async function download(url: string, bytes: number): Promise<void> {
  const sent = request(`${url}${place}`)
  sent.end()
  let received = 0
  for await (const part of await answered(sent)) received += (part as Uint8Array).length
  if (received !== bytes) throw new Error(`${received} bytes instead of ${bytes}`)
}
