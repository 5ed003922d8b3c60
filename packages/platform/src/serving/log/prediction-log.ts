import { join } from 'node:path'
import type { Lake } from '../../storage/index.ts'
import type { Block, BlockRow } from './block.ts'
import { compactableRun, type SegmentRun } from './compactable.ts'
import { IdClient } from './ids/id-client.ts'
import type { Writing } from './ids/log-ids.ts'
import { isBefore, type LogPage, type LogPlace } from './log-place.ts'
import { type PartManifest, segmentName } from './part.ts'
import type { PartTask } from './part-writer.ts'
import type { PredictionEntry } from './record.ts'
import { segmentNumber } from './sealed.ts'
import { type Kept, pageOfBlock, SealedList, syncFolder } from './sealed-list.ts'
import { type Durability, type SegmentSummary, SegmentWriter, summaryOf } from './segment.ts'

export interface PredictionLogOptions {
  /** A segment is sealed when it holds this many rows; 50,000 unless told. */
  readonly segmentRows?: number
  /** ... or this many bytes; 64 MiB unless told. */
  readonly segmentBytes?: number
  /** When a record counts as kept; `group` unless told. */
  readonly durability?: Durability
  /** Values of sealed segments kept in memory; 8 million unless told. */
  readonly residentCells?: number
  /** Reads Parquet; without it segments stay as they are. */
  readonly lake?: Lake | undefined
  /** Keeps the ids of all logs of a server; without it the log has a thread of its own. */
  readonly ids?: IdClient
}

interface Waiting {
  readonly entry: PredictionEntry
  readonly resolve: () => void
  readonly reject: (failure: unknown) => void
}

/**
 * The predictions of one endpoint: append-only segments on disk, the recent ones also in memory by columns. Entries
 * that wait together share one durable write. Reads give each inference id of an arm once, as last answered.
 */
export class PredictionLog {
  readonly #folder: string
  readonly #segmentRows: number
  readonly #segmentBytes: number
  readonly #durability: Durability
  readonly #sealed: SealedList
  /** Of this log alone. */
  readonly #ownIds: IdClient | undefined
  #writer: SegmentWriter | undefined
  #nextNumber: number
  #waiting: Waiting[] = []
  #draining: Promise<void> | undefined
  /** What is appended in one go shares one write: a run of several requests resolves all of them before the next tick. */
  #gathering = false

  private constructor(
    folder: string,
    sealed: SealedList,
    options: PredictionLogOptions & { readonly ownIds?: IdClient },
  ) {
    this.#folder = folder
    this.#sealed = sealed
    this.#ownIds = options.ownIds
    this.#nextNumber = sealed.nextNumber
    this.#segmentRows = options.segmentRows ?? 50_000
    this.#segmentBytes = options.segmentBytes ?? 64 * 1024 * 1024
    this.#durability = options.durability ?? 'group'
  }

  /** Opens the log in a folder; what a crash left half written is cut off. */
  static async open(folder: string, options: PredictionLogOptions = {}): Promise<PredictionLog> {
    const ids = options.ids ?? new IdClient()
    const sealed = await SealedList.open(folder, { ...options, ids })
    return new PredictionLog(folder, sealed, options.ids ? options : { ...options, ownIds: ids })
  }

  /** Resolves when the entry is kept as the durability says. @throws STORAGE_FULL, UNAVAILABLE; it is not kept then. */
  append(entry: PredictionEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject })
      if (this.#draining || this.#gathering) return
      if (this.#durability === 'group' && this.#open()) {
        this.#gathering = true
        process.nextTick(() => this.#flush())
      } else this.#draining = this.#drain()
    })
  }

  /** About how many live rows there are: an id that was asked again long after counts more than once. */
  get loggedRows(): number {
    return this.#sealed.loggedRows + (this.#writer?.block.liveRows ?? 0)
  }

  /** How many live rows there are, each inference id once, however long after it was asked again. */
  async countLive(): Promise<number> {
    await this.#caughtUp()
    const written = this.#writer?.block.liveRows ?? 0
    return (await this.#sealed.countLive()) + written
  }

  /** Event times that the log spans, or undefined while it is empty. */
  get span(): { readonly from: number; readonly to: number } | undefined {
    let from = Number.POSITIVE_INFINITY
    let to = Number.NEGATIVE_INFINITY
    for (const { minAt, maxAt } of this.#summaries()) {
      from = Math.min(from, minAt)
      to = Math.max(to, maxAt)
    }
    return from <= to ? { from, to: to + 1 } : undefined
  }

  /** Rows with event time in [from, to), by event time. */
  async window(from: number, to: number): Promise<readonly BlockRow[]> {
    await this.#caughtUp()
    const found: BlockRow[] = []
    const blocks = await this.#blocks(({ minAt, maxAt }) => minAt < to && maxAt >= from)
    for (const block of blocks) {
      for (const row of block.window(from, to)) found.push(row)
    }
    const unique = blocks.length > 1 ? lastOfEach(found) : found
    return sortByTime(unique)
  }

  /** The newest rows before a place in time, newest first, at most `limit`. */
  async newest(
    limit: number,
    bounds: { readonly from: number; readonly to: number },
  ): Promise<readonly BlockRow[]> {
    const spans = [...this.#summaries()].filter(
      ({ minAt, maxAt }) => minAt < bounds.to && maxAt >= bounds.from,
    )
    const starts = spans.map(({ minAt }) => minAt).sort((a, b) => b - a)
    for (const start of starts) {
      const rows = await this.window(Math.max(start, bounds.from), bounds.to)
      if (rows.length >= limit) return rows.slice(-limit).reverse()
    }
    return (await this.window(bounds.from, bounds.to)).toReversed()
  }

  /** The answered live rows of inference ids; unknown ids are absent. */
  async find(ids: Iterable<string>): Promise<ReadonlyMap<string, BlockRow>> {
    const wanted = new Set(ids)
    const found = new Map<string, BlockRow>()
    const search = (block: Block): void => {
      for (const id of wanted) {
        const row = block.find(id)
        if (!row) continue
        found.set(id, row)
        wanted.delete(id)
      }
    }
    if (this.#writer) {
      const { block } = this.#writer
      await block.settle()
      await block.settleIndex()
      search(block)
    }
    if (wanted.size > 0) {
      for await (const block of this.#sealed.holding(wanted)) {
        await block.settle()
        await block.settleIndex()
        search(block)
        if (wanted.size === 0) break
      }
    }
    return found
  }

  /** Behind everything that is logged now. */
  get end(): LogPlace {
    const writer = this.#writer
    return writer
      ? { segment: segmentNumber(writer.path), row: writer.rows }
      : { segment: this.#nextNumber, row: 0 }
  }

  /** Rows in order of writing from a place on, at most `limit`; none where nothing lies behind it. */
  async after(place: LogPlace, limit: number): Promise<LogPage> {
    // What is written now may be sealed while the rest is read; it is taken before.
    const writer = this.#writer
    const sealed = await this.#sealed.after(place, limit)
    if (sealed) return sealed
    if (!writer || isBefore({ segment: segmentNumber(writer.path), row: writer.rows }, place))
      return { rows: [], next: place }
    await writer.block.settle()
    return pageOfBlock(segmentNumber(writer.path), writer.block, { place, limit })
  }

  /** About how many rows lie behind a place: those that a later answer took the place of count. */
  waiting(place: LogPlace): number {
    const { segment, row } = this.end
    const written = segment > place.segment ? row : segment === place.segment ? row - place.row : 0
    return this.#sealed.waiting(place) + Math.max(0, written)
  }

  /** What the log holds on the disk, in segments and as Parquet. */
  get kept(): Kept {
    const { segments, files } = this.#sealed.kept
    const writer = this.#writer
    if (!writer) return { segments, files }
    const written = { rows: writer.rows, sizeBytes: writer.sizeBytes }
    return {
      segments: {
        count: segments.count + 1,
        rows: segments.rows + written.rows,
        sizeBytes: segments.sizeBytes + written.sizeBytes,
      },
      files,
    }
  }

  /** When the segment that is written was begun, in the system's time; undefined where none holds anything. */
  get begunAt(): number | undefined {
    return this.#writer && this.#writer.rows > 0 ? this.#writer.begunAt : undefined
  }

  /** Ends the segment that is written, so that it can become Parquet. */
  async seal(): Promise<void> {
    while (this.#draining) await this.#draining
    const writer = this.#writer
    if (!writer || writer.rows === 0) return
    this.#draining = this.#sealThenDrain(writer)
    await this.#draining
  }

  /** Segments that shall become one part now; undefined where none shall. `all` takes whatever is sealed. */
  compactable(options: { readonly now: number; readonly all?: boolean }): SegmentRun | undefined {
    return compactableRun(this.#sealed.segments, {
      ...options,
      segmentRows: this.#segmentRows,
      segmentBytes: this.#segmentBytes,
    })
  }

  /** Puts Parquet in the place of a run of segments. Until all of it is on the disk the segments stand. */
  compact(run: SegmentRun, write: (task: PartTask) => Promise<PartManifest>): Promise<void> {
    return this.#sealed.compact(run, write)
  }

  /** Takes files away that nobody shall read any more. */
  remove(files: ReadonlySet<string>): Promise<void> {
    return this.#sealed.remove(files)
  }

  /** Writes what waits, then lets go of the file. */
  async close(): Promise<void> {
    if (this.#gathering) this.#flush()
    await this.#draining
    const writer = this.#writer
    this.#writer = undefined
    await writer?.close()
    await this.#sealed.close()
    await this.#ownIds?.[Symbol.asyncDispose]()
  }

  #flush(): void {
    if (!this.#gathering) return
    this.#gathering = false
    const writer = this.#open()
    if (!writer) {
      this.#draining ??= this.#drain()
      return
    }
    const batch = this.#waiting
    this.#waiting = []
    try {
      writer.writeNow(batch.map(({ entry }) => entry))
      for (const { entry } of batch) this.#note(entry)
      for (const { resolve } of batch) resolve()
    } catch (failure) {
      for (const { reject } of batch) reject(failure)
    }
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        const writer = await this.#currentWriter()
        await writer.write(batch.map(({ entry }) => entry))
        for (const { entry } of batch) this.#note(entry)
        for (const { resolve } of batch) resolve()
      } catch (failure) {
        for (const { reject } of batch) reject(failure)
      }
    }
    // In the same turn as the check of the queue, so that no entry is left behind.
    this.#draining = undefined
  }

  /** The segment being written while it has room. */
  #open(): SegmentWriter | undefined {
    const current = this.#writer
    if (!current || current.damaged) return undefined
    const full = current.rows >= this.#segmentRows || current.sizeBytes >= this.#segmentBytes
    return full ? undefined : current
  }

  async #currentWriter(): Promise<SegmentWriter> {
    const open = this.#open()
    if (open) return open
    const full = this.#writer
    if (full) await this.#seal(full)
    const path = join(this.#folder, segmentName(this.#nextNumber++))
    this.#writer = await SegmentWriter.create(path, this.#durability)
    await syncFolder(this.#folder)
    return this.#writer
  }

  /** The rows of a full segment can be read at every moment: it stands among the sealed ones before its file is closed. */
  async #seal(full: SegmentWriter): Promise<void> {
    this.#writer = undefined
    await this.#sealed.seal(full)
    // Whoever reads next need not wait for a whole segment; should it fail now, that one is told.
    if (this.#sealed.ids.named) void this.#caughtUp().catch(() => undefined)
  }

  async #sealThenDrain(full: SegmentWriter): Promise<void> {
    try {
      await this.#seal(full)
    } finally {
      await this.#drain()
    }
  }

  /** A retry may land in another segment than the first answer: whoever reads looks it up, not whoever is answered. */
  #note({ fresh }: PredictionEntry): void {
    if (!fresh) this.#sealed.ids.note()
  }

  /** Resolves when it is known of every row whether it was answered again in another segment. */
  #caughtUp(): Promise<void> {
    return this.#sealed.catchUp(() => this.#writing())
  }

  #writing(): Writing | undefined {
    const writer = this.#writer
    if (!writer) return undefined
    const { path, sizeBytes, rows } = writer
    return { number: segmentNumber(path), path, sizeBytes, rows }
  }

  *#summaries(): Generator<SegmentSummary> {
    yield* this.#sealed.summaries()
    if (this.#writer && this.#writer.rows > 0) yield summaryOf(this.#writer.block)
  }

  async #blocks(concerns: (summary: SegmentSummary) => boolean): Promise<Block[]> {
    // What is written now may be sealed while the rest is read; it is taken before, in the same turn as the list.
    const written = this.#writer?.block
    const blocks = await this.#sealed.blocks(concerns)
    if (written && concerns(summaryOf(written))) blocks.push(written)
    for (const block of blocks) await block.settle()
    return blocks
  }
}

/** Keeps the last row of each inference id and arm, in order of writing. */
function lastOfEach(rows: readonly BlockRow[]): BlockRow[] {
  const byKey = new Map<string, BlockRow>()
  for (const row of rows) {
    const { mode, arm } = row.rows.schema
    byKey.set(mode === 'live' ? row.id : `${row.id}\u0000${arm}`, row)
  }
  return [...byKey.values()]
}

function sortByTime(rows: readonly BlockRow[]): readonly BlockRow[] {
  for (let i = 1; i < rows.length; i++) {
    if (rows[i]!.at < rows[i - 1]!.at) return rows.toSorted((a, b) => a.at - b.at)
  }
  return rows
}
