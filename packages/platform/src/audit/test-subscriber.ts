/** A subscriber as a process of its own, for tests that end it: `node test-subscriber.ts DIALECT PLACE SERVER`. */
import { once } from 'node:events'
import { sql } from 'kysely'
import { systemClock } from '../kernel/index.ts'
import { openPostgres, openSqlite, type Tx } from '../storage/index.ts'
import { AuditLog, auditMigrations, Subscription } from './index.ts'

/** Writes down each fifth event and who has taken it. */
export const fifths = (server: string) => ({
  name: 'fifths',
  concerns: ({ seq }: { readonly seq: number }) => seq % 5 === 0,
  react: async (tx: Tx, { seq }: { readonly seq: number }): Promise<void> => {
    await sql`insert into taken (seq, server) values (${seq}, ${server})`.execute(tx)
  },
  onError: (failure: unknown): void => {
    throw failure
  },
})

if (import.meta.main) {
  const [dialect, place, server] = process.argv.slice(2)
  const open = dialect === 'postgres' ? openPostgres : openSqlite
  const database = await open(place!, auditMigrations)
  const subscription = new Subscription(
    database,
    new AuditLog(database, systemClock),
    fifths(server!),
  )
  process.stdout.write('reading\n')
  await once(process.stdin, 'end')
  await subscription[Symbol.asyncDispose]()
  await database.close()
}
