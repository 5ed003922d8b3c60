import { askingModule, resolveTarget } from '../http/index.ts'
import { checkUrl, refusalWords, signature } from './rules.ts'

export interface Outgoing {
  readonly url: string
  readonly id: string
  readonly payload: string
  readonly secret: string | null
}

export interface SendOptions {
  readonly allowPrivate: boolean
  /** Seconds since 1970. */
  readonly now: number
  readonly signal: AbortSignal
}

const timeoutMs = 30_000
const keptOfAnswer = 1000

/** Sends one event; redirects are not followed, since where they lead was not checked. */
export async function send(
  { url: text, id, payload, secret }: Outgoing,
  { allowPrivate, now, signal }: SendOptions,
): Promise<{ readonly status: number; readonly body: string }> {
  const url = checkUrl(text, allowPrivate)
  const target = await resolveTarget(url.hostname, { allowPrivate, ...refusalWords })
  const timestamp = String(Math.floor(now))
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(payload),
    'user-agent': 'kaizen-webhooks',
    'x-mlflow-delivery-id': id,
    'x-mlflow-timestamp': timestamp,
    ...(secret === null
      ? {}
      : { 'x-mlflow-signature': signature(secret, { id, timestamp, payload }) }),
  }
  const { request } = await askingModule(url.protocol)
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        headers,
        agent: false,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        lookup: (_host, options, done) =>
          options.all ? done(null, [target]) : done(null, target.address, target.family),
      },
      (answer) => {
        let body = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          body = (body + chunk).slice(0, keptOfAnswer)
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
        answer.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}
