/** The typed client of the server's API. Safe in browsers: it needs `fetch` and nothing of Node. */
import type {
  BodyOf,
  Endpoint,
  EndpointInput,
  ErrorBody,
  ErrorCode,
  ParamsOf,
  QueryOf,
  ResponseOf,
} from '@kaizen/contracts'
import { errorCatalogue, KaizenError } from '@kaizen/contracts/errors'
import { parseServerSentEvents } from './server-sent-events.ts'

type AnyEndpoint = Endpoint

/** Parts of an input that an endpoint has; a part is optional where all its fields are. */
type Part<Name extends keyof EndpointInput<E>, E, Output> = unknown extends Output
  ? unknown
  : undefined extends Output
    ? unknown
    : Record<string, never> extends Required<EndpointInput<E>>[Name]
      ? { readonly [K in Name]?: EndpointInput<E>[Name] }
      : { readonly [K in Name]: Exclude<EndpointInput<E>[Name], undefined> }

/** What a call of an endpoint takes: exactly the parts that it declares. */
export type CallInput<E> = Part<'params', E, ParamsOf<E>> &
  Part<'query', E, QueryOf<E>> &
  Part<'body', E, BodyOf<E>>

type InputOf<E> =
  Record<string, never> extends CallInput<E> ? [input?: CallInput<E>] : [input: CallInput<E>]
/** What can be sent as bytes; a stream is sent as it comes. */
export type UploadBody = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | Blob | string
type UploadInput<E> = Part<'params', E, ParamsOf<E>> & Part<'query', E, QueryOf<E>>
type ItemOf<E> = ResponseOf<E> extends { readonly items: readonly (infer Item)[] } ? Item : never

export interface ClientOptions {
  /** Of the server, for example `http://127.0.0.1:7420`. */
  readonly baseUrl: string
  readonly token?: string
  /** The global one unless told. */
  readonly fetch?: typeof fetch
  /** Ends every call that is under way. */
  readonly signal?: AbortSignal
}

export interface ReceivedEvent<Data> {
  readonly id: string
  readonly event: string
  readonly data: Data
}

export interface Client {
  /** Calls a JSON endpoint. @throws KaizenError as the server threw it, or UNAVAILABLE when it is not reached. */
  call<E extends AnyEndpoint>(endpoint: E, ...input: InputOf<E>): Promise<ResponseOf<E>>
  /** Calls an endpoint whose answer is bytes; the body is not read yet. */
  stream<E extends AnyEndpoint>(endpoint: E, ...input: InputOf<E>): Promise<Response>
  /** Sends bytes to a streaming endpoint, which answers JSON. */
  upload<E extends AnyEndpoint>(
    endpoint: E,
    input: UploadInput<E>,
    body: UploadBody,
  ): Promise<ResponseOf<E>>
  /** Sends bytes to a streaming endpoint, which answers bytes; the body is not read yet. */
  exchange<E extends AnyEndpoint>(
    endpoint: E,
    input: UploadInput<E>,
    body: UploadBody,
  ): Promise<Response>
  /** Follows an endpoint of server-sent events until the loop is left; it does not reconnect by itself. */
  events<E extends AnyEndpoint>(
    endpoint: E,
    ...input: InputOf<E>
  ): AsyncGenerator<ReceivedEvent<ResponseOf<E>>>
  /** All items of a paged list, page after page. */
  paged<E extends AnyEndpoint>(endpoint: E, ...input: InputOf<E>): AsyncGenerator<ItemOf<E>>
}

interface Parts {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}
interface Payload {
  readonly body: UploadBody
  readonly contentType: string
}

/** A client of one server. */
export function createClient(options: ClientOptions): Client {
  const send = (endpoint: AnyEndpoint, parts: Parts, accept: string, payload?: Payload) =>
    request(options, endpoint, parts, accept, payload)
  const call = async (endpoint: AnyEndpoint, parts: Parts): Promise<unknown> =>
    (await send(endpoint, parts, 'application/json', jsonPayload(parts.body))).json()

  return {
    call: (async (endpoint: AnyEndpoint, parts: Parts = {}) =>
      call(endpoint, parts)) as Client['call'],
    stream: (async (endpoint: AnyEndpoint, parts: Parts = {}) =>
      send(endpoint, parts, '*/*', jsonPayload(parts.body))) as Client['stream'],
    upload: (async (endpoint: AnyEndpoint, parts: Parts, body: UploadBody) =>
      (
        await send(endpoint, parts, 'application/json', bytesPayload(body))
      ).json()) as Client['upload'],
    exchange: (async (endpoint: AnyEndpoint, parts: Parts, body: UploadBody) =>
      send(endpoint, parts, '*/*', bytesPayload(body))) as Client['exchange'],
    events: async function* (endpoint: AnyEndpoint, parts: Parts = {}) {
      const response = await send(endpoint, parts, 'text/event-stream')
      if (!response.body) return
      for await (const event of parseServerSentEvents(response.body))
        yield { ...event, data: JSON.parse(event.data) }
    } as Client['events'],
    paged: async function* (endpoint: AnyEndpoint, parts: Parts = {}) {
      let pageToken: string | undefined
      do {
        const query = pageToken === undefined ? parts.query : { ...parts.query, pageToken }
        const page = (await call(endpoint, { ...parts, ...(query ? { query } : {}) })) as {
          readonly items: readonly unknown[]
          readonly nextPageToken?: string
        }
        yield* page.items
        pageToken = page.nextPageToken
      } while (pageToken !== undefined)
    } as Client['paged'],
  }
}

const bytesPayload = (body: UploadBody): Payload => ({
  body,
  contentType: 'application/octet-stream',
})

const jsonPayload = (body: unknown): Payload | undefined =>
  body === undefined ? undefined : { body: JSON.stringify(body), contentType: 'application/json' }

async function request(
  options: ClientOptions,
  endpoint: AnyEndpoint,
  parts: Parts,
  accept: string,
  payload: Payload | undefined,
): Promise<Response> {
  const url = urlOf(options.baseUrl, endpoint.path, parts)
  const init: RequestInit & { duplex?: 'half' } = {
    method: endpoint.method,
    headers: {
      accept,
      ...(payload ? { 'content-type': payload.contentType } : {}),
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    },
    ...(options.signal ? { signal: options.signal } : {}),
    ...(payload ? { body: payload.body } : {}),
    ...(payload?.body instanceof ReadableStream ? { duplex: 'half' } : {}),
  }
  const send = options.fetch ?? globalThis.fetch
  const response = await send(url, init).catch((cause: unknown) => {
    if (options.signal?.aborted) throw cause
    throw new KaizenError('UNAVAILABLE', `the server at ${options.baseUrl} is not reached`, {
      hint: 'Check that it runs and that the address is right.',
      cause,
    })
  })
  if (!response.ok) throw await errorOf(response)
  return response
}

/** The address of a call: `:name` and `*` are filled from `params`, query fields that are undefined left out. */
function urlOf(baseUrl: string, path: string, parts: Parts): string {
  const filled = path.replace(/:([A-Za-z_]+)|\*/g, (pattern, name: string | undefined) => {
    const value = parts.params?.[name ?? '*']
    if (value === undefined) {
      throw new KaizenError('INVALID_REQUEST', `${path} needs the parameter "${name ?? '*'}"`)
    }
    const segments = pattern === '*' ? String(value).split('/') : [String(value)]
    return segments.map(encodeURIComponent).join('/')
  })
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parts.query ?? {})) {
    // A list is the field several times over: its members may hold commas.
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const one of values) if (one !== undefined) query.append(name, String(one))
  }
  const search = query.size === 0 ? '' : `?${query}`
  return `${baseUrl.replace(/\/+$/, '')}${filled}${search}`
}

async function errorOf(response: Response): Promise<KaizenError> {
  const text = await response.text().catch(() => '')
  const error = parseError(text)
  if (!error) {
    return new KaizenError(
      'UNAVAILABLE',
      `the server answered ${response.status} without a reason`,
      {
        hint: 'Check that the address is that of a Kaizen server.',
        details: { status: response.status, body: text.slice(0, 500) },
      },
    )
  }
  return new KaizenError(isErrorCode(error.code) ? error.code : 'INTERNAL', error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { ...error.details, requestId: error.requestId },
  })
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCatalogue, code)

/** The surface of Feast tells errors as JSON within a text. */
function parseFeastError(text: string): ErrorBody['error'] | undefined {
  const { class: kind, message } = JSON.parse(text) as Readonly<Record<string, unknown>>
  if (typeof message !== 'string') return undefined
  const code: ErrorCode =
    kind === 'FeatureViewNotFoundException'
      ? 'NOT_FOUND'
      : kind === 'FeastPermissionError'
        ? 'FORBIDDEN'
        : 'INVALID_REQUEST'
  return { code, message }
}

function parseError(text: string): ErrorBody['error'] | undefined {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'string') return parseFeastError(body)
    const { error } = body as Partial<ErrorBody>
    return typeof error?.code === 'string' && typeof error.message === 'string' ? error : undefined
  } catch {
    return undefined
  }
}
