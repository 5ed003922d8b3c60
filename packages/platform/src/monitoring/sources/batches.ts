import {
  KaizenError,
  type MonitorBatchInput,
  type MonitorProfileInput,
  type Page,
  type PlacedBatch,
} from '@kaizen/contracts'
import type { RowProfileJson } from '@kaizen/ml/profile'
import type { AuditLog } from '../../audit/index.ts'
import { answerColumn } from '../../evaluation/index.ts'
import type { Actor, Clock } from '../../kernel/index.ts'
import type { BlobStore, Database, Tx } from '../../storage/index.ts'
import type { LoggedPredictions, MonitorRecord, TimeSpan } from '../model.ts'
import { findMonitor } from '../monitors.store.ts'
import type { MergedProfiles } from '../profiles/sketch-drift.ts'
import type { Recomputation } from '../windows/recomputation.ts'
import { listSummaries } from '../windows/windows.store.ts'
import { historyFrom, lengthsOf, windowStart } from '../windows/windows.ts'
import { type BatchColumns, batchColumns, rowsOfBatches } from './batch-rows.ts'
import {
  type BatchRecord,
  findBatch,
  insertBatch,
  listBatches,
  spanOfBatches,
} from './batches.store.ts'
import { type RowSource, takesBatches } from './sources.ts'

export interface BatchDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly blobs: BlobStore
  readonly clock: Clock
}

export interface AddedBatch {
  readonly batch: MonitorBatchInput
  readonly recomputation: Recomputation
  /** What is written with the batch, in its transaction. */
  readonly alongside?: (tx: Tx) => Promise<void>
}

/** Rows that edge devices and batch jobs upload, for monitors that watch neither an endpoint nor a dataset. */
export class BatchRows implements RowSource {
  readonly #deps: BatchDeps

  constructor(deps: BatchDeps) {
    this.#deps = deps
  }

  /**
   * Takes a batch, once: the same id again answers the batch that is there. Windows that have closed already and hold
   * some of its rows are computed again.
   * @throws NOT_FOUND, CONFLICT for a monitor that watches something else, or an id with other rows
   */
  async add(by: Actor, monitor: string, given: AddedBatch): Promise<BatchRecord> {
    const { batch, recomputation, alongside } = given
    const columns = batchColumns(batch.rows)
    const times = columns.at
    const what = {
      form: 'rows' as const,
      id: batch.id,
      rows: times.length,
      from: times[0]!,
      to: times.at(-1)! + 1,
    }
    return this.#add(by, monitor, { what, times, content: columns, recomputation, alongside })
  }

  /**
   * Takes a profile of rows that stay where they are, once; windows that have closed already and hold it are computed
   * again.
   * @throws as `add`; INVALID_DATA for a profile that is not sound
   */
  async addProfile(
    by: Actor,
    monitor: string,
    given: { readonly upload: MonitorProfileInput; readonly recomputation: Recomputation },
  ): Promise<BatchRecord> {
    const { readProfile } = await import('../profiles/read-profile.ts')
    const { id, from, to } = given.upload
    const profile = readProfile(given.upload)
    const what = { form: 'profile' as const, id, from, to, rows: profile.rows }
    const { recomputation } = given
    return this.#add(by, monitor, { what, content: profile.toJson(), recomputation })
  }

  async #add(by: Actor, monitor: string, given: Adding): Promise<BatchRecord> {
    const { database, blobs, clock, audit } = this.#deps
    const record = await findMonitor(database.reader, monitor)
    if (!record) throw new KaizenError('NOT_FOUND', `there is no monitor named "${monitor}"`)
    const { declaration } = record
    if (!takesBatches(declaration)) {
      throw new KaizenError('CONFLICT', `the monitor "${monitor}" does not take batches`, {
        hint: 'Batches are for monitors that are declared without endpoint, dataset, pipeline and feature view.',
      })
    }
    const { what, content } = given
    if (what.form === 'profile') checkSpan(record, what)
    const { digest } = await blobs.put(new TextEncoder().encode(JSON.stringify(content)))
    const added: BatchRecord = {
      ...what,
      monitor,
      digest,
      addedAt: clock.now(),
      addedBy: by.name,
    }
    const known = await database.write(async (tx) => {
      const before = await findBatch(tx, monitor, what.id)
      if (before) return before
      await insertBatch(tx, added)
      await given.alongside?.(tx)
      const { from, to, rows, form } = added
      await audit.append(tx, {
        actor: by,
        type: 'monitoring.batch.added',
        subject: `monitor:${monitor}`,
        data: { batch: what.id, form, from, to, rows, digest },
      })
      return undefined
    })
    if (known) return sameBatch(known, added)
    const reach = reachOf(record, given.times ?? [added.from])
    if (reach) await given.recomputation.request(by, monitor, reach)
    return added
  }

  async list(
    monitor: string,
    limit: number,
    after: string | undefined,
  ): Promise<Page<PlacedBatch>> {
    const { reader } = this.#deps.database
    const batches = await listBatches(reader, monitor, { limit, after })
    const items = await Promise.all(
      batches.map(async (batch) => ({ ...batch, window: await this.#windowOf(batch) })),
    )
    const last = items.at(-1)
    return items.length === limit && last ? { items, nextPageToken: last.id } : { items }
  }

  /** The closed window that holds the first row of a batch. */
  async #windowOf({ monitor, from }: BatchRecord): Promise<PlacedBatch['window']> {
    const query = { kind: 'drift', from, to: from + 1, before: null, limit: 1 } as const
    const [found] = await listSummaries(this.#deps.database.reader, monitor, query)
    return found ? { id: found.id, from: found.from, to: found.to, revision: found.revision } : null
  }

  async rows(monitor: string, span: TimeSpan): Promise<LoggedPredictions> {
    const form = 'rows'
    const found = await listBatches(this.#deps.database.reader, monitor, { span, form })
    const batches: BatchColumns[] = []
    for (const { digest } of found) {
      const bytes = await this.#deps.blobs.bytes(digest)
      batches.push(JSON.parse(new TextDecoder().decode(bytes)) as BatchColumns)
    }
    return rowsOfBatches(batches, span)
  }

  /** The profiles that lie in a span, made one with the rows beside them; null while there are none. */
  async profiles(monitor: string, span: TimeSpan): Promise<MergedProfiles | null> {
    const form = 'profile'
    const found = await listBatches(this.#deps.database.reader, monitor, { span, form })
    const inside = found.filter(({ from, to }) => from >= span.from && to <= span.to)
    if (inside.length === 0) return null
    const { RowProfile } = await import('@kaizen/ml/profile')
    const profile = new RowProfile()
    for (const { digest } of inside) {
      const bytes = await this.#deps.blobs.bytes(digest)
      const json = JSON.parse(new TextDecoder().decode(bytes)) as RowProfileJson
      profile.merge(RowProfile.fromJson(json))
    }
    const rows = await this.rows(monitor, span)
    profile.addRows(rows.at.length)
    for (const { name, values } of rows.inputs.columns) profile.addColumn(name, values)
    const answer = answerColumn(rows.outputs)
    if (answer) profile.addPrediction(answer.values)
    return { profile, count: inside.length, beyond: found.length - inside.length }
  }

  span(monitor: string): Promise<TimeSpan | undefined> {
    return spanOfBatches(this.#deps.database.reader, monitor)
  }
}

/** A profile cannot be taken apart: it has to lie within one window. @throws INVALID_DATA, CONFLICT */
function checkSpan({ declaration }: MonitorRecord, { from, to }: TimeSpan): void {
  if (declaration.count !== null) {
    throw new KaizenError('CONFLICT', 'windows of a number of rows cannot be cut out of profiles', {
      hint: 'Declare the monitor with windows of time, or upload rows.',
    })
  }
  const { everyMs } = lengthsOf(declaration)
  if (windowStart(from, everyMs) === windowStart(to - 1, everyMs)) return
  throw new KaizenError(
    'INVALID_DATA',
    `the profile reaches over an end of the windows, which close every ${declaration.every ?? declaration.window}`,
    { hint: 'Write one profile for each window: a profile cannot be taken apart.' },
  )
}

/** What is taken: rows or a profile, with its content. */
interface Adding {
  readonly what: Pick<BatchRecord, 'form' | 'id' | 'from' | 'to' | 'rows'>
  /** Of its rows, ascending; the start of a profile unless told. */
  readonly times?: readonly number[]
  readonly content: unknown
  readonly recomputation: Recomputation
  readonly alongside?: AddedBatch['alongside'] | undefined
}

function sameBatch(known: BatchRecord, added: BatchRecord): BatchRecord {
  if (known.digest === added.digest) return known
  throw new KaizenError('CONFLICT', `the batch "${known.id}" was uploaded before with other rows`, {
    hint: 'Give each batch an id of its own; the same id is for sending the same rows again.',
  })
}

/**
 * The ends of closed windows that hold some of these rows; a window may reach far back, so all later ones are looked at.
 * A row of a clock that stood at 1970 is looked past: windows that lie so far back are computed when somebody asks.
 */
function reachOf(
  { declaration, closedTo, started }: MonitorRecord,
  times: readonly number[],
): TimeSpan | null {
  if (!started || declaration.count !== null) return null
  const since = historyFrom(0, closedTo, lengthsOf(declaration))
  const from = times.find((at) => at >= since)
  return from === undefined || from >= closedTo ? null : { from, to: closedTo }
}
