import type { Kysely } from 'kysely'
import type { Database, Dialect, Reader, Tx } from './database.ts'
import { GroupCommit } from './group-commit.ts'

export interface GroupedConnections {
  readonly dialect: Dialect
  /** A single connection: every write goes through it, in groups. */
  readonly writer: Kysely<unknown>
  readonly reader: Reader
  /** Begins a transaction that will write. */
  readonly begin: () => void | Promise<void>
  readonly commit: () => void | Promise<void>
  readonly rollback: () => void | Promise<void>
  /** Tells apart the failures of a write that are the operator's to mend. */
  readonly explain: (failure: unknown) => unknown
  /** Runs statements without values on the writing connection: cheaper than by way of the builder. */
  readonly execute: (...statements: string[]) => void | Promise<void>
  /** The same for statements whose answer need not be awaited: what comes after them tells their failure. */
  readonly announce: (...statements: string[]) => void | Promise<void>
  /** Where a commit reaches the disk later than it is done: resolves when all of them have. */
  readonly sync?: () => Promise<void>
  /** Work of the database itself that comes between two groups; what is answered, the next group waits for. */
  readonly betweenGroups?: () => Promise<void> | undefined
  /** Ends the connections, after the last group. */
  readonly end: () => Promise<void>
}

/** The database port over one writing connection and any number that read. */
export function groupedDatabase(connections: GroupedConnections): Database {
  const { dialect, writer, reader, explain, execute, announce, sync, betweenGroups, end } =
    connections
  const group = new GroupCommit({
    begin: async () => connections.begin(),
    savepoint: async () => announce('SAVEPOINT member'),
    nextSavepoint: async () => announce('RELEASE SAVEPOINT member', 'SAVEPOINT member'),
    rollbackToSavepoint: async () =>
      execute('ROLLBACK TO SAVEPOINT member', 'RELEASE SAVEPOINT member'),
    commit: async () => connections.commit(),
    rollback: async () => connections.rollback(),
    ...(sync ? { sync } : {}),
    ...(betweenGroups ? { betweenGroups } : {}),
  })
  return {
    dialect,
    reader,
    join: (participant) =>
      group.join({
        begin: () => participant.begin(),
        flush: () => participant.flush(writer as Tx),
        end: (committed) => participant.end(committed),
      }),
    write: (work) =>
      group
        .submit(() => work(writer as Tx))
        .catch((failure: unknown) => {
          throw explain(failure)
        }),
    async close() {
      await group.close()
      await end()
    },
  }
}
