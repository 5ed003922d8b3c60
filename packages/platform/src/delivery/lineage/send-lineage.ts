import { KaizenError, type LineageEvent } from '@kaizen/contracts'

/** Where lineage goes: what the operator configured, so private networks are as good as any. */
export interface Receiver {
  readonly url: string
  readonly apiKey: string | undefined
}

const timeoutMs = 30_000

/** Sends one event; answers the status. @throws UNAVAILABLE */
export async function sendLineage(
  { url, apiKey }: Receiver,
  event: LineageEvent,
  signal: AbortSignal,
): Promise<number> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(event),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    await answer.body?.cancel()
    return answer.status
  } catch (cause) {
    signal.throwIfAborted()
    throw new KaizenError('UNAVAILABLE', 'the receiver of lineage cannot be reached', { cause })
  }
}
