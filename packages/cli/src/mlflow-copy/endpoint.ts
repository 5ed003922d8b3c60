import { createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { KaizenError } from '@kaizen/contracts'

/** Answers of MLflow's protocol; fields that are absent are unset. */
export type Message = Readonly<Record<string, unknown>>

export const textOf = (value: unknown): string => (value === undefined ? '' : String(value))
export const listOf = (value: unknown): readonly Message[] => (value ?? []) as readonly Message[]
export const messageOf = (value: unknown): Message => (value ?? {}) as Message

/** JSON whose times in nanoseconds, which have more digits than a number of ours, become texts. */
export function exactJson(text: string): unknown {
  const exact = (key: string, value: unknown, ...[context]: readonly { source?: string }[]) =>
    key.endsWith('_unix_nano') && typeof value === 'number' ? (context?.source ?? value) : value
  return JSON.parse(text === '' ? '{}' : text, exact)
}

const api = '/api/2.0/mlflow'
const attempts = 4
const retried = new Set([429, 500, 502, 503, 504])

/** A server that speaks MLflow's protocol, asked patiently. */
export class MlflowEndpoint {
  readonly url: string
  readonly #headers: Readonly<Record<string, string>>

  constructor(url: string, credentials: { readonly token?: string | undefined } = {}) {
    const parsed = URL.parse(url)
    if (!parsed || !/^https?:$/.test(parsed.protocol)) {
      throw new KaizenError('INVALID_CONFIG', `"${url}" is not the address of a server`, {
        hint: 'Write for example http://127.0.0.1:5000, or sqlite:///mlflow.db or postgresql://… with --artifacts.',
      })
    }
    const { username, password } = parsed
    parsed.username = ''
    parsed.password = ''
    this.url = parsed.href.replace(/\/$/, '')
    const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
    this.#headers = credentials.token
      ? { authorization: `Bearer ${credentials.token}` }
      : username
        ? { authorization: `Basic ${basic.toString('base64')}` }
        : {}
  }

  get(path: string, query: Readonly<Record<string, string | undefined>> = {}): Promise<Message> {
    const given = Object.entries(query).filter((entry): entry is [string, string] =>
      Boolean(entry[1]),
    )
    const search = new URLSearchParams(given)
    return this.#json('GET', `${api}/${path}${given.length > 0 ? `?${search}` : ''}`)
  }

  send(
    path: string,
    body: unknown,
    method = 'POST',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Message> {
    return this.#json(method, path.startsWith('/') ? path : `${api}/${path}`, body, headers)
  }

  /** All items of a list that is paged by tokens. */
  async *pages(
    field: string,
    ask: (pageToken: string | undefined) => Promise<Message>,
  ): AsyncGenerator<Message> {
    for (let token: string | undefined; ; ) {
      const page = await ask(token)
      yield* listOf(page[field])
      token = textOf(page['next_page_token']) || undefined
      if (token === undefined) return
    }
  }

  /** Copies what a path answers into a file. */
  async download(path: string, file: string): Promise<void> {
    const answer = await this.#ask('GET', path)
    await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(file))
  }

  /** Sends a file as a stream. */
  async upload(path: string, file: string): Promise<void> {
    const source = await open(file)
    const { size } = await source.stat()
    try {
      const body = Readable.toWeb(source.createReadStream({ autoClose: false })) as never
      await this.#once('PUT', path, { body, headers: { 'content-length': String(size) } })
    } finally {
      await source.close()
      await rm(file, { force: true })
    }
  }

  async #json(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Message> {
    const answer = await this.#ask(method, path, body, headers)
    return exactJson(await answer.text()) as Message
  }

  async #ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const init =
      body === undefined
        ? {}
        : {
            body: JSON.stringify(body),
            headers: { 'content-type': 'application/json', ...headers },
          }
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(method, path, init)
      } catch (failure) {
        const status = (failure as KaizenError).details?.['status']
        const passing = status === undefined || retried.has(status as number)
        if (!passing || attempt >= attempts) throw failure
        await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** attempt))
      }
    }
  }

  async #once(
    method: string,
    path: string,
    init: {
      readonly body?: NonNullable<RequestInit['body']>
      readonly headers?: Readonly<Record<string, string>>
    },
  ): Promise<Response> {
    const answer = await fetch(this.url + path, {
      method,
      ...init,
      headers: { ...this.#headers, ...init.headers },
      ...(init.body instanceof ReadableStream ? { duplex: 'half' } : {}),
    } as RequestInit).catch((cause: Error) => {
      throw new KaizenError('UNAVAILABLE', `the server at ${this.url} cannot be reached`, {
        hint: 'Start it, or check its address; then run the command again: it goes on where it was.',
        cause,
      })
    })
    if (answer.ok) return answer
    const text = (await answer.text()).slice(0, 500)
    const kind =
      answer.status === 404 ? 'NOT_FOUND' : answer.status < 500 ? 'CONFLICT' : 'UNAVAILABLE'
    throw new KaizenError(
      kind,
      `${method} ${path.split('?')[0]} at ${this.url}: ${answer.status} ${text}`,
      {
        details: { status: answer.status },
      },
    )
  }
}
