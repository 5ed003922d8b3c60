import { KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock, Ids } from '../../kernel/index.ts'
import type { Database, Reader, Tx } from '../../storage/index.ts'
import type { AlertRule, AlertView, MonitorRecord, Reference, TimeSpan } from '../model.ts'
import { lastPoints } from '../values.store.ts'
import { referenceValue } from '../windows/window-closer.ts'
import * as store from './alerts.store.ts'
import { type AlertDecision, decideAlert } from './alerts.ts'
import type { Notifier } from './notifier.ts'

export interface AlertDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  /** Tells channels what became of an alert; absent where nobody is told. */
  readonly notifier?: Pick<Notifier, 'notify'> | undefined
}

/** What a person says of an alert. */
interface Said {
  readonly id: string
  readonly note: string
}

/** What an alert is judged by when a window closes. */
interface Closed {
  readonly reference: Reference | undefined
  /** Values on the reference by metric, where the windows tell their own. */
  readonly references: Readonly<Record<string, number>>
  readonly span: TimeSpan
}

/** Opens, updates, resolves and acknowledges alerts; a rule has at most one that is not resolved. */
export class AlertService {
  readonly #deps: AlertDeps

  constructor(deps: AlertDeps) {
    this.#deps = deps
  }

  /** Decides every rule of a monitor in the transaction that has closed its window. */
  async afterClose(tx: Tx, monitor: MonitorRecord, closed: Closed): Promise<void> {
    for (const rule of monitor.declaration.alerts) {
      const points = await lastPoints(tx, monitor.name, rule.metric, rule.of)
      // A value of an older window says nothing about the one that has just closed.
      if (points.at(-1)?.at !== closed.span.to) continue
      const active = await store.findActiveAlert(tx, monitor.name, rule.name)
      const decision = decideAlert({
        rule,
        points,
        reference: closed.references[rule.metric] ?? referenceValue(rule.metric, closed.reference),
        active: active !== undefined,
      })
      if (active) await this.#change(tx, active, { decision, span: closed.span })
      else if (decision.kind === 'open')
        await this.#open(tx, { monitor, rule, decision, span: closed.span })
    }
  }

  /** Alerts of a monitor that are not resolved. */
  active(monitor: string): Promise<readonly AlertView[]> {
    return store.listActiveAlerts(this.#deps.database.reader, monitor)
  }

  /** The alert of a rule that is not resolved. */
  activeOf(monitor: string, rule: string): Promise<AlertView | undefined> {
    return store.findActiveAlert(this.#deps.database.reader, monitor, rule)
  }

  /** Newest first. */
  list(
    options: store.AlertFilter & { readonly limit: number; readonly before: string | null },
  ): Promise<readonly AlertView[]> {
    return store.listAlerts(this.#deps.database.reader, options)
  }

  /** Says that somebody knows. @throws NOT_FOUND, CONFLICT when it is resolved. */
  async acknowledge(by: Actor, id: string, note: string): Promise<AlertView> {
    return this.#deps.database.write((tx) => this.acknowledgeIn(tx, by, { id, note }))
  }

  /** Ends an alert by hand; a window that breaks the rule again opens another. @throws NOT_FOUND, CONFLICT */
  async resolve(by: Actor, id: string, note: string): Promise<AlertView> {
    return this.#deps.database.write((tx) => this.resolveIn(tx, by, { id, note }))
  }

  /** @throws NOT_FOUND, CONFLICT */
  async acknowledgeIn(tx: Tx, by: Actor, { id, note }: Said): Promise<AlertView> {
    const alert = await this.#standing(tx, id)
    const acknowledged: AlertView = {
      ...alert,
      state: 'acknowledged',
      note,
      acknowledgedBy: by.name,
    }
    await store.updateAlert(tx, acknowledged)
    await this.#append(tx, 'acknowledged', acknowledged, { by, note })
    return acknowledged
  }

  /** @throws NOT_FOUND, CONFLICT */
  async resolveIn(tx: Tx, by: Actor, { id, note }: Said): Promise<AlertView> {
    const alert = await this.#standing(tx, id)
    const resolvedAt = this.#deps.clock.now()
    const resolved: AlertView = { ...alert, state: 'resolved', resolvedAt, note }
    await store.updateAlert(tx, resolved)
    await this.#append(tx, 'resolved', resolved, { by, note })
    return resolved
  }

  /** How many alerts there are of each state and severity. */
  counts(): ReturnType<typeof store.countAlerts> {
    return store.countAlerts(this.#deps.database.reader)
  }

  /** @throws NOT_FOUND */
  async get(id: string, reader: Reader = this.#deps.database.reader): Promise<AlertView> {
    return found(id, await store.findAlert(reader, id))
  }

  async #standing(tx: Tx, id: string): Promise<AlertView> {
    const alert = found(id, await store.findAlert(tx, id))
    if (alert.state !== 'resolved') return alert
    throw new KaizenError('CONFLICT', `the alert "${id}" is resolved already`)
  }

  async #open(
    tx: Tx,
    given: {
      readonly monitor: MonitorRecord
      readonly rule: AlertRule
      readonly decision: AlertDecision & { readonly kind: 'open' | 'update' }
      readonly span: TimeSpan
    },
  ): Promise<void> {
    const { monitor, rule, decision, span } = given
    const { clock, ids } = this.#deps
    const alert: AlertView = {
      id: ids.next('alert'),
      monitor: monitor.name,
      rule: rule.name,
      metric: rule.metric,
      severity: rule.severity,
      state: 'open',
      message: decision.message,
      value: decision.value,
      threshold: decision.threshold,
      note: '',
      acknowledgedBy: null,
      assignee: null,
      comments: 0,
      openedAt: clock.now(),
      resolvedAt: null,
      windowFrom: span.from,
      windowTo: span.to,
    }
    await store.insertAlert(tx, alert)
    await this.#append(tx, 'opened', alert, { by: 'system', note: '' })
  }

  async #change(
    tx: Tx,
    active: AlertView,
    { decision, span }: { readonly decision: AlertDecision; readonly span: TimeSpan },
  ): Promise<void> {
    if (decision.kind === 'keep') return
    if (decision.kind === 'resolve') {
      const resolvedAt = this.#deps.clock.now()
      const resolved: AlertView = { ...active, state: 'resolved', resolvedAt }
      await store.updateAlert(tx, resolved)
      await this.#append(tx, 'resolved', resolved, { by: 'system', note: decision.message })
      return
    }
    const { message, value, threshold } = decision
    await store.updateAlert(tx, { ...active, message, value, threshold, windowTo: span.to })
  }

  async #append(
    tx: Tx,
    change: 'opened' | 'acknowledged' | 'resolved',
    alert: AlertView,
    { by, note }: { readonly by: Actor | string; readonly note: string },
  ): Promise<void> {
    const { id, monitor, windowFrom, windowTo, ...rest } = alert
    const { rule, metric, severity, message, value, threshold } = rest
    await this.#deps.audit.append(tx, {
      actor: by,
      type: `monitoring.alert.${change}`,
      subject: `monitor:${monitor}`,
      data: {
        alert: id,
        rule,
        metric,
        severity,
        message,
        value,
        threshold,
        note,
        from: windowFrom,
        to: windowTo,
      },
    })
    await this.#deps.notifier?.notify(tx, alert, change)
  }
}

function found(id: string, alert: AlertView | undefined): AlertView {
  if (alert) return alert
  throw new KaizenError('NOT_FOUND', `there is no alert "${id}"`, {
    hint: '`kaizen alerts list` shows the alerts.',
  })
}
