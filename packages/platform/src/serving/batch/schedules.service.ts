import {
  type BatchJob,
  type BatchScheduleView,
  isKaizenError,
  KaizenError,
  type NewBatchJob,
  type NewBatchSchedule,
  type Page,
} from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { JobQueue } from '../../jobs/index.ts'
import { type Actor, type Clock, type Ids, systemActor, type Ticker } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import * as store from './schedules.store.ts'

/** What schedules ask of batch jobs. */
export interface ScheduledJobs {
  /** @throws NOT_FOUND, INVALID_DATA, UNSUPPORTED, INVALID_REQUEST where no job could be made of it now */
  verify(asked: NewBatchJob): Promise<void>
  /** Answers the job that is there under this id. */
  create(actor: Actor, asked: NewBatchJob, id: string): Promise<BatchJob>
  /** @throws NOT_FOUND */
  get(id: string): Promise<BatchJob>
  cancel(actor: Actor, id: string): Promise<BatchJob>
}

export interface BatchScheduleDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly jobs: Pick<JobQueue, 'enqueue' | 'handle'>
  readonly batch: ScheduledJobs
}

const kind = 'serving.batch-schedule'
const maxAttempts = 5

interface Start {
  readonly name: string
  readonly due: number
  readonly job: string
  /** The job that gives way. */
  readonly replaces: string | null
}

/** Starts batch jobs at the times of schedules: each time once, however many servers look. */
export class BatchScheduleService implements Ticker {
  readonly name = 'batch-schedules'
  readonly #deps: BatchScheduleDeps

  constructor(deps: BatchScheduleDeps) {
    this.#deps = deps
    deps.jobs.handle(
      kind,
      ({ job }) => this.#start(job.payload as unknown as Start),
      (tx, job, failure) => this.#fail(tx, job.payload as unknown as Start, failure),
    )
  }

  /** @throws ALREADY_EXISTS, INVALID_REQUEST, NOT_FOUND, INVALID_DATA, UNSUPPORTED */
  async create(actor: Actor, asked: NewBatchSchedule): Promise<BatchScheduleView> {
    const { database, audit, clock } = this.#deps
    const now = clock.now()
    const schedule: BatchScheduleView = {
      ...asked,
      state: 'running',
      nextAt: await this.#next(asked, now),
      lastAt: null,
      lastOutcome: null,
      lastReason: null,
      lastJob: null,
      createdAt: now,
      createdBy: actor.name,
    }
    if (schedule.nextAt === null) {
      throw new KaizenError('INVALID_REQUEST', `cron "${asked.cron}" never comes`)
    }
    await this.#deps.batch.verify(asked.job)
    await database.write(async (tx) => {
      if (await store.findSchedule(tx, asked.name)) {
        throw new KaizenError('ALREADY_EXISTS', `there is a schedule "${asked.name}" already`)
      }
      await store.insertSchedule(tx, schedule)
      const { name, ...data } = asked
      await audit.append(tx, { actor, ...told('created', name), data })
    })
    return schedule
  }

  /** @throws NOT_FOUND */
  async get(name: string): Promise<BatchScheduleView> {
    const found = await store.findSchedule(this.#deps.database.reader, name)
    if (found) return found
    throw unknownSchedule(name)
  }

  async list(options: {
    readonly limit: number
    readonly pageToken?: string | undefined
  }): Promise<Page<BatchScheduleView>> {
    const { limit, pageToken: after = '' } = options
    const items = await store.listSchedules(this.#deps.database.reader, { after, limit })
    const last = items.at(-1)
    return items.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** Starts its job now. @throws NOT_FOUND */
  async run(actor: Actor, name: string): Promise<BatchScheduleView> {
    const { database, audit, clock } = this.#deps
    await database.write(async (tx) => {
      if (!(await store.findSchedule(tx, name))) throw unknownSchedule(name)
      const due = clock.now()
      await store.noteOutcome(tx, name, { outcome: 'started', reason: null, at: due })
      await this.#enqueue(tx, { name, due, replaces: null })
      await audit.append(tx, { actor, ...told('started', name), data: { due, byHand: true } })
    })
    return this.get(name)
  }

  /** @throws NOT_FOUND */
  pause(actor: Actor, name: string): Promise<BatchScheduleView> {
    return this.#move(actor, name, 'paused')
  }

  /** @throws NOT_FOUND */
  resume(actor: Actor, name: string): Promise<BatchScheduleView> {
    return this.#move(actor, name, 'running')
  }

  /** @throws NOT_FOUND */
  async remove(actor: Actor, name: string): Promise<void> {
    const { database, audit } = this.#deps
    await database.write(async (tx) => {
      if (!(await store.findSchedule(tx, name))) throw unknownSchedule(name)
      await store.deleteSchedule(tx, name)
      await audit.append(tx, { actor, ...told('deleted', name) })
    })
  }

  /** Takes the times that have come; of many that were missed, the last stands for all. */
  async tick(now: number): Promise<boolean> {
    let worked = false
    for (const schedule of await store.dueSchedules(this.#deps.database.reader, now)) {
      if (await this.#take(schedule, now)) worked = true
    }
    return worked
  }

  async #take(schedule: BatchScheduleView, now: number): Promise<boolean> {
    const { database, audit } = this.#deps
    const { name, nextAt: due } = schedule
    if (due === null) return false
    const running = await this.#runningJob(schedule)
    const { decideDue } = await import('./schedule-rules.ts')
    const decision = decideDue(schedule, { due, now, running })
    const next = await this.#next(schedule, now)
    return database.write(async (tx) => {
      if (!(await store.takeDue(tx, name, { due, next }))) return false
      if (decision.kind === 'skip') {
        const { reason } = decision
        await store.noteOutcome(tx, name, { outcome: 'skipped', reason })
        await audit.append(tx, {
          actor: systemActor,
          ...told('skipped', name),
          data: { due, reason },
        })
        return true
      }
      const job = await this.#enqueue(tx, {
        name,
        due,
        replaces: decision.replaces ? running : null,
      })
      await store.noteOutcome(tx, name, { outcome: 'started', reason: null, job })
      await audit.append(tx, { actor: systemActor, ...told('started', name), data: { due, job } })
      return true
    })
  }

  /** The id of the batch job is chosen here: tried again, it is the same job. */
  async #enqueue(tx: Tx, start: Omit<Start, 'job'>): Promise<string> {
    const { ids, jobs } = this.#deps
    const payload = { ...start, job: ids.next('batch') }
    const key = `${start.name}:${start.due}`
    const added = await jobs.enqueue(tx, { kind, key, payload, maxAttempts })
    return (added.payload as unknown as Start).job
  }

  async #start({ name, job, replaces, due }: Start): Promise<void> {
    const { batch, database } = this.#deps
    const schedule = await store.findSchedule(database.reader, name)
    if (!schedule) return
    if (replaces !== null) {
      await batch.cancel(systemActor, replaces).catch((failure: unknown) => {
        // It has ended meanwhile.
        if (!isKaizenError(failure) || failure.code !== 'CONFLICT') throw failure
      })
    }
    const actor: Actor = { name: `schedule:${name}`, role: 'editor' }
    try {
      await batch.create(actor, schedule.job, job)
      await database.write((tx) =>
        store.noteOutcome(tx, name, { outcome: 'started', reason: null, job }),
      )
    } catch (failure) {
      if (!isKaizenError(failure) || failure.kind === 'unavailable') throw failure
      await database.write((tx) => this.#fail(tx, { name, due }, failure))
    }
  }

  async #fail(tx: Tx, { name, due }: Pick<Start, 'name' | 'due'>, failure: unknown): Promise<void> {
    const reason = failure instanceof Error ? failure.message : String(failure)
    await store.noteOutcome(tx, name, { outcome: 'failed', reason })
    await this.#deps.audit.append(tx, {
      actor: systemActor,
      ...told('failed', name),
      data: { due, reason },
    })
  }

  async #runningJob({ lastJob }: BatchScheduleView): Promise<string | null> {
    if (lastJob === null) return null
    const job = await this.#deps.batch.get(lastJob).catch(() => undefined)
    return job && job.endedAt === null ? job.id : null
  }

  async #move(
    actor: Actor,
    name: string,
    state: BatchScheduleView['state'],
  ): Promise<BatchScheduleView> {
    const { database, audit, clock } = this.#deps
    const schedule = await this.get(name)
    // What passed while it was paused is not made up for.
    const nextAt = await this.#next(schedule, clock.now())
    await database.write(async (tx) => {
      const before = await store.findSchedule(tx, name)
      if (!before) throw unknownSchedule(name)
      if (before.state === state) return
      await store.setScheduleState(tx, name, { state, nextAt })
      await audit.append(tx, { actor, ...told(state === 'paused' ? 'paused' : 'resumed', name) })
    })
    return this.get(name)
  }

  /** What reads cron is loaded by the first schedule. */
  async #next(times: Pick<NewBatchSchedule, 'cron' | 'timeZone'>, since: number) {
    const { nextTime } = await import('./schedule-rules.ts')
    return nextTime(times, since)
  }
}

const told = (what: string, name: string) => ({
  type: `serving.batch-schedule.${what}`,
  subject: `batch-schedule:${name}`,
})

const unknownSchedule = (name: string): KaizenError =>
  new KaizenError('NOT_FOUND', `there is no schedule "${name}"`, {
    hint: 'kaizen schedules list shows those that are there.',
  })
