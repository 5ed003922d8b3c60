import { durationMs } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Clock, Ids } from '../../kernel/index.ts'
import type { Database, Reader, Tx } from '../../storage/index.ts'
import type { Notifier } from '../alerting/notifier.ts'
import { worstOf } from '../drift/drift.ts'
import { worstOfSegments } from '../drift/segment-drift.ts'
import type {
  MonitorRecord,
  NewWindow,
  Reference,
  Statistic,
  ThresholdRule,
  WindowReport,
} from '../model.ts'
import { comparable, judgedBy, looksBack, thresholdRuleOf } from '../thresholds.ts'
import { valuesBefore } from '../values.store.ts'
import { referenceValue } from './window-closer.ts'
import * as windows from './windows.store.ts'
import { lengthsOf } from './windows.ts'

export interface WriterDeps {
  readonly database: Pick<Database, 'dialect'>
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly notifier?: Pick<Notifier, 'notifyWindow'> | undefined
}

const actor = 'system'

/** How long after its end a window is still news: a few windows later, and after a standstill of a day. */
function toldWithinMs({ declaration }: MonitorRecord): number {
  const { everyMs, latenessMs } = lengthsOf(declaration)
  return latenessMs + Math.max(86_400_000, 2 * everyMs)
}

/** Judges the windows of a monitor by its thresholds, and writes them. */
export class WindowWriter {
  readonly #deps: WriterDeps

  constructor(deps: WriterDeps) {
    this.#deps = deps
  }

  /** A window whose statistics are judged by the thresholds that the monitor declares. */
  async judged(
    reader: Reader,
    monitor: MonitorRecord,
    {
      window,
      reference,
    }: { readonly window: NewWindow; readonly reference: Reference | undefined },
  ): Promise<NewWindow> {
    const { thresholds, drift } = monitor.declaration
    if (thresholds.length === 0) return window
    const judge = async (statistic: Statistic): Promise<Statistic> => {
      const rule = thresholdRuleOf(thresholds, statistic.metric)
      if (!rule) return statistic
      const { metric } = statistic
      const earlier = looksBack(rule)
        ? await earlierValues(reader, monitor, { rule, metric, at: window.to })
        : (window.variation?.values[metric] ?? [])
      return judgedBy(rule, statistic, {
        earlier,
        reference:
          window.references?.[statistic.metric] ?? referenceValue(statistic.metric, reference),
      })
    }
    const judged: Statistic[] = []
    for (const statistic of window.statistics) judged.push(await judge(statistic))
    // The worst column is told by the verdicts that the thresholds gave.
    const worst = new Map(
      [...worstOf(judged, drift), ...worstOfSegments(judged)].map((one) => [one.metric, one]),
    )
    const statistics = judged.map((statistic) =>
      thresholdRuleOf(thresholds, statistic.metric)
        ? statistic
        : (worst.get(statistic.metric) ?? statistic),
    )
    return { ...window, statistics }
  }

  async insert(tx: Tx, monitor: MonitorRecord, window: NewWindow): Promise<void> {
    const { ids, clock, database, notifier } = this.#deps
    const key = { kind: window.kind, to: window.to }
    const id = ids.next('window')
    const revision = 1 + (await windows.lastRevision(tx, monitor.name, key))
    await windows.insertWindow(tx, database.dialect, {
      id,
      monitor: monitor.name,
      window,
      revision,
      closedAt: clock.now(),
      monitorVersion: monitor.version,
    })
    // History that a new monitor computes is news to nobody.
    if (revision === 1 && clock.now() - window.to > toldWithinMs(monitor)) return
    const event = revision === 1 ? 'window.closed' : 'window.restated'
    await notifier?.notifyWindow(tx, { id, monitor: monitor.name }, event)
  }

  /** Writes a further revision of a closed window; nothing where every number is as it was. */
  async revise(
    tx: Tx,
    monitor: MonitorRecord,
    { before, after }: { readonly before: WindowReport; readonly after: NewWindow },
  ): Promise<boolean> {
    if (isSame(before, after)) return false
    const { audit } = this.#deps
    await this.insert(tx, monitor, after)
    await audit.append(tx, {
      actor,
      type: 'monitoring.window.restated',
      subject: `monitor:${before.monitor}`,
      data: {
        from: before.from,
        to: before.to,
        revision: before.revision + 1,
        before: summaryOf(before),
        after: summaryOf(after),
      },
    })
    return true
  }
}

async function earlierValues(
  reader: Reader,
  monitor: MonitorRecord,
  given: { readonly rule: ThresholdRule; readonly metric: string; readonly at: number },
): Promise<readonly number[]> {
  const { rule, metric, at } = given
  const { everyMs } = lengthsOf(monitor.declaration)
  const stride = rule.season === undefined ? 1 : Math.ceil(durationMs(rule.season) / everyMs)
  // Windows without a value are passed over; some more are read for them.
  const limit = Math.min(100_000, 2 * rule.history * Math.max(1, stride))
  const span = rule.baseline === 'reference' ? null : (rule.baseline ?? null)
  return comparable(
    rule,
    at,
    await valuesBefore(reader, monitor.name, { metric, before: at, span, limit }),
  )
}

/** Labels that have come meanwhile change nothing that a drift window says: its numbers are about inputs and answers. */
const isSame = (before: WindowReport, after: NewWindow): boolean =>
  before.from === after.from &&
  (after.kind === 'drift' || before.labelled === after.labelled) &&
  before.rows === after.rows &&
  JSON.stringify(before.statistics.map(essence)) === JSON.stringify(after.statistics.map(essence))

const essence = ({ metric, value, threshold, lower, drifted, note }: Statistic): unknown => [
  metric,
  value,
  threshold,
  lower,
  drifted,
  note,
]

/** A window in an event: its size, its performance, and the columns that have drifted. */
export const summaryOf = (window: NewWindow | WindowReport): Record<string, unknown> => ({
  kind: window.kind,
  rows: window.rows,
  labelled: window.labelled,
  modelVersions: window.modelVersions,
  ...(window.kind === 'performance'
    ? {
        values: Object.fromEntries(
          window.statistics
            .filter(({ metric }) => /^(performance|naive):[^@]*$/.test(metric))
            .map(({ metric, value }) => [metric, value]),
        ),
      }
    : {
        drifted: window.statistics.filter(({ drifted }) => drifted).map(({ metric }) => metric),
      }),
})
