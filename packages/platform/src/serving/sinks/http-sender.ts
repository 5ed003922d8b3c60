import type { SinkMode } from '@kaizen/contracts'
import { RemoteClient, type RemoteClientOptions } from '../remote/remote-client.ts'
import { batched, binary, type HttpMessage, type PredictionEvent, structured } from './events.ts'
import { NotTaken, type Sent, type SinkSender } from './model.ts'
import { retryAfterMs, verdictOf } from './rules.ts'

/** Messages under way to one receiver. */
const messagesAtOnce = 8
const eventsOfBatch = 100
const shownOfAnswer = 300

/** Posts events to a receiver over connections that are kept; redirects are not followed. */
export class HttpSender implements SinkSender {
  readonly #client: RemoteClient
  readonly #mode: SinkMode
  readonly #headers: Readonly<Record<string, string>>

  constructor(
    { url, mode, token }: { readonly url: URL; readonly mode: SinkMode; readonly token?: string },
    options: RemoteClientOptions,
  ) {
    this.#client = new RemoteClient(url, options)
    this.#mode = mode
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  }

  /** Resolves when each event has been taken or refused. @throws NotTaken, UNAVAILABLE, TIMEOUT, INVALID_REQUEST */
  async before(events: readonly PredictionEvent[], signal: AbortSignal): Promise<Sent> {
    const size = this.#mode === 'batched' ? eventsOfBatch : 1
    const messages: (readonly PredictionEvent[])[] = []
    for (let at = 0; at < events.length; at += size) messages.push(events.slice(at, at + size))
    const ends: Sent[] = []
    let next = 0
    const work = async (): Promise<void> => {
      while (next < messages.length && !signal.aborted)
        ends.push(await this.#send(messages[next++]!))
    }
    // All have ended before any failure is told, so that nothing is under way when it is sent again.
    const lanes = await Promise.allSettled(Array.from({ length: messagesAtOnce }, work))
    for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason
    signal.throwIfAborted()
    return {
      refused: ends.reduce((sum, { refused }) => sum + refused, 0),
      refusal: ends.findLast(({ refusal }) => refusal !== null)?.refusal ?? null,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close()
  }

  /** A batch that is refused is sent in halves, until those stand alone that are the reason. */
  async #send(events: readonly PredictionEvent[]): Promise<Sent> {
    const { headers, body } = this.#messageOf(events)
    const answer = await this.#client.post('', body, { ...headers, ...this.#headers })
    const verdict = verdictOf(answer.status)
    if (verdict === 'taken') return { refused: 0, refusal: null }
    if (verdict === 'again') {
      const why = `the receiver answers ${answer.status}`
      throw new NotTaken(why, retryAfterMs(answer.retryAfter, Date.now()))
    }
    if (events.length > 1) {
      const half = Math.ceil(events.length / 2)
      const first = await this.#send(events.slice(0, half))
      const second = await this.#send(events.slice(half))
      return {
        refused: first.refused + second.refused,
        refusal: second.refusal ?? first.refusal,
      }
    }
    const said = answer.body.toString('utf8', 0, shownOfAnswer).trim()
    const refusal = `${events[0]!.subject}: ${answer.status}${said === '' ? '' : ` ${said}`}`
    return { refused: 1, refusal }
  }

  #messageOf(events: readonly PredictionEvent[]): HttpMessage {
    if (this.#mode === 'batched') return batched(events)
    return this.#mode === 'binary' ? binary(events[0]!) : structured(events[0]!)
  }
}
