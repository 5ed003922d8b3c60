import { KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { JobContext, JobQueue } from '../../jobs/index.ts'
import type { Actor } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import type { MonitorRecord, NewWindow, TimeSpan } from '../model.ts'
import { findMonitor } from '../monitors.store.ts'
import type { Compared, WindowCloser } from './window-closer.ts'
import type { WindowWriter } from './window-writer.ts'
import * as windows from './windows.store.ts'
import { lengthsOf, mostHistory, windowStart } from './windows.ts'

const jobKind = 'monitoring.recompute'

export interface RecomputationParts {
  readonly closer: WindowCloser
  readonly writer: WindowWriter
  readonly compared: (monitor: MonitorRecord, span: TimeSpan) => Promise<Compared>
  readonly record: (name: string) => Promise<MonitorRecord>
  /** Start of the window that holds the first row; null while there is none. */
  readonly begin: (monitor: MonitorRecord) => Promise<number | null>
}

/** How many windows a recomputation looked at, and how many came out otherwise. */
export interface Recomputed {
  readonly windows: number
  readonly changed: number
}

/**
 * Computes closed windows again by the declaration in force: what has not changed comes out exactly as it was and is not
 * written; what has becomes a new revision; windows that the declaration no longer cuts leave the series.
 */
export class Recomputation {
  readonly #deps: { readonly database: Database; readonly audit: AuditLog }
  readonly #parts: RecomputationParts
  #jobs: JobQueue | undefined

  constructor(
    deps: { readonly database: Database; readonly audit: AuditLog },
    parts: RecomputationParts,
  ) {
    this.#deps = deps
    this.#parts = parts
  }

  /** Lets recomputations run as jobs; before the queue starts. */
  attach(jobs: JobQueue): void {
    this.#jobs = jobs
    jobs.handle(jobKind, async ({ job, signal }) => {
      const { monitor, from, to } = job.payload as {
        readonly monitor: string
        readonly from: number
        readonly to: number
      }
      await this.run(monitor, { from, to }, signal)
    })
  }

  /** Asks for the windows of a span; answers how many there are. @throws NOT_FOUND, TOO_LARGE, UNSUPPORTED */
  async request(by: Actor, name: string, span: TimeSpan): Promise<{ readonly windows: number }> {
    const jobs = this.#jobs
    if (!jobs) throw new KaizenError('UNSUPPORTED', 'this server runs no jobs')
    const monitor = await this.#parts.record(name)
    const ends = endsOf(monitor, await this.#since(monitor, span))
    if (ends.length > mostHistory) {
      throw new KaizenError(
        'TOO_LARGE',
        `${ends.length} windows lie in this span, at most ${mostHistory} are computed at once`,
        { hint: 'Ask for a shorter span with from and to.' },
      )
    }
    await this.#deps.database.write(async (tx) => {
      const key = `${name}:${span.from}:${span.to}`
      const payload = { monitor: name, ...span }
      await jobs.enqueue(tx, { kind: jobKind, key, payload, maxAttempts: 3 })
      await this.#deps.audit.append(tx, {
        actor: by,
        type: 'monitoring.recomputation.requested',
        subject: `monitor:${name}`,
        data: { ...span, windows: ends.length, version: monitor.version },
      })
    })
    return { windows: ends.length }
  }

  /** Recomputes the windows that end in a span, oldest first, so that bounds look back at what is new. */
  async run(name: string, span: TimeSpan, signal?: JobContext['signal']): Promise<Recomputed> {
    const monitor = await findMonitor(this.#deps.database.reader, name)
    // Removed meanwhile: there is nothing to compute for.
    if (!monitor) return { windows: 0, changed: 0 }
    const ends = endsOf(monitor, await this.#since(monitor, span))
    this.#parts.closer.reset(name)
    let changed = await this.#retireOthers(monitor, span, new Set(ends))
    for (const to of ends) {
      signal?.throwIfAborted()
      if (await this.#recompute(monitor, to)) changed++
    }
    return { windows: ends.length, changed }
  }

  /** The part of a span that is not before the first row. */
  async #since(monitor: MonitorRecord, span: TimeSpan): Promise<TimeSpan> {
    const begin = await this.#parts.begin(monitor)
    return begin === null ? { from: 0, to: 0 } : { ...span, from: Math.max(span.from, begin) }
  }

  async #recompute(monitor: MonitorRecord, to: number): Promise<boolean> {
    const { database } = this.#deps
    const span = { from: to - lengthsOf(monitor.declaration).windowMs, to }
    const compared = await this.#parts.compared(monitor, span)
    const made = await this.#parts.closer.close(monitor, span, compared)
    return database.write(async (tx) => {
      let changed = false
      for (const window of made) {
        const given = { window, reference: compared.stored }
        const after = await this.#parts.writer.judged(tx, monitor, given)
        if (await this.#write(tx, monitor, after)) changed = true
      }
      return changed
    })
  }

  async #write(
    tx: Parameters<WindowWriter['insert']>[0],
    monitor: MonitorRecord,
    after: NewWindow,
  ): Promise<boolean> {
    const key = { kind: after.kind, to: after.to }
    const before = await windows.findWindowAt(tx, monitor.name, key)
    if (before) return this.#parts.writer.revise(tx, monitor, { before, after })
    await this.#parts.writer.insert(tx, monitor, after)
    return true
  }

  /** Windows of an earlier declaration that this one does not cut. */
  async #retireOthers(
    monitor: MonitorRecord,
    span: TimeSpan,
    ends: ReadonlySet<number>,
  ): Promise<number> {
    let retired = 0
    for (const kind of ['drift', 'performance'] as const) {
      const given = { kind, after: span.from, to: Math.min(span.to, monitor.closedTo) }
      const standing = await windows.windowEnds(this.#deps.database.reader, monitor.name, given)
      const isKept = (to: number): boolean =>
        ends.has(to) && (kind === 'drift' || monitor.declaration.performance !== null)
      for (const to of standing.filter((end) => !isKept(end))) {
        await this.#deps.database.write((tx) =>
          windows.retireWindow(tx, monitor.name, { kind, to }),
        )
        retired++
      }
    }
    return retired
  }
}

/** Ends of the windows that end in a span and have closed. @throws UNSUPPORTED for windows of a number of rows */
function endsOf(
  { declaration, closedTo, started }: MonitorRecord,
  span: TimeSpan,
): readonly number[] {
  if (declaration.count !== null) {
    throw new KaizenError(
      'UNSUPPORTED',
      'windows of a number of rows follow from those before them and are not computed again',
      { hint: 'Declare the monitor under another name: it computes its history.' },
    )
  }
  if (!started) return []
  const { everyMs } = lengthsOf(declaration)
  const last = windowStart(Math.min(span.to, closedTo), everyMs)
  const first =
    Math.max(windowStart(span.from, everyMs), last - (mostHistory + 1) * everyMs) + everyMs
  const ends: number[] = []
  for (let end = first; end <= last; end += everyMs) ends.push(end)
  return ends
}
