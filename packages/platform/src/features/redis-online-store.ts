import { setTimeout as pause } from 'node:timers/promises'
import { type JsonValue, KaizenError } from '@kaizen/contracts'
import type { Database, Tx } from '../storage/index.ts'
import type { OnlineRow } from './model.ts'
import type { OnlineStore, OnlineWrite } from './online-store.ts'

/** As much of the client as is used here; the package is loaded when a store is first asked. */
interface RedisClient {
  mGet(keys: string[]): Promise<(string | null)[]>
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  scan(
    cursor: string,
    options: { MATCH: string; COUNT: number },
  ): Promise<{ cursor: string; keys: string[] }>
  unlink(keys: string[]): Promise<number>
  destroy(): void
}

export interface RedisOnlineStoreOptions {
  /** `redis://USER:PASSWORD@HOST:PORT/NUMBER`, `rediss://` for TLS; `?prefix=` parts servers that do not share a database. */
  readonly url: string
  readonly database: Database
  /** Whether rows that are too old for any use leave by themselves; not where the server's clock is no real one. */
  readonly expires: boolean
}

/** A store that does not answer for so long is away. */
const answersWithinMs = 5000
const connectsWithinMs = 3000
/** Keys of one command; several go out together, without waiting for one another. */
const keysAtOnce = 500
const scannedAtOnce = 2000
const deletedAtOnce = 1000

/**
 * Writes each row unless a newer one stands there; a row is a text: event time, created time and cells, parted by `|`.
 * All keys of a call are looked at and written as one.
 */
const upsert = `
local written = 0
for i = 1, #KEYS do
  local at = (i - 1) * 4
  local event, created = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local heldEvent, heldCreated = string.match(redis.call('GETRANGE', KEYS[i], 0, 63), '^(%-?%d+)|(%-?%d*)|')
  heldEvent, heldCreated = tonumber(heldEvent), tonumber(heldCreated)
  if heldEvent == nil or event > heldEvent or
    (event == heldEvent and (heldCreated == nil or (created ~= nil and created >= heldCreated))) then
    if ARGV[at + 4] == '' then redis.call('SET', KEYS[i], ARGV[at + 3])
    else redis.call('SET', KEYS[i], ARGV[at + 3], 'PXAT', ARGV[at + 4]) end
    written = written + 1
  end
end
return written
`

/** The online store on Redis: rows are found by key in one way there and back, whatever their number. */
export class RedisOnlineStore implements OnlineStore, AsyncDisposable {
  readonly #options: RedisOnlineStoreOptions
  readonly #prefix: string
  /** Where it is, without what logs in. */
  readonly place: string
  #client: Promise<RedisClient> | undefined
  #lost: string | undefined
  #failures = 0

  /** @throws INVALID_CONFIG */
  constructor(options: RedisOnlineStoreOptions) {
    const { url, prefix } = readUrl(options.url)
    this.#options = { ...options, url: url.href }
    this.#prefix = prefix
    this.place = `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`
  }

  /** Calls that failed since the start, because the store was away or refused them. */
  get failures(): number {
    return this.#failures
  }

  async read(set: number, keys: readonly string[]): Promise<readonly (OnlineRow | undefined)[]> {
    const distinct = [...new Set(keys)]
    const texts = await this.#asked(async (client) => {
      const parts = chunked(distinct, keysAtOnce).map((part) =>
        client.mGet(part.map((key) => this.#key(set, key))),
      )
      return (await Promise.all(parts)).flat()
    })
    const found = new Map(distinct.map((key, i) => [key, rowOf(key, texts[i] ?? null)]))
    return keys.map((key) => found.get(key))
  }

  async write({ set, rows, keepUs, record }: OnlineWrite): Promise<number> {
    const counts = await this.#asked((client) =>
      Promise.all(
        chunked(rows, keysAtOnce).map((part) =>
          client.eval(upsert, {
            keys: part.map(({ key }) => this.#key(set, key)),
            arguments: part.flatMap((row) => this.#argumentsOf(row, keepUs)),
          }),
        ),
      ),
    )
    const written = counts.reduce<number>((sum, count) => sum + Number(count), 0)
    await this.#options.database.write((tx) => record(tx, written))
    return written
  }

  async count(set: number): Promise<number> {
    let count = 0
    for await (const keys of this.#keysOf(set)) count += keys.length
    return count
  }

  /**
   * Before the transaction ends: numbers of sets come again, and a new one must not find rows of an old one. A transaction
   * that is taken back leaves its sets to be brought in again.
   */
  async remove(_tx: Tx, sets: readonly number[]): Promise<void> {
    for (const set of sets)
      for await (const keys of this.#keysOf(set))
        for (const part of chunked(keys, deletedAtOnce))
          await this.#asked((client) => client.unlink(part))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = this.#client
    this.#client = undefined
    ;(await client?.catch(() => undefined))?.destroy()
  }

  #key(set: number, key: string): string {
    return `${this.#prefix}:${set}:${key}`
  }

  #argumentsOf({ eventUs, createdUs, cells }: OnlineRow, keepUs: number | null): string[] {
    const created = createdUs === null ? '' : String(createdUs)
    const value = `${eventUs}|${created}|${JSON.stringify(cells)}`
    const expires = this.#options.expires && keepUs !== null
    return [
      String(eventUs),
      created,
      value,
      expires ? String(Math.max(1, Math.ceil((eventUs + keepUs) / 1000))) : '',
    ]
  }

  /** Keys of a set; one that is written meanwhile may be missed, none comes twice. */
  async *#keysOf(set: number): AsyncGenerator<string[]> {
    const seen = new Set<string>()
    let cursor = '0'
    do {
      const page = await this.#asked((client) =>
        client.scan(cursor, { MATCH: `${this.#prefix}:${set}:*`, COUNT: scannedAtOnce }),
      )
      const fresh = page.keys.filter((key) => seen.size !== seen.add(key).size)
      if (fresh.length > 0) yield fresh
      cursor = page.cursor
    } while (cursor !== '0')
  }

  /** @throws UNAVAILABLE, and counts it */
  async #asked<T>(ask: (client: RedisClient) => Promise<T>): Promise<T> {
    try {
      this.#client ??= this.#opened()
      return await within(answersWithinMs, this.#client.then(ask))
    } catch (failure) {
      this.#failures++
      const reason = this.#lost ?? reasonOf(failure)
      throw new KaizenError(
        'UNAVAILABLE',
        `the online store at ${this.place} does not answer: ${this.#unsecret(reason)}`,
        { hint: 'See that Redis runs and can be reached; requests are answered again when it is.' },
      )
    }
  }

  /** Connected, or on the way to it: it connects again by itself whenever the connection is lost. */
  async #opened(): Promise<RedisClient> {
    const { createClient } = await import('@redis/client')
    const client = createClient({
      url: this.#options.url,
      // What cannot be asked now is refused now, and not kept for later.
      disableOfflineQueue: true,
      socket: {
        connectTimeout: connectsWithinMs,
        reconnectStrategy: (retries) => Math.min(2000, 50 * 2 ** Math.min(retries, 6)),
      },
    })
    client.on('error', (failure: unknown) => {
      this.#lost = reasonOf(failure)
    })
    client.on('ready', () => {
      this.#lost = undefined
    })
    const connected = client.connect().catch((failure: unknown) => {
      this.#lost = reasonOf(failure)
    })
    await Promise.race([connected, pause(connectsWithinMs, undefined, { ref: false })])
    return client as unknown as RedisClient
  }

  #unsecret(text: string): string {
    const { password } = new URL(this.#options.url)
    const secrets = [password, decodeURIComponent(password)].filter((secret) => secret !== '')
    return secrets.reduce((told, secret) => told.replaceAll(secret, '***'), text)
  }
}

/** The address without what only this adapter reads. @throws INVALID_CONFIG */
function readUrl(text: string): { readonly url: URL; readonly prefix: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const prefix = url?.searchParams.get('prefix') ?? 'kaizen'
  const isRedis = url?.protocol === 'redis:' || url?.protocol === 'rediss:'
  if (!url || !isRedis || url.hostname === '' || !/^[\w.-]{1,64}$/.test(prefix)) {
    throw new KaizenError(
      'INVALID_CONFIG',
      '--online-store: expected redis://USER:PASSWORD@HOST:PORT/NUMBER, perhaps with ?prefix=NAME',
    )
  }
  url.search = ''
  return { url, prefix }
}

function rowOf(key: string, text: string | null): OnlineRow | undefined {
  if (text === null) return undefined
  const [event, created] = text.split('|', 2) as [string, string]
  return {
    key,
    eventUs: Number(event),
    createdUs: created === '' ? null : Number(created),
    cells: JSON.parse(text.slice(event.length + created.length + 2)) as readonly JsonValue[],
  }
}

function chunked<T>(values: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < values.length; at += size) parts.push(values.slice(at, at + size))
  return parts
}

async function within<T>(ms: number, asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${ms} ms`)), ms).unref()
  })
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

const reasonOf = (failure: unknown): string => {
  const { message, code } = failure as { readonly message?: string; readonly code?: string }
  return (message || code || String(failure)).slice(0, 300)
}
