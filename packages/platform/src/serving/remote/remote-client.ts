import type { Agent, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isKaizenError, KaizenError } from '@kaizen/contracts'
import { askingModule, resolveTarget } from '../../http/index.ts'

export interface RemoteAnswer {
  readonly status: number
  readonly body: Buffer
  /** Length of the JSON before binary tensors. */
  readonly jsonLength: string | undefined
  /** What it says about when to come again. */
  readonly retryAfter: string | undefined
}

export interface RemoteClientOptions {
  readonly allowPrivate: boolean
  /** A request that has no answer after this fails. */
  readonly timeoutMs: number
  /** What to do about an address that may not be asked. */
  readonly remedy?: string
  /** An answer that is larger is none; 256 MiB unless told. */
  readonly mostAnswerBytes?: number
}

/** Answers larger than this are no answers to requests that may be sent. */
export const mostAnswerBytes = 256 * 1024 * 1024
const mostSockets = 64
/** Tries of what may be asked twice. */
const tries = 3
const firstPauseMs = 100
export const remedy = 'The operator can allow private addresses with --remote-models-to-private.'

/**
 * Asks one other server over connections that are kept. Every new connection goes to an address that was just checked,
 * redirects are not followed, and only what changes nothing there is asked again: metadata, and inference that never left.
 */
export class RemoteClient {
  readonly #base: URL
  readonly #options: RemoteClientOptions
  #agent: Agent | undefined

  constructor(base: URL, options: RemoteClientOptions) {
    this.#base = base
    this.#options = options
  }

  get host(): string {
    return this.#base.host
  }

  /** Metadata and health, tried again with pauses. @throws UNAVAILABLE, TIMEOUT, INVALID_REQUEST */
  async get(path: string): Promise<RemoteAnswer> {
    return this.#persistently(
      () => this.#ask('GET', path),
      () => true,
    )
  }

  /** Inference; tried again only where the server was not reached at all. @throws UNAVAILABLE, TIMEOUT */
  async post(
    path: string,
    body: Buffer,
    headers: Readonly<Record<string, string>>,
  ): Promise<RemoteAnswer> {
    return this.#persistently(
      () => this.#ask('POST', path, { body, headers }),
      (failure) => isRefused(failure),
    )
  }

  close(): void {
    this.#agent?.destroy()
  }

  async #persistently(
    ask: () => Promise<RemoteAnswer>,
    mayRepeat: (failure: unknown) => boolean,
  ): Promise<RemoteAnswer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask()
      } catch (failure) {
        const final = isKaizenError(failure) && failure.kind !== 'unavailable'
        if (final || attempt === tries || !mayRepeat(failure)) throw this.#explained(failure)
        const pauseMs = firstPauseMs * 2 ** (attempt - 1)
        await new Promise<void>((resolve) => setTimeout(resolve, pauseMs))
      }
    }
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    content: { readonly body?: Buffer; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<RemoteAnswer> {
    const {
      allowPrivate,
      timeoutMs,
      remedy: hint = remedy,
      mostAnswerBytes: most = mostAnswerBytes,
    } = this.#options
    const url = new URL(this.#base)
    url.pathname = `${url.pathname}${path}`
    const bare = url.hostname.replace(/^\[|\]$/g, '')
    // A name is looked up by the connection, an address never is.
    if (isIP(bare) > 0) await resolveTarget(bare, { allowPrivate, hint })
    const { Agent, request } = await askingModule(url.protocol)
    this.#agent ??= new Agent({ keepAlive: true, maxSockets: mostSockets })
    const agent = this.#agent
    const signal = AbortSignal.timeout(timeoutMs)
    return new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        {
          method,
          agent,
          signal,
          headers: {
            'user-agent': 'kaizen',
            ...(content.body && { 'content-length': content.body.length }),
            ...content.headers,
          },
          lookup: (host, options, done) => {
            resolveTarget(host, { allowPrivate, hint }).then(
              (target) =>
                options.all ? done(null, [target]) : done(null, target.address, target.family),
              (failure: Error) => done(failure, '', 4),
            )
          },
        },
        (answer) => void collect(answer, most).then(resolve, reject),
      )
      outgoing.on('error', (failure) => reject(signal.aborted ? signal.reason : failure))
      outgoing.end(content.body)
    })
  }

  #explained(failure: unknown): KaizenError {
    if (isKaizenError(failure)) return failure
    const { name, code, message } = failure as NodeJS.ErrnoException
    if (name === 'TimeoutError' || name === 'AbortError') {
      return new KaizenError(
        'TIMEOUT',
        `the server ${this.host} did not answer within ${this.#options.timeoutMs} ms`,
        { cause: failure },
      )
    }
    return new KaizenError(
      'UNAVAILABLE',
      `the server ${this.host} is not reached: ${code ?? message}`,
      {
        hint: 'See whether it runs, then send the request again.',
        cause: failure,
      },
    )
  }
}

/** True where no connection came about, so that nothing can have been computed. */
const isRefused = (failure: unknown): boolean =>
  ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'].includes(
    (failure as NodeJS.ErrnoException).code ?? '',
  )

async function collect(answer: IncomingMessage, mostBytes: number): Promise<RemoteAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer) {
    size += (chunk as Buffer).length
    if (size > mostBytes) throw new Error(`its answer is larger than ${mostBytes} bytes`)
    chunks.push(chunk as Buffer)
  }
  const length = answer.headers['inference-header-content-length']
  return {
    status: answer.statusCode ?? 0,
    body: Buffer.concat(chunks),
    jsonLength: typeof length === 'string' ? length : undefined,
    retryAfter: answer.headers['retry-after'],
  }
}
