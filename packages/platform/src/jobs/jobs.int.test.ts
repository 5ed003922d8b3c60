import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ReplayClock, randomIds } from '../kernel/index.ts'
import type { Database } from '../storage/index.ts'
import { type TestDatabase, testDatabase, testDialects } from '../storage/test-databases.ts'
import { type JobHandler, JobQueue, jobMigrations } from './index.ts'

describe.for(testDialects)('jobs on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)(
    available ? 'queue' : 'queue (skipped: PostgreSQL is not installed)',
    () => {
      let opened: TestDatabase
      let database: Database

      beforeAll(async () => {
        opened = await testDatabase(dialect, jobMigrations)
        database = opened.database
      })
      afterAll(() => opened[Symbol.asyncDispose]())

      const clock = new ReplayClock(1_000_000)
      const queue = async (
        kind: string,
        handler: JobHandler,
        { on = database, soleOwner = false }: { on?: Database; soleOwner?: boolean } = {},
      ): Promise<JobQueue> => {
        const jobs = new JobQueue({
          database: on,
          clock,
          ids: randomIds(),
          concurrency: 2,
          soleOwner,
          onFailure: () => undefined,
        })
        jobs.handle(kind, handler)
        await jobs.start()
        return jobs
      }
      const enqueue = (jobs: JobQueue, kind: string, key: string, extra: object = {}) =>
        database.write((tx) => jobs.enqueue(tx, { kind, key, payload: { key }, ...extra }))

      it('runs each job once, two at a time', async () => {
        const ran: string[] = []
        let atOnce = 0
        let most = 0
        await using jobs = await queue('a', async ({ job }) => {
          most = Math.max(most, ++atOnce)
          await sleep(40)
          ran.push(job.key)
          atOnce--
        })
        await Promise.all(Array.from({ length: 12 }, (_, i) => enqueue(jobs, 'a', `k${i}`)))
        await jobs.settled()
        expect(ran.sort()).toEqual(Array.from({ length: 12 }, (_, i) => `k${i}`).sort())
        expect(most).toBe(2)
      })

      it('leaves a place for others beside jobs that are slow, of whatever kinds', async () => {
        const ended: string[] = []
        let release = (): void => undefined
        const released = new Promise<void>((resolve) => {
          release = resolve
        })
        let slowAtOnce = 0
        let mostSlow = 0
        const slow: JobHandler = async ({ job }) => {
          mostSlow = Math.max(mostSlow, ++slowAtOnce)
          await released
          slowAtOnce--
          ended.push(job.key)
        }
        await using jobs = new JobQueue({
          database,
          clock,
          ids: randomIds(),
          concurrency: 2,
          soleOwner: false,
          onFailure: () => undefined,
        })
        jobs.handle('slow-1', slow, undefined, { slow: true })
        jobs.handle('slow-2', slow, undefined, { slow: true })
        jobs.handle('quick', async ({ job }) => void ended.push(job.key))
        await jobs.start()
        for (const kind of ['slow-1', 'slow-2', 'slow-1'])
          await enqueue(jobs, kind, `s${Math.random()}`)
        for (const key of ['q1', 'q2', 'q3']) await enqueue(jobs, 'quick', key)
        while (ended.length < 3) await sleep(5)
        expect([ended, slowAtOnce]).toEqual([['q1', 'q2', 'q3'], 1])
        release()
        await jobs.settled()
        expect([ended.length, mostSlow]).toEqual([6, 1])
      })

      it('answers the unfinished job of a key instead of a second one', async () => {
        await using jobs = await queue('b', async () => sleep(50).then(() => undefined))
        const first = await enqueue(jobs, 'b', 'same')
        const second = await enqueue(jobs, 'b', 'same')
        expect(second.id).toBe(first.id)
        await jobs.settled()
        expect((await enqueue(jobs, 'b', 'same')).id).not.toBe(first.id)
        await jobs.settled()
      })

      it('holds how a job has ended until it can be written, with what that means to its subject', async () => {
        let isFull = false
        const small: Database = {
          ...database,
          write: (work) =>
            isFull ? Promise.reject(new Error('the disk is full')) : database.write(work),
        }
        const told: string[] = []
        const tell = async (key: string, failure: unknown): Promise<void> => {
          told.push(`${key}: ${failure instanceof Error ? failure.message : ''}`)
        }
        await using jobs = new JobQueue({
          database: small,
          clock,
          ids: randomIds(),
          concurrency: 2,
          soleOwner: false,
          onFailure: () => undefined,
        })
        let runs = 0
        const handler: JobHandler = async ({ job }) => {
          runs++
          isFull = true
          if (job.key === 'lost') throw new Error('nothing could be written')
        }
        jobs.handle('full', handler, (_tx, { key }, failure) => tell(key, failure))
        await jobs.start()
        const lost = await enqueue(jobs, 'full', 'lost')
        await sleep(600)
        expect(await jobs.get(lost.id)).toMatchObject({ state: 'running' })
        expect(told).toEqual([])
        isFull = false
        await jobs.settled()
        expect(await jobs.get(lost.id)).toMatchObject({
          state: 'failed',
          error: 'nothing could be written',
        })
        expect(told).toEqual(['lost: nothing could be written'])

        const done = await enqueue(jobs, 'full', 'done')
        await sleep(600)
        isFull = false
        await jobs.settled()
        expect(await jobs.get(done.id)).toMatchObject({ state: 'succeeded' })
        expect({ told, runs }).toMatchObject({ told: [expect.any(String)], runs: 2 })
      })

      it('leaves no failed job whose subject does not know: neither is written without the other', async () => {
        let tries = 0
        await using jobs = new JobQueue({
          database,
          clock,
          ids: randomIds(),
          concurrency: 1,
          soleOwner: false,
          onFailure: () => undefined,
        })
        const handler: JobHandler = () => Promise.reject(new Error('no'))
        jobs.handle('told', handler, async () => {
          if (++tries === 1) throw new Error('the subject is locked')
        })
        await jobs.start()
        const job = await enqueue(jobs, 'told', 'once')
        await jobs.settled()
        expect(await jobs.get(job.id)).toMatchObject({ state: 'failed', error: 'no' })
        expect(tries).toBe(2)
      })

      it('waits for the time of a job, by the server clock', async () => {
        let ran = false
        await using jobs = await queue('c', async () => {
          ran = true
        })
        await enqueue(jobs, 'c', 'later', { runAt: clock.now() + 5000 })
        await jobs.settled()
        expect(ran).toBe(false)
        clock.moveTo(clock.now() + 5000)
        await jobs.settled()
        expect(ran).toBe(true)
      })

      it('tries again as often as it may and then fails with the reason', async () => {
        let attempts = 0
        await using jobs = await queue('d', async () => {
          attempts++
          throw new Error('still broken')
        })
        const job = await enqueue(jobs, 'd', 'k', { maxAttempts: 3 })
        for (let i = 0; i < 3; i++) {
          await jobs.settled()
          clock.moveTo(clock.now() + 60_000)
        }
        await jobs.settled()
        expect(attempts).toBe(3)
        expect(await jobs.get(job.id)).toMatchObject({ state: 'failed', error: 'still broken' })
      })

      it('aborts the signal of a cancelled job and keeps it cancelled', async () => {
        let started: () => void = () => undefined
        const running = new Promise<void>((resolve) => {
          started = resolve
        })
        await using jobs = await queue('e', async ({ signal }) => {
          started()
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          )
        })
        const job = await enqueue(jobs, 'e', 'k')
        await running
        expect(await database.write((tx) => jobs.cancel(tx, 'e', 'k'))).toBe(true)
        await jobs.settled()
        expect((await jobs.get(job.id))?.state).toBe('cancelled')
      })

      it('gives a job back when the server stops, and another takes it', async () => {
        let started: () => void = () => undefined
        const running = new Promise<void>((resolve) => {
          started = resolve
        })
        const first = await queue('f', async ({ signal }) => {
          started()
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          )
        })
        const job = await enqueue(first, 'f', 'k')
        await running
        await first[Symbol.asyncDispose]()
        expect((await first.get(job.id))?.state).toBe('queued')
        await using second = await queue('f', async () => undefined)
        await second.settled()
        expect((await second.get(job.id))?.state).toBe('succeeded')
      })

      it('takes back at its start what the process before it ran, and nothing that another queue has begun', async () => {
        const begun: string[] = []
        const hold: JobHandler = async ({ job, signal }) => {
          begun.push(`${job.kind} ${job.key}`)
          if (job.key === 'long' && begun.length <= 2)
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
        }
        const [killed, other] = [await queue('i', hold), await queue('j', hold)]
        await enqueue(killed, 'i', 'long')
        await enqueue(other, 'j', 'long')
        await expect.poll(() => begun.length).toBe(2)
        await using _next = await queue('i', hold, { soleOwner: true })
        await expect.poll(() => begun.at(-1)).toBe('i long')
        await enqueue(other, 'j', 'after')
        await expect.poll(() => begun).toContain('j after')
        expect(begun.toSorted()).toEqual(['i long', 'i long', 'j after', 'j long'])
        await Promise.all([killed, other].map((one) => one[Symbol.asyncDispose]()))
      })

      it('never runs a job in two processes at once', async () => {
        if (dialect !== 'postgres') return
        const other = await opened.reopen()
        const ran: string[] = []
        const handler: JobHandler = async ({ job }) => {
          ran.push(job.key)
          await sleep(2)
        }
        const one = await queue('g', handler)
        const two = await queue('g', handler, { on: other })
        await Promise.all(Array.from({ length: 40 }, (_, i) => enqueue(one, 'g', `k${i}`)))
        await Promise.all([one.settled(), two.settled()])
        await one[Symbol.asyncDispose]()
        await two[Symbol.asyncDispose]()
        await other.close()
        expect(new Set(ran).size).toBe(40)
        expect(ran).toHaveLength(40)
      })
    },
  )
})
