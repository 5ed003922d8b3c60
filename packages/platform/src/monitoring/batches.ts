import { KaizenError, type MonitorBatchInput, type Page } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import type { Actor, Clock } from '../kernel/index.ts'
import type { BlobStore, Database, Tx } from '../storage/index.ts'
import { type BatchColumns, batchColumns, rowsOfBatches } from './batch-rows.ts'
import {
  type BatchRecord,
  findBatch,
  insertBatch,
  listBatches,
  spanOfBatches,
} from './batches.store.ts'
import type { LoggedPredictions, TimeSpan } from './model.ts'
import { findMonitor } from './monitors.store.ts'
import type { Recomputation } from './recomputation.ts'
import type { RowSource } from './sources.ts'

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
    const { database, blobs, clock, audit } = this.#deps
    const record = await findMonitor(database.reader, monitor)
    if (!record) throw new KaizenError('NOT_FOUND', `there is no monitor named "${monitor}"`)
    if (record.declaration.endpoint !== null || record.declaration.dataset !== null) {
      throw new KaizenError('CONFLICT', `the monitor "${monitor}" does not take batches`, {
        hint: 'Batches are for monitors that are declared without endpoint and dataset.',
      })
    }
    const { batch } = given
    const columns = batchColumns(batch.rows)
    const { digest } = await blobs.put(new TextEncoder().encode(JSON.stringify(columns)))
    const times = columns.at
    const added: BatchRecord = {
      monitor,
      id: batch.id,
      from: times[0]!,
      to: times.at(-1)! + 1,
      rows: times.length,
      digest,
      addedAt: clock.now(),
      addedBy: by.name,
    }
    const known = await database.write(async (tx) => {
      const before = await findBatch(tx, monitor, batch.id)
      if (before) return before
      await insertBatch(tx, added)
      await given.alongside?.(tx)
      const { from, to, rows } = added
      await audit.append(tx, {
        actor: by,
        type: 'monitoring.batch.added',
        subject: `monitor:${monitor}`,
        data: { batch: batch.id, from, to, rows, digest },
      })
      return undefined
    })
    if (known) return sameBatch(known, added)
    const late = record.started && record.declaration.count === null && added.from < record.closedTo
    if (late) await given.recomputation.request(by, monitor, reachOf(added, record.closedTo))
    return added
  }

  async list(
    monitor: string,
    limit: number,
    after: string | undefined,
  ): Promise<Page<BatchRecord>> {
    const items = await listBatches(this.#deps.database.reader, monitor, { limit, after })
    const last = items.at(-1)
    return items.length === limit && last ? { items, nextPageToken: last.id } : { items }
  }

  async rows(monitor: string, span: TimeSpan): Promise<LoggedPredictions> {
    const found = await listBatches(this.#deps.database.reader, monitor, { span })
    const batches: BatchColumns[] = []
    for (const { digest } of found) {
      const bytes = await this.#deps.blobs.bytes(digest)
      batches.push(JSON.parse(new TextDecoder().decode(bytes)) as BatchColumns)
    }
    return rowsOfBatches(batches, span)
  }

  span(monitor: string): Promise<TimeSpan | undefined> {
    return spanOfBatches(this.#deps.database.reader, monitor)
  }
}

function sameBatch(known: BatchRecord, added: BatchRecord): BatchRecord {
  if (known.digest === added.digest) return known
  throw new KaizenError('CONFLICT', `the batch "${known.id}" was uploaded before with other rows`, {
    hint: 'Give each batch an id of its own; the same id is for sending the same rows again.',
  })
}

/** The ends of closed windows that hold a row of a batch; a window may reach far back, so all later ones are looked at. */
const reachOf = ({ from }: BatchRecord, closedTo: number): TimeSpan => ({ from, to: closedTo })
