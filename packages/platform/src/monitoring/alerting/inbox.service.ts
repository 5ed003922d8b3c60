import {
  type AlertChange,
  type AlertComment,
  isKaizenError,
  type Page,
  silenceBody,
} from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock, Ids } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import type { AlertService } from './alerts.service.ts'
import { updateAlert } from './alerts.store.ts'
import { insertComment, listComments } from './comments.store.ts'
import type { AlertView } from './model.ts'
import type { AlertingService } from './service.ts'

export interface AlertInboxDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly alerts: AlertService
  readonly alerting: AlertingService
}

export interface Changed {
  readonly changed: AlertView[]
  readonly unchanged: { readonly id: string; readonly reason: string }[]
}

/** What people do with alerts: one or many at once, with who looks after them and what is said. */
export class AlertInbox {
  readonly #deps: AlertInboxDeps

  constructor(deps: AlertInboxDeps) {
    this.#deps = deps
  }

  /** Does the same to each alert, all in one transaction; those to which it cannot be done stay as they are. */
  async change(by: Actor, ids: readonly string[], change: AlertChange): Promise<Changed> {
    return this.#deps.database.write(async (tx) => {
      const changed: AlertView[] = []
      const unchanged: { id: string; reason: string }[] = []
      for (const id of new Set(ids)) {
        try {
          changed.push(await this.#changeOne(tx, by, { id, change }))
        } catch (failure) {
          if (!isKaizenError(failure) || !expected.has(failure.code)) throw failure
          unchanged.push({ id, reason: failure.message })
        }
      }
      if (change.kind === 'silence') await this.#silence(tx, by, { alerts: changed, change })
      return { changed, unchanged }
    })
  }

  /** @throws NOT_FOUND */
  async comment(by: Actor, id: string, text: string): Promise<AlertComment> {
    return this.#deps.database.write(async (tx) => {
      const alert = await this.#deps.alerts.get(id, tx)
      return (await this.#comment(tx, by, { alert, text })).comment
    })
  }

  /** Oldest first. @throws NOT_FOUND */
  async comments(id: string, limit: number, after = ''): Promise<Page<AlertComment>> {
    await this.#deps.alerts.get(id)
    const found = await listComments(this.#deps.database.reader, id, { after, limit })
    const last = found.at(-1)
    const items = [...found]
    return items.length === limit && last ? { items, nextPageToken: last.id } : { items }
  }

  async #changeOne(
    tx: Tx,
    by: Actor,
    { id, change }: { readonly id: string; readonly change: AlertChange },
  ): Promise<AlertView> {
    const { alerts } = this.#deps
    switch (change.kind) {
      case 'acknowledge':
        return alerts.acknowledgeIn(tx, by, { id, note: change.note })
      case 'resolve':
        return alerts.resolveIn(tx, by, { id, note: change.note })
      case 'assign':
        return this.#assign(tx, by, {
          alert: await alerts.get(id, tx),
          assignee: change.assignee,
        })
      case 'comment': {
        const alert = await alerts.get(id, tx)
        return (await this.#comment(tx, by, { alert, text: change.text })).after
      }
      case 'silence':
        return alerts.get(id, tx)
    }
  }

  async #assign(
    tx: Tx,
    by: Actor,
    { alert, assignee }: { readonly alert: AlertView; readonly assignee: string | null },
  ): Promise<AlertView> {
    if (alert.assignee === assignee) return alert
    const assigned: AlertView = { ...alert, assignee }
    await updateAlert(tx, assigned)
    await this.#deps.audit.append(tx, {
      actor: by,
      type: 'monitoring.alert.assigned',
      subject: `monitor:${alert.monitor}`,
      data: { alert: alert.id, rule: alert.rule, before: alert.assignee, after: assignee },
    })
    return assigned
  }

  async #comment(
    tx: Tx,
    by: Actor,
    { alert, text }: { readonly alert: AlertView; readonly text: string },
  ): Promise<{ readonly comment: AlertComment; readonly after: AlertView }> {
    const { audit, clock, ids } = this.#deps
    const comment = { id: ids.next('comment'), author: by.name, text, at: clock.now() }
    await insertComment(tx, alert.id, comment)
    const after = { ...alert, comments: alert.comments + 1 }
    await updateAlert(tx, after)
    await audit.append(tx, {
      actor: by,
      type: 'monitoring.alert.commented',
      subject: `monitor:${alert.monitor}`,
      data: { alert: alert.id, rule: alert.rule, comment: comment.id, text },
    })
    return { comment, after }
  }

  /** One silence for each rule that the alerts are of. */
  async #silence(
    tx: Tx,
    by: Actor,
    given: {
      readonly alerts: readonly AlertView[]
      readonly change: AlertChange & { readonly kind: 'silence' }
    },
  ): Promise<void> {
    const { to, reason } = given.change
    const rules = new Map(given.alerts.map((one) => [`${one.monitor}:${one.rule}`, one]))
    for (const { monitor, rule } of rules.values()) {
      const body = silenceBody.parse({ monitors: monitor, rules: rule, to, reason })
      await this.#deps.alerting.silenceIn(tx, by, body)
    }
  }
}

/** Failures that are about one alert and not about the request. */
const expected: ReadonlySet<string> = new Set(['NOT_FOUND', 'CONFLICT'])
