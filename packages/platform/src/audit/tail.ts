import type { AuditEvent } from '@kaizen/contracts'
import type { Database, Dialect, GroupParticipant, Tx } from '../storage/index.ts'
import * as store from './store.ts'
import { SubjectList } from './subject-list.ts'

/** Is told of the events of a group that this process has committed, in their order. */
export type AppendListener = (events: readonly AuditEvent[]) => void

interface Head {
  readonly seq: number
  readonly hash: string
}

/**
 * The end of the chain while a group of writes runs. The head is read, and locked against other processes, by the
 * first event of a group; the events after it are chained in memory, and all are written at once before the commit.
 */
export class ChainTail implements GroupParticipant {
  readonly #dialect: Dialect
  readonly #listeners = new Set<AppendListener>()
  #head: Head | undefined
  #pending: AuditEvent[] = []

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  /** What the next event follows. */
  async head(tx: Tx): Promise<Head> {
    this.#head ??= await store.lockHead(tx, this.#dialect)
    return this.#head
  }

  add(event: AuditEvent): void {
    this.#pending.push(event)
    this.#head = { seq: event.seq, hash: event.hash }
  }

  /** A member that fails takes its events with it, and its lock: its savepoint gives that back. */
  begin(): () => void {
    const head = this.#head
    const count = this.#pending.length
    return () => {
      this.#head = head
      this.#pending.length = count
    }
  }

  async flush(tx: Tx): Promise<void> {
    if (this.#pending.length > 0) await store.insertEvents(tx, this.#dialect, this.#pending)
  }

  end(committed: boolean): void {
    const appended = this.#pending
    this.#head = undefined
    this.#pending = []
    if (!committed || appended.length === 0) return
    for (const listener of this.#listeners) setImmediate(() => listener(appended))
  }

  onAppend(listener: AppendListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

const tails = new WeakMap<Database, ChainTail>()

/** A database has one chain, so it has one tail, however many logs are opened on it. */
export function chainTailOf(database: Database): ChainTail {
  const known = tails.get(database)
  if (known) return known
  const tail = new ChainTail(database.dialect)
  tails.set(database, tail)
  database.join(tail)
  const subjects = new SubjectList(database)
  tail.onAppend((events) => subjects.hear(events.at(-1)?.seq ?? 0))
  return tail
}
