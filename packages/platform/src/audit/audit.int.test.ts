import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ReplayClock } from '../kernel/index.ts'
import type { Database } from '../storage/index.ts'
import { type TestDatabase, testDatabase, testDialects } from '../storage/test-databases.ts'
import { type AuditEvent, AuditLog, auditMigrations, Subscription } from './index.ts'
import { listedAtOnce } from './subject-list.ts'

describe.for(testDialects)('audit log on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)(
    available ? 'chain' : 'chain (skipped: PostgreSQL is not installed)',
    () => {
      let opened: TestDatabase
      let database: Database
      let log: AuditLog

      beforeAll(async () => {
        opened = await testDatabase(dialect, auditMigrations)
        database = opened.database
        log = new AuditLog(database, new ReplayClock(1000))
      })
      afterAll(() => opened[Symbol.asyncDispose]())

      const append = (n: number, subject = 'thing:a'): Promise<AuditEvent> =>
        database.write((tx) =>
          log.append(tx, {
            actor: 'user:test',
            type: 'test.thing.changed',
            subject,
            data: { n, when: undefined, nested: { ü: [1.5, null] } },
          }),
        )
      const run = (text: string): Promise<unknown> =>
        database.write((tx) => sql.raw(text).execute(tx))

      beforeEach(async () => {
        await run('delete from audit_event')
        await run('delete from audit_event_subject')
        await run('delete from audit_cursor')
        await run(`update audit_head set seq = 0, hash = '${'0'.repeat(64)}'`)
        await Promise.all(Array.from({ length: 20 }, (_, i) => append(i)))
      })

      it('verifies what was appended, at once or one by one', async () => {
        await append(99)
        expect(await log.verify()).toMatchObject({ ok: true, events: 21, problem: null })
      })

      it('loses the event of a write that fails, and keeps the chain whole', async () => {
        const failing = database.write(async (tx) => {
          await log.append(tx, {
            actor: 'user:test',
            type: 'test.thing.changed',
            subject: 'thing:b',
          })
          throw new Error('no')
        })
        await expect(failing).rejects.toThrow('no')
        await append(1)
        expect(await log.verify()).toMatchObject({ ok: true, events: 21 })
      })

      it.each([
        ['altered', `update audit_event set data = '{"n":12345}' where seq = 7`, 7],
        ['altered', `update audit_event set actor = 'user:other' where seq = 20`, 20],
        ['missing', 'delete from audit_event where seq = 9', 9],
        ['truncated', 'delete from audit_event where seq > 15', 16],
        [
          'altered',
          'update audit_event set seq = case seq when 3 then 1000 else seq end where seq = 3; update audit_event set seq = 3 where seq = 4; update audit_event set seq = 4 where seq = 1000',
          3,
        ],
      ] as const)('finds an event that was %s', async (kind, statements, seq) => {
        for (const statement of statements.split('; ')) await run(statement)
        expect((await log.verify()).problem).toMatchObject({ kind, seq })
      })

      it('lists newest first, by pages and by prefix', async () => {
        await append(1, 'other:x')
        const first = await log.list({ limit: 5 })
        expect(first.items.map((event) => event.seq)).toEqual([21, 20, 19, 18, 17])
        const second = await log.list({ limit: 5, before: Number(first.nextPageToken) })
        expect(second.items[0]?.seq).toBe(16)
        expect((await log.list({ limit: 50, subject: 'other:*' })).items).toHaveLength(1)
      })

      it('finds the events of a subject, listed or not yet, and misses one that was taken off the list', async () => {
        const many = 2 * listedAtOnce + 100
        await database.write(async (tx) => {
          for (let n = 0; n < many; n++) {
            const subject = n % 1000 === 0 ? 'rare:thing' : `thing:${n % 7}`
            await log.append(tx, { actor: 'user:test', type: 'test.thing.changed', subject })
          }
        })
        const listed = sql<{ n: number }>`select count(*) as n from audit_event_subject`
        await vi.waitFor(async () => {
          const { rows } = await listed.execute(database.reader)
          expect(Number(rows[0]?.n)).toBe(2 * listedAtOnce)
        })
        await append(1, 'rare:thing')
        const rare = [21, 1021, 2021, 3021, 4021, 21 + many]
        const first = await log.list({ limit: 4, subject: 'rare:thing' })
        const rest = await log.list({
          limit: 4,
          subject: 'rare:thing',
          type: 'test.*',
          before: Number(first.nextPageToken),
        })
        const found = [...first.items, ...rest.items].map(({ seq }) => seq)
        expect(found).toEqual(rare.toReversed())
        expect(await log.verify()).toMatchObject({ ok: true })
        await run("delete from audit_event_subject where subject = 'rare:thing' and seq = 1021")
        expect((await log.verify()).problem).toMatchObject({ kind: 'missing', seq: 1021 })
      })

      it('lets two processes append to one chain', async () => {
        if (dialect !== 'postgres') return
        const other = await opened.reopen()
        const otherLog = new AuditLog(other, new ReplayClock(1000))
        await Promise.all(
          Array.from({ length: 40 }, (_, i) =>
            i % 2 === 0
              ? append(i)
              : other.write((tx) =>
                  otherLog.append(tx, {
                    actor: 'user:two',
                    type: 'test.thing.changed',
                    subject: 'thing:a',
                  }),
                ),
          ),
        )
        await other.close()
        expect(await log.verify()).toMatchObject({ ok: true, events: 60 })
      })

      it('brings each event to a subscriber once, in order, across restarts and failures', async () => {
        const seen: number[] = []
        let failing = true
        const subscribe = () =>
          new Subscription(database, log, {
            name: 'test-reader',
            concerns: (event) => event.seq % 2 === 0,
            react: async (_tx, event) => {
              if (event.seq === 10 && failing) throw new Error('not yet')
              seen.push(event.seq)
            },
            onError: () => undefined,
          })
        const first = subscribe()
        await first.caughtUp()
        await first[Symbol.asyncDispose]()
        expect(seen).toEqual([2, 4, 6, 8])
        failing = false
        await using second = subscribe()
        await second.caughtUp()
        await append(1)
        await append(2)
        await second.caughtUp()
        expect(seen).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22])
      })
    },
  )
})
