import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../kernel/index.ts'
import type { Database } from '../storage/index.ts'
import { type TestDatabase, testDatabase, testDialects } from '../storage/test-databases.ts'
import { AuditLog, auditMigrations, Subscription } from './index.ts'
import { fifths } from './test-subscriber.ts'

/** Tells how many events were read. */
class CountedLog extends AuditLog {
  read = 0

  override async readAfter(seq: number, limit: number): ReturnType<AuditLog['readAfter']> {
    const events = await super.readAfter(seq, limit)
    this.read += events.length
    return events
  }
}

describe.each(testDialects)('subscriptions on $dialect', ({ dialect, available }) => {
  let opened: TestDatabase
  let database: Database
  let log: CountedLog

  beforeAll(async () => {
    expect(available).toBe(true)
    opened = await testDatabase(dialect, auditMigrations)
    database = opened.database
    log = new CountedLog(database, systemClock)
    await run('create table taken (seq integer, server text)')
  })
  afterAll(() => opened[Symbol.asyncDispose]())
  beforeEach(async () => {
    for (const table of ['audit_event', 'audit_event_subject', 'audit_cursor', 'taken'])
      await run(`delete from ${table}`)
    await run(`update audit_head set seq = 0, hash = '${'0'.repeat(64)}'`)
    log.read = 0
  })

  const run = (text: string): Promise<unknown> => database.write((tx) => sql.raw(text).execute(tx))
  const append = (count: number, into = database, by = log): Promise<void> =>
    into.write(async (tx) => {
      for (let n = 0; n < count; n++) {
        const event = { actor: 'user:test', type: 'test.thing.changed', subject: 'thing:a' }
        await by.append(tx, event)
      }
    })
  const taken = async (): Promise<readonly number[]> => {
    const { rows } = await sql<{ seq: number }>`select seq from taken order by seq`.execute(
      database.reader,
    )
    return rows.map(({ seq }) => seq)
  }
  const everyFifthOf = (count: number): readonly number[] =>
    Array.from({ length: Math.floor(count / 5) }, (_, i) => 5 * (i + 1))
  const unconcerned = { ...fifths('one'), name: 'unconcerned', concerns: () => false }

  it('goes on after a restart where it stood, also when nothing concerned it', async () => {
    await append(10_000)
    {
      // Without an end, as after a crash: what was passed over last is read again, and no more.
      const crashed = new Subscription(database, log, unconcerned)
      await crashed.caughtUp()
      expect(log.read).toBe(10_000)
      log.read = 0
      await using after = new Subscription(database, log, unconcerned)
      await after.caughtUp()
      expect(log.read).toBeLessThanOrEqual(4096 + 256)
      await crashed[Symbol.asyncDispose]()
    }
    log.read = 0
    await using next = new Subscription(database, log, unconcerned)
    await next.caughtUp()
    expect(log.read).toBeLessThan(256)
  })

  it('brings each event to one of the servers that read by one name, and never goes back', async () => {
    await append(300)
    const other = await opened.reopen()
    await using scope = new AsyncDisposableStack()
    scope.defer(() => other.close())
    const otherLog = new CountedLog(other, systemClock)
    await using first = new Subscription(database, log, fifths('one'))
    await using second = new Subscription(other, otherLog, fifths('two'))
    await Promise.all([append(200), append(200, other, otherLog)])
    await Promise.all([first.caughtUp(), second.caughtUp()])
    expect(await taken()).toEqual(everyFifthOf(700))
    expect(await log.cursor('fifths', 0)).toBe(700)
  })

  it('loses and repeats nothing when servers are killed', async () => {
    const file = join(import.meta.dirname, 'test-subscriber.ts')
    const start = (server: string) => {
      const child = spawn(process.execPath, [file, dialect, opened.place, server], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      return { child, ended: once(child, 'exit') }
    }
    await append(2000)
    const servers = ['one', 'two'].map(start)
    await vi.waitFor(async () => expect((await taken()).length).toBeGreaterThan(20), {
      timeout: 30_000,
      interval: 5,
    })
    for (const { child } of servers) child.kill('SIGKILL')
    await Promise.all(servers.map(({ ended }) => ended))
    expect((await taken()).length).toBeLessThan(400)
    await using last = new Subscription(database, log, fifths('last'))
    await last.caughtUp()
    expect(await taken()).toEqual(everyFifthOf(2000))
  }, 60_000)
})
