import { type ClientQuota, KaizenError } from '@kaizen/contracts'
import type { Actor } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import { addUse, findUse, forgetUses, type QuotaPlace, type Used } from './quota.store.ts'

/** Who asks, and from where. */
export interface Caller {
  readonly actor: Actor
  readonly address: string
}

/** What is known to be stored of a client's use, and what has come since. */
interface Use {
  readonly place: QuotaPlace
  stored: Used
  requests: number
  rows: number
}

const dayMs = 86_400_000
/** Longer than any period, so that what is forgotten counts for nothing. */
const keptMs = 62 * dayMs
/** Clients in memory; the rest is read again when it comes. */
const remembered = 50_000

/** The day or month (UTC) that a time lies in. */
export function periodOf(per: ClientQuota['per'], now: number): { start: number; end: number } {
  if (per === 'day') {
    const start = Math.floor(now / dayMs) * dayMs
    return { start, end: start + dayMs }
  }
  const date = new Date(now)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { start: Date.UTC(year, month, 1), end: Date.UTC(year, month + 1, 1) }
}

/**
 * What clients have used of their quotas, for all endpoints: counted in memory, and written every second as additions, so
 * that several servers add up and a restart goes on where it was.
 */
export class QuotaLedger {
  readonly #database: Database
  readonly #uses = new Map<string, Use>()
  #forgottenAt = 0

  constructor(database: Database) {
    this.#database = database
  }

  async use(place: QuotaPlace): Promise<Use> {
    const key = `${place.endpoint} ${place.per} ${place.start} ${place.client}`
    const known = this.#uses.get(key)
    if (known) return known
    const stored = await findUse(this.#database.reader, place)
    const read = this.#uses.get(key) ?? { place, stored, requests: 0, rows: 0 }
    this.#uses.set(key, read)
    return read
  }

  /** Writes what has come since, and learns what other servers have counted. */
  async sync(now: number): Promise<void> {
    const changed = [...this.#uses.values()].filter(({ requests, rows }) => requests + rows > 0)
    const added = changed.map(({ requests, rows }) => ({ requests, rows }))
    if (changed.length > 0) {
      await this.#database.write(async (tx) => {
        for (const [i, { place }] of changed.entries()) await addUse(tx, place, added[i]!)
        if (now - this.#forgottenAt > dayMs) await forgetUses(tx, now - keptMs)
      })
      this.#forgottenAt = now
      for (const [i, use] of changed.entries()) {
        use.stored = await findUse(this.#database.reader, use.place)
        use.requests -= added[i]!.requests
        use.rows -= added[i]!.rows
      }
    }
    for (const [key, { requests, rows }] of this.#uses) {
      if (this.#uses.size <= remembered) break
      if (requests + rows === 0) this.#uses.delete(key)
    }
  }
}

/** The quotas of one endpoint. */
export class EndpointQuotas {
  readonly #endpoint: string
  readonly #quotas: readonly ClientQuota[]
  readonly #ledger: QuotaLedger

  constructor(endpoint: string, quotas: readonly ClientQuota[], ledger: QuotaLedger) {
    this.#endpoint = endpoint
    this.#quotas = quotas
    this.#ledger = ledger
  }

  /** Counts a request; answers how to count its rows. @throws RATE_LIMITED */
  async take(caller: Caller, now: number): Promise<(rows: number) => void> {
    const periods = this.#quotas.map(({ per }) => periodOf(per, now))
    const uses = await Promise.all(
      this.#quotas.map(({ per, client: by }, i) => {
        const client = by === 'address' ? `address:${caller.address}` : caller.actor.name
        const { start } = periods[i]!
        return this.#ledger.use({ endpoint: this.#endpoint, client, per, start })
      }),
    )
    // From here on in one turn of the loop, so that requests that come together are counted one by one.
    for (const [i, { per, requests, rows }] of this.#quotas.entries()) {
      const { place, stored, ...since } = uses[i]!
      const waitMs = periods[i]!.end - now
      if (requests !== undefined && stored.requests + since.requests >= requests) {
        throw exceeded(`${requests} requests a ${per}`, place.client, waitMs)
      }
      if (rows !== undefined && stored.rows + since.rows >= rows) {
        throw exceeded(`${rows} rows a ${per}`, place.client, waitMs)
      }
    }
    const counted = new Set(uses)
    for (const use of counted) use.requests++
    return (rows) => {
      for (const use of counted) use.rows += rows
    }
  }
}

function exceeded(quota: string, client: string, waitMs: number): KaizenError {
  return new KaizenError('RATE_LIMITED', `${client} has used its quota of ${quota}`, {
    hint: `The next ${quota.endsWith('day') ? 'day' : 'month'} (UTC) begins in ${Math.ceil(waitMs / 60_000)} minutes.`,
    details: { retryAfterSeconds: waitMs / 1000, limit: 'quota' },
  })
}
