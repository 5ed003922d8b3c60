import type { JobQueue } from '../../jobs/index.ts'
import type { Clock, Ids } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import { fits } from '../thresholds.ts'
import { findWindow } from '../windows/windows.store.ts'
import { findAlert } from './alerts.store.ts'
import { findChannel, listChannels, mostChannels } from './channels.store.ts'
import { findDelivery, insertDelivery, updateDelivery } from './deliveries.store.ts'
import type { Telling, WindowTelling } from './messages.ts'
import type { AlertEvent, AlertView, DeliveryRecord, WindowEvent } from './model.ts'
import { isFor, silencedBy } from './routing.ts'
import type { Sender } from './send.ts'
import { standingSilences } from './silences.store.ts'

const jobKind = 'monitoring.deliver'
/** With pauses that double from a second, the last attempt is about a quarter of an hour after the first. */
const maxAttempts = 10

export interface NotifierDeps {
  readonly database: Database
  readonly clock: Clock
  readonly ids: Ids
  readonly jobs: JobQueue
  readonly sender: Sender
}

/**
 * Tells alerts to channels. What is to be told is written in the transaction that changed the alert, so that it is
 * neither lost nor told of a change that did not happen; a job sends it, again after a failure.
 */
export class Notifier {
  readonly #deps: NotifierDeps

  /** Before the queue starts. */
  constructor(deps: NotifierDeps) {
    this.#deps = deps
    deps.jobs.handle(jobKind, ({ job }) => this.#deliver(job.key, job.attempt))
  }

  /** Tells each channel that wants to hear of it, once. */
  async notify(tx: Tx, alert: AlertView, event: AlertEvent): Promise<void> {
    const { clock, ids, jobs } = this.#deps
    const channels = await listChannels(tx, '', mostChannels)
    const told = { monitor: alert.monitor, rule: alert.rule, severity: alert.severity, event }
    const concerned = channels.filter((channel) => isFor(channel, told))
    if (concerned.length === 0) return
    const now = clock.now()
    const silence = silencedBy(await standingSilences(tx, now), told, now)
    for (const { name } of concerned) {
      const id = ids.next('delivery')
      const isNew = await insertDelivery(tx, {
        id,
        alert: alert.id,
        channel: name,
        event,
        state: silence ? 'silenced' : 'queued',
        attempts: 0,
        error: silence ? `silenced: ${silence.reason}` : null,
        createdAt: now,
        doneAt: silence ? now : null,
      })
      if (isNew && !silence)
        await jobs.enqueue(tx, { kind: jobKind, key: id, payload: {}, maxAttempts })
    }
  }

  /** Tells each webhook that wants to hear of windows that one has closed or was restated, once. */
  async notifyWindow(
    tx: Tx,
    window: { readonly id: string; readonly monitor: string },
    event: WindowEvent,
  ): Promise<void> {
    const { clock, ids, jobs } = this.#deps
    const channels = await listChannels(tx, '', mostChannels)
    for (const { name, monitors, events } of channels) {
      if (!events.includes(event) || !fits(monitors, window.monitor)) continue
      const id = ids.next('delivery')
      await insertDelivery(tx, {
        id,
        alert: window.id,
        channel: name,
        event,
        state: 'queued',
        attempts: 0,
        error: null,
        createdAt: clock.now(),
        doneAt: null,
      })
      await jobs.enqueue(tx, { kind: jobKind, key: id, payload: {}, maxAttempts })
    }
  }

  /** What a delivery tells; undefined where it is gone. */
  async #tellingOf(delivery: DeliveryRecord): Promise<Telling | WindowTelling | undefined> {
    const { reader } = this.#deps.database
    const { event, createdAt: at, id } = delivery
    if (event === 'window.closed' || event === 'window.restated') {
      const found = await findWindow(reader, delivery.alert)
      return found && { event, window: found.report, at, id }
    }
    const alert = await findAlert(reader, delivery.alert)
    return alert && { event, alert, at, id }
  }

  async #deliver(id: string, attempt: number): Promise<void> {
    const { database, clock, sender } = this.#deps
    const delivery = await findDelivery(database.reader, id)
    if (!delivery || delivery.state === 'sent') return
    const channel = await findChannel(database.reader, delivery.channel)
    const telling = await this.#tellingOf(delivery)
    const done = (state: 'sent' | 'failed' | 'queued', error: string | null): Promise<void> =>
      database.write((tx) =>
        updateDelivery(tx, id, {
          state,
          attempts: attempt,
          error,
          doneAt: state === 'queued' ? null : clock.now(),
        }),
      )
    if (!channel || !telling) return done('failed', 'the channel is gone')
    try {
      await sender.send(channel.target, telling)
    } catch (failure) {
      const error = failure instanceof Error ? failure.message : String(failure)
      const isRefused = (failure as { readonly code?: unknown }).code === 'FORBIDDEN'
      const isOver = isRefused || attempt >= maxAttempts
      await done(isOver ? 'failed' : 'queued', error)
      // An address that must not be reached does not become one by waiting.
      if (!isRefused) throw failure
      return
    }
    await done('sent', null)
  }
}
