import type { Kysely, Transaction } from 'kysely'

export type Dialect = 'sqlite' | 'postgres'

/** A transaction; each store narrows it to its own tables with `tables<T>(tx)`. */
export type Tx = Transaction<unknown>
/** A transaction or a connection for reading. */
export type Reader = Kysely<unknown>

/**
 * Something that gathers in memory what the members of a group leave with it, and writes it once, before their shared
 * commit: what every write does costs one statement for the group, not one for each.
 */
export interface GroupParticipant {
  /** A member begins; the answer takes back what that member leaves here. */
  begin(): () => void
  /** Writes what the members left. A failure rolls the whole group back. */
  flush(tx: Tx): Promise<void>
  /** The group is over. */
  end(committed: boolean): void
}

/**
 * The database port.
 *
 * Writes that arrive together share one durable transaction: each runs inside a savepoint of its own, in order of
 * arrival, and all are answered after the commit is on disk. So a write is atomic by itself, and waits at most for
 * those that came before it. A write must await nothing but its own statements.
 */
export interface Database {
  readonly dialect: Dialect
  /** Runs `work` in a durable transaction; it is rolled back, alone, if `work` throws. */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Takes part in every group of writes from now on. */
  join(participant: GroupParticipant): void
  /** For queries; sees what was committed before. */
  readonly reader: Reader
  close(): Promise<void>
}

/** Narrows a connection to the tables of one store. */
export const tables = <T>(connection: Reader): Kysely<T> =>
  connection.withTables<T & Record<string, never>>() as unknown as Kysely<T>
