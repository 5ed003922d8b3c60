import type { KaizenError } from '@kaizen/contracts'
import type { FastifyReply } from 'fastify'
import { EventStream, toKaizenError } from '../../http/index.ts'
import { answerHeaders } from '../answer-headers.ts'
import type { PredictionAnswer } from '../endpoints/live-endpoint.ts'
import type { Parts } from './in-parts.ts'

/** How a protocol writes what is streamed; all of it JSON. */
export interface StreamForm {
  readonly part: (part: PredictionAnswer) => Promise<string> | string
  readonly error: (error: KaizenError) => string
}

/** A caller that takes nothing for so long has gone: what computes for it is free for others. */
const longestStallMs = 30_000

/** True where the caller wants the answer in parts. */
export const wantsEvents = (accept: string | undefined): boolean =>
  accept?.split(',').some((type) => type.trim().split(';')[0] === 'text/event-stream') ?? false

/**
 * Answers by server-sent events, a part in each. What fails before the first part fails as any other request; what fails
 * later is the last event. A caller that hangs up ends the computing.
 */
export async function streamedAnswer(
  reply: FastifyReply,
  form: StreamForm,
  predict: (parts: Parts<PredictionAnswer>) => Promise<PredictionAnswer>,
): Promise<void> {
  const gone = new AbortController()
  const leave = (): void => gone.abort()
  reply.raw.once('close', leave)
  let stream: EventStream | undefined
  const take = async (part: PredictionAnswer): Promise<void> => {
    const json = await form.part(part)
    if (gone.signal.aborted) return
    stream ??= new EventStream(reply, answerHeaders(part))
    const stalled = setTimeout(() => reply.raw.destroy(), longestStallMs)
    await stream.send({ json })
    clearTimeout(stalled)
  }
  try {
    await predict({ signal: gone.signal, take })
  } catch (failure) {
    if (!stream && !gone.signal.aborted) throw failure
    await stream?.send({ json: form.error(toKaizenError(failure)) })
  } finally {
    gone.abort()
    stream?.close()
  }
}
