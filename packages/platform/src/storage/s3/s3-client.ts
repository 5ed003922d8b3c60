import { setTimeout as sleep } from 'node:timers/promises'
import { KaizenError } from '@kaizen/contracts/errors'
import { AwsClient } from 'aws4fetch'
import type { S3Settings } from './s3-settings.ts'

export interface S3Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD'
  /** Without the prefix of the store; empty for the bucket itself. */
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** SHA-256 of the body in hexadecimal: the store refuses what arrives damaged. */
  readonly bodyDigest?: string
  /** Statuses besides 2xx that the caller understands. */
  readonly accept?: readonly number[]
}

export interface S3ClientOptions {
  /** How long the store may take to begin its answer, in milliseconds. */
  readonly timeoutMs?: number
  /** How often a request is sent at most, while the store is away or overloaded. */
  readonly attempts?: number
}

const retried = new Set([408, 429, 500, 502, 503, 504])

/** Signed requests to one bucket, retried where that can help, with failures in Kaizen's words. */
export class S3Client {
  readonly #aws: AwsClient
  readonly #settings: S3Settings
  readonly #base: string
  readonly #timeoutMs: number
  readonly #attempts: number

  constructor(settings: S3Settings, options: S3ClientOptions = {}) {
    const { accessKeyId, secretAccessKey, sessionToken, region } = settings
    this.#settings = settings
    this.#timeoutMs = options.timeoutMs ?? 30_000
    this.#attempts = options.attempts ?? 4
    this.#aws = new AwsClient({
      accessKeyId,
      secretAccessKey,
      region,
      service: 's3',
      retries: 0,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    })
    // Other stores rarely have a host name for each bucket.
    this.#base = settings.endpoint
      ? `${settings.endpoint}/${settings.bucket}`
      : `https://${settings.bucket}.s3.${region}.amazonaws.com`
  }

  get prefix(): string {
    return this.#settings.prefix
  }

  /** Value of the header by which the store copies one of its own objects. */
  copySource(key: string): string {
    return encodeURI(`/${this.#settings.bucket}/${this.prefix}${key}`)
  }

  #url(key: string, query: Readonly<Record<string, string>>): URL {
    const path = key === '' ? '/' : `/${this.prefix}${key}`
    const url = new URL(this.#base + encodeURI(path))
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    return url
  }

  /** An address that allows one operation until it expires. */
  async presign(
    method: 'GET' | 'PUT',
    key: string,
    options: {
      readonly expiresInSeconds: number
      readonly query?: Readonly<Record<string, string>>
    },
  ): Promise<string> {
    const url = this.#url(key, {
      ...options.query,
      'X-Amz-Expires': String(options.expiresInSeconds),
    })
    const signed = await this.#aws.sign(url.href, { method, aws: { signQuery: true } })
    return signed.url
  }

  /**
   * Sends a request and answers once the answer begins; its body is the caller's to read.
   * @throws UNAVAILABLE when the store is away, slow, refuses or fails.
   */
  async send(request: S3Request): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#once(request)
      if (outcome instanceof Response) {
        if (outcome.ok || request.accept?.includes(outcome.status)) return outcome
        if (!retried.has(outcome.status) || attempt >= this.#attempts) {
          throw refusal(outcome, await outcome.text().catch(() => ''))
        }
        await outcome.body?.cancel()
      } else if (attempt >= this.#attempts) throw this.#unreachable(outcome)
      await sleep(100 * 2 ** attempt * (0.5 + Math.random() / 2))
    }
  }

  async #once(request: S3Request): Promise<Response | Error> {
    const { method, key = '', query = {}, headers = {}, body, bodyDigest } = request
    const given = new AbortController()
    const timer = setTimeout(() => given.abort(), this.#timeoutMs)
    try {
      const signed = await this.#aws.sign(this.#url(key, query).href, {
        method,
        headers: { ...headers, ...(bodyDigest ? { 'x-amz-content-sha256': bodyDigest } : {}) },
        ...(body === undefined ? {} : { body: body as NonNullable<RequestInit['body']> }),
      })
      return await fetch(signed.url, {
        method,
        headers: signed.headers,
        redirect: 'manual',
        signal: given.signal,
        ...(body === undefined ? {} : { body: body as NonNullable<RequestInit['body']> }),
      })
    } catch (failure) {
      return failure as Error
    } finally {
      clearTimeout(timer)
    }
  }

  #unreachable(failure: Error): KaizenError {
    const { host } = new URL(this.#base)
    const cause = failure.cause as { code?: string } | undefined
    const why =
      failure.name === 'AbortError'
        ? `gave no answer within ${this.#timeoutMs} ms`
        : `cannot be reached (${cause?.code ?? failure.name})`
    return new KaizenError('UNAVAILABLE', `the object store at ${host} ${why}`, {
      hint: 'Check AWS_ENDPOINT_URL and the network, then send the request again.',
      cause: failure,
    })
  }
}

/** The text of one element of an S3 answer. */
export const xmlText = (xml: string, element: string): string | undefined =>
  new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1]?.replaceAll('&quot;', '"')

const hints: Readonly<Record<string, string>> = {
  AccessDenied: 'Allow these credentials to read, write, list and delete below the prefix.',
  InvalidAccessKeyId: 'Check AWS_ACCESS_KEY_ID.',
  SignatureDoesNotMatch: 'Check AWS_SECRET_ACCESS_KEY and AWS_REGION.',
  NoSuchBucket: 'Create the bucket, or name another with --blobs.',
  ExpiredToken: 'Renew the temporary credentials.',
  RequestTimeTooSkewed: "Set this machine's clock.",
}

function refusal(response: Response, body: string): KaizenError {
  const moved = response.status >= 300 && response.status < 400
  const code = xmlText(body, 'Code') ?? (response.status === 403 ? 'AccessDenied' : undefined)
  const what = code ? `${code} (HTTP ${response.status})` : `HTTP ${response.status}`
  return new KaizenError('UNAVAILABLE', `the object store refuses: ${what}`, {
    hint: moved
      ? 'The bucket is in another region: set AWS_REGION.'
      : (hints[code ?? ''] ?? 'Look into the log of the object store.'),
    details: { status: response.status, ...(code ? { code } : {}) },
  })
}
