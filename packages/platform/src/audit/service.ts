import type { AuditVerification, Page } from '@kaizen/contracts'
import type { Clock } from '../kernel/index.ts'
import type { Database, Tx } from '../storage/index.ts'
import type { AuditEvent, NewAuditEvent } from './model.ts'
import { type ChainState, chainStart, followChain, hashEvent } from './rules.ts'
import * as store from './store.ts'
import { findUnlisted, readListed } from './subjects.store.ts'
import { type AppendListener, type ChainTail, chainTailOf } from './tail.ts'

const verifyBatch = 2000

/** The event log: every change of state, in the order of its commits, chained by hashes. */
export class AuditLog {
  readonly #database: Database
  readonly #clock: Clock
  readonly #tail: ChainTail

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
    this.#tail = chainTailOf(database)
  }

  /**
   * Appends within the caller's transaction: the change and its event are kept or lost together. The event is written
   * with those of the whole group, just before its commit.
   */
  async append(tx: Tx, event: NewAuditEvent): Promise<AuditEvent> {
    const head = await this.#tail.head(tx)
    const fields = {
      seq: head.seq + 1,
      at: this.#clock.now(),
      actor: typeof event.actor === 'string' ? event.actor : event.actor.name,
      type: event.type,
      subject: event.subject,
      // Through JSON and back, so that what is hashed is what will be read.
      data: JSON.parse(JSON.stringify(event.data ?? {})) as AuditEvent['data'],
      requestId: event.requestId ?? null,
      previousHash: head.hash,
    }
    const chained = { ...fields, hash: hashEvent(fields) }
    this.#tail.add(chained)
    return chained
  }

  /** Newest first, by keyset; a filter ending in `*` matches by prefix. */
  async list(
    options: store.AuditFilter & { readonly limit: number; readonly before?: number | undefined },
  ): Promise<Page<AuditEvent>> {
    const { reader, dialect } = this.#database
    const before = options.before ?? Number.MAX_SAFE_INTEGER
    const items = await store.readBefore(reader, dialect, { ...options, before })
    const last = items.at(-1)
    return items.length === options.limit && last
      ? { items, nextPageToken: String(last.seq) }
      : { items }
  }

  /** Committed events after `seq`, oldest first. */
  readAfter(seq: number, limit: number): Promise<readonly AuditEvent[]> {
    return store.readAfter(this.#database.reader, seq, limit)
  }

  async headSeq(): Promise<number> {
    return (await store.readHead(this.#database.reader)).seq
  }

  /** Recomputes every hash from the first event to the head, and looks whether each is found by its subject. */
  async verify(): Promise<AuditVerification> {
    const { reader, dialect } = this.#database
    const head = await store.readHead(reader)
    const listed = await readListed(reader, dialect)
    let state: ChainState = chainStart
    for (;;) {
      const events = await store.readAfter(reader, state.seq, verifyBatch)
      const upToHead = events.filter((event) => event.seq <= head.seq)
      const next = followChain(state, upToHead)
      if ('kind' in next) return { ok: false, events: head.seq, head: head.hash, problem: next }
      const range = { after: state.seq, upTo: Math.min(next.seq, listed) }
      const unlisted = await findUnlisted(reader, range)
      if (unlisted !== undefined) {
        const message = `event ${unlisted} is missing from the list of its subject`
        const problem = { seq: unlisted, kind: 'missing', message } as const
        return { ok: false, events: head.seq, head: head.hash, problem }
      }
      state = next
      if (events.length < verifyBatch || state.seq >= head.seq) break
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    if (state.seq === head.seq && state.hash === head.hash)
      return { ok: true, events: head.seq, head: head.hash, problem: null }
    const message = `the log ends at event ${state.seq}, but its head is event ${head.seq}`
    return {
      ok: false,
      events: head.seq,
      head: head.hash,
      problem: { seq: state.seq + 1, kind: 'truncated', message },
    }
  }

  /** Calls `listener` soon after this process has committed a group with events, with these; others append unheard. */
  onAppend(listener: AppendListener): () => void {
    return this.#tail.onAppend(listener)
  }

  /** Where a named reader of the log stands; a new reader starts at `initial`. */
  async cursor(name: string, initial: number): Promise<number> {
    const known = await store.readCursor(this.#database.reader, name)
    if (known !== undefined) return known
    await this.#database.write((tx) => store.insertCursor(tx, name, initial))
    return (await store.readCursor(this.#database.reader, name)) ?? initial
  }

  /**
   * Moves a cursor in the transaction of what is done for the events before it. False when another process has done so
   * or is about to: then nothing may be done for them here.
   */
  advanceCursor(tx: Tx, name: string, seq: number): Promise<boolean> {
    return store.advanceCursor(tx, this.#database.dialect, { name, seq })
  }
}
