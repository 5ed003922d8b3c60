import { KaizenError } from '@kaizen/contracts'
import { protocolError } from './protocol-request.ts'
import { bearerToken } from './token.ts'
import { workspaceHeaders } from './workspace.ts'

/** How much of a file is read to be shown. */
const mostBytes = 1_000_000

export interface Content {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Whether these bytes are all of it. */
  readonly whole: boolean
}

/** The start of what an address holds; the rest is never fetched. */
export async function contentStart(href: string, signal: AbortSignal): Promise<Content> {
  const token = bearerToken()
  const answer = await fetch(href, {
    signal,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...workspaceHeaders(),
    },
  }).catch((cause: unknown) => {
    if (signal.aborted) throw cause
    throw new KaizenError('UNAVAILABLE', 'the server is not reached', { cause })
  })
  if (!answer.ok) throw protocolError(answer.status, await answer.json().catch(() => null))
  const bytes = new Uint8Array(mostBytes)
  let length = 0
  const reader = answer.body?.getReader()
  for (;;) {
    const part = await reader?.read()
    if (!part || part.done) return { bytes: bytes.slice(0, length), whole: true }
    const room = mostBytes - length
    bytes.set(part.value.subarray(0, room), length)
    length += Math.min(room, part.value.byteLength)
    if (part.value.byteLength <= room) continue
    await reader?.cancel()
    return { bytes, whole: false }
  }
}
