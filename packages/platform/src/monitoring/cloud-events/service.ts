import { createHash } from 'node:crypto'
import {
  type FeedbackItem,
  feedbackData,
  KaizenError,
  type MonitorBatchInput,
  observationData,
  takenEventTypes,
} from '@kaizen/contracts'
import type { z } from 'zod'
import type { Actor, Clock } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import type { BatchRows } from '../sources/batches.ts'
import type { Recomputation } from '../windows/recomputation.ts'
import type { CloudEvent } from './events.ts'
import { type EventKey, forgetSeenBefore, insertSeen, keyOf, seenEvents } from './seen.store.ts'

export interface CloudEventDeps {
  readonly database: Database
  readonly clock: Clock
  readonly serving: {
    feedback(actor: Actor, endpoint: string, items: readonly FeedbackItem[]): Promise<unknown>
  }
  readonly batches: Pick<BatchRows, 'add'>
  readonly recomputation: Recomputation
}

type Told =
  | {
      readonly kind: 'feedback'
      readonly event: CloudEvent
      readonly items: readonly FeedbackItem[]
    }
  | {
      readonly kind: 'observation'
      readonly event: CloudEvent
      readonly rows: MonitorBatchInput['rows']
    }

/** For so long an event that comes again is known; senders try for minutes, queues keep for days. */
const rememberedMs = 30 * 86_400_000
/** Tries to take events of which other requests take some at the same time. */
const attempts = 3

/** Takes what other systems tell by CloudEvents: each source and id once, a request whole or not at all where it is malformed. */
export class CloudEventService {
  readonly #deps: CloudEventDeps

  constructor(deps: CloudEventDeps) {
    this.#deps = deps
  }

  /** @throws INVALID_REQUEST, UNSUPPORTED for another type, NOT_FOUND for what a subject names */
  async receive(
    by: Actor,
    events: readonly CloudEvent[],
  ): Promise<{ readonly accepted: number; readonly duplicates: number }> {
    const told = [...new Map(events.map((event) => [keyOf(event), event])).values()].map(toldBy)
    for (let attempt = 1; ; attempt++) {
      const seen = await seenEvents(
        this.#deps.database.reader,
        told.map(({ event }) => event),
      )
      const fresh = told.filter(({ event }) => !seen.has(keyOf(event)))
      try {
        await this.#take(by, fresh)
        return { accepted: fresh.length, duplicates: events.length - fresh.length }
      } catch (failure) {
        if (!(failure instanceof TakenMeanwhile) || attempt === attempts) throw failure
      }
    }
  }

  async #take(by: Actor, told: readonly Told[]): Promise<void> {
    const bySubject = Map.groupBy(told, ({ kind, event }) => `${kind}:${event.subject}`)
    for (const group of bySubject.values()) {
      const first = group[0]!
      const subject = first.event.subject ?? ''
      const keys = group.map(({ event }) => event)
      if (first.kind === 'feedback') {
        const items = group.flatMap((one) => (one.kind === 'feedback' ? one.items : []))
        // The same truth again changes nothing: a crash before the events are remembered costs nothing.
        await this.#deps.serving.feedback(by, subject, items)
        await this.#deps.database.write((tx) => this.#remember(tx, keys))
      } else {
        const rows = group.flatMap((one) => (one.kind === 'observation' ? one.rows : []))
        const batch = { id: batchIdOf(keys), rows }
        const alongside = (tx: Tx) => this.#remember(tx, keys)
        const { recomputation } = this.#deps
        await this.#deps.batches.add(by, subject, { batch, recomputation, alongside })
      }
    }
  }

  async #remember(tx: Tx, keys: readonly EventKey[]): Promise<void> {
    const now = this.#deps.clock.now()
    await forgetSeenBefore(tx, now - rememberedMs)
    if (!(await insertSeen(tx, keys, now)))
      throw new TakenMeanwhile('an event came twice at a time')
  }
}

class TakenMeanwhile extends Error {}

/** The same events have the same name. */
const batchIdOf = (keys: readonly EventKey[]): string =>
  `cloudevents-${createHash('sha256')
    .update(JSON.stringify(keys.map(keyOf)))
    .digest('hex')}`

function toldBy(event: CloudEvent): Told {
  if (!takenEventTypes.some((type) => type === event.type)) {
    throw new KaizenError('UNSUPPORTED', `events of type "${event.type}" are not taken`, {
      hint: `Types that are: ${takenEventTypes.join(', ')}.`,
    })
  }
  if (event.subject === undefined) {
    throw new KaizenError('INVALID_REQUEST', `event "${event.id}": subject is missing`, {
      hint: 'It names the endpoint of kaizen.feedback, the monitor of kaizen.observation.',
    })
  }
  if (event.type === 'kaizen.feedback')
    return { kind: 'feedback', event, ...dataOf(event, feedbackData) }
  const { rows } = dataOf(event, observationData)
  return {
    kind: 'observation',
    event,
    rows: rows.map((row) => ({ ...row, at: row.at ?? timeOf(event) })),
  }
}

function dataOf<Schema extends z.ZodType>(event: CloudEvent, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(event.data)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const inner = issue && 'errors' in issue ? (issue.errors as z.core.$ZodIssue[][])[0]?.[0] : issue
  const where = ['data', ...(inner?.path ?? [])].join('.')
  throw new KaizenError(
    'INVALID_REQUEST',
    `event "${event.id}": ${where}: ${inner?.message ?? 'not what its type tells'}`,
  )
}

function timeOf(event: CloudEvent): number {
  if (event.time !== undefined) return Date.parse(event.time)
  throw new KaizenError('INVALID_REQUEST', `event "${event.id}": neither time nor data.at is told`)
}
