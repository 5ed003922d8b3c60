export interface Call {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly raw?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export interface Told {
  readonly status: number
  readonly text: string
}

const answerWithinMs = 10_000
const readAtMost = 200_000

/** Someone who asks the server, by an `Authorization` header or by none. */
export class Caller {
  readonly name: string
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>

  constructor(name: string, url: string, authorization?: string) {
    this.name = name
    this.#url = url
    this.#headers = authorization === undefined ? {} : { authorization }
  }

  /** Streams without an end are read as far as they say something at once. */
  async send({ method, path, body, raw, headers }: Call): Promise<Told> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...this.#headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(raw === undefined ? {} : { body: raw }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerWithinMs),
    })
    const endless = answer.headers.get('content-type')?.startsWith('text/event-stream') === true
    return { status: answer.status, text: endless ? await begun(answer) : await answer.text() }
  }
}

async function begun(answer: Response): Promise<string> {
  const reader = answer.body?.getReader()
  if (!reader) return ''
  let text = ''
  const end = AbortSignal.timeout(300)
  while (!end.aborted && text.length < readAtMost) {
    const silent = new Promise<undefined>((resolve) => {
      end.addEventListener('abort', () => resolve(undefined))
    })
    const part = await Promise.race([reader.read(), silent])
    if (part === undefined || part.done) break
    text += Buffer.from(part.value).toString('utf8')
  }
  await reader.cancel()
  return text
}
