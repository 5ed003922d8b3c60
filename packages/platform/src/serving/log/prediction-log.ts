import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Block, BlockRow } from './block.ts'
import type { PredictionEntry } from './record.ts'
import {
  type Durability,
  readSegment,
  recoverSegment,
  type SegmentSummary,
  SegmentWriter,
  summaryOf,
} from './segment.ts'

export interface PredictionLogOptions {
  /** A segment is sealed when it holds this many rows; 50,000 unless told. */
  readonly segmentRows?: number
  /** ... or this many bytes; 64 MiB unless told. */
  readonly segmentBytes?: number
  /** When a record counts as kept; `group` unless told. */
  readonly durability?: Durability
  /** Values of sealed segments kept in memory; 8 million unless told. */
  readonly residentCells?: number
}

interface Sealed {
  readonly path: string
  readonly summary: SegmentSummary
  block: Block | undefined
  usedAt: number
}
interface Waiting {
  readonly entry: PredictionEntry
  readonly resolve: () => void
  readonly reject: (failure: unknown) => void
}

const summarySchema = z.object({
  rows: z.number(),
  liveRows: z.number(),
  minAt: z.number().nullable(),
  maxAt: z.number().nullable(),
})

/**
 * The predictions of one endpoint: append-only segments on disk, the recent ones also in memory by columns. Entries
 * that wait together share one durable write. Reads give each inference id of an arm once, as last answered.
 */
export class PredictionLog {
  readonly #folder: string
  readonly #segmentRows: number
  readonly #segmentBytes: number
  readonly #residentCells: number
  readonly #durability: Durability
  readonly #sealed: Sealed[]
  #writer: SegmentWriter | undefined
  #nextNumber: number
  #waiting: Waiting[] = []
  #draining: Promise<void> | undefined
  /** What is appended in one turn of the loop shares one write. */
  #gathering: NodeJS.Immediate | undefined
  #uses = 0

  private constructor(
    folder: string,
    sealed: Sealed[],
    next: number,
    options: PredictionLogOptions,
  ) {
    this.#folder = folder
    this.#sealed = sealed
    this.#nextNumber = next
    this.#segmentRows = options.segmentRows ?? 50_000
    this.#segmentBytes = options.segmentBytes ?? 64 * 1024 * 1024
    this.#durability = options.durability ?? 'group'
    this.#residentCells = options.residentCells ?? 8_000_000
  }

  /** Opens the log in a folder; what a crash left half written is cut off. */
  static async open(folder: string, options: PredictionLogOptions = {}): Promise<PredictionLog> {
    await mkdir(folder, { recursive: true })
    const names = (await readdir(folder)).filter((name) => /^\d{6,}\.log$/.test(name)).sort()
    const sealed: Sealed[] = []
    for (const name of names) sealed.push(await openSealed(join(folder, name)))
    const last = names.at(-1)
    return new PredictionLog(folder, sealed, last ? Number.parseInt(last, 10) + 1 : 1, options)
  }

  /** Resolves when the entry is kept as the durability says. @throws STORAGE_FULL, UNAVAILABLE; it is not kept then. */
  append(entry: PredictionEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject })
      if (this.#draining || this.#gathering) return
      if (this.#durability === 'group' && this.#open()) {
        this.#gathering = setImmediate(() => this.#flush())
      } else this.#draining = this.#drain()
    })
  }

  /** Live rows logged. */
  get liveRows(): number {
    const sealed = this.#sealed.reduce((sum, { summary, block }) => {
      return sum + (block?.liveRows ?? summary.liveRows)
    }, 0)
    return sealed + (this.#writer?.block.liveRows ?? 0)
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
    for (let i = this.#sealed.length - 1; i >= 0 && wanted.size > 0; i--) {
      const block = await this.#resident(this.#sealed[i]!)
      await block.settle()
      await block.settleIndex()
      search(block)
    }
    return found
  }

  /** Writes what waits, then lets go of the file. */
  async close(): Promise<void> {
    if (this.#gathering) {
      clearImmediate(this.#gathering)
      this.#flush()
    }
    await this.#draining
    const writer = this.#writer
    this.#writer = undefined
    await writer?.close()
  }

  #flush(): void {
    this.#gathering = undefined
    const writer = this.#open()
    if (!writer) {
      this.#draining ??= this.#drain()
      return
    }
    const batch = this.#waiting
    this.#waiting = []
    try {
      writer.writeNow(batch.map(({ entry }) => entry))
      for (const { entry } of batch) this.#supersede(entry)
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
        for (const { entry } of batch) this.#supersede(entry)
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
    const full =
      current.block.length >= this.#segmentRows || current.sizeBytes >= this.#segmentBytes
    return full ? undefined : current
  }

  async #currentWriter(): Promise<SegmentWriter> {
    const open = this.#open()
    if (open) return open
    const full = this.#writer
    if (full) {
      this.#writer = undefined
      this.#sealed.push(await seal(full))
      this.#evict()
    }
    const path = join(this.#folder, `${String(this.#nextNumber++).padStart(6, '0')}.log`)
    this.#writer = await SegmentWriter.create(path, this.#durability)
    await syncFolder(this.#folder)
    return this.#writer
  }

  /** A retry that lands in another segment than the first answer takes its place where that one is in memory. */
  #supersede({ schema, ids, fresh }: PredictionEntry): void {
    if (fresh) return
    for (const { block } of this.#sealed) {
      if (!block) continue
      for (const id of ids) block.supersede(id, schema)
    }
  }

  *#summaries(): Generator<SegmentSummary> {
    for (const { summary } of this.#sealed) yield summary
    if (this.#writer && this.#writer.block.length > 0) yield summaryOf(this.#writer.block)
  }

  async #blocks(concerns: (summary: SegmentSummary) => boolean): Promise<Block[]> {
    const blocks: Block[] = []
    for (const sealed of this.#sealed.filter(({ summary }) => concerns(summary))) {
      blocks.push(await this.#resident(sealed))
    }
    if (this.#writer && concerns(summaryOf(this.#writer.block))) blocks.push(this.#writer.block)
    for (const block of blocks) await block.settle()
    return blocks
  }

  async #resident(sealed: Sealed): Promise<Block> {
    sealed.usedAt = ++this.#uses
    if (!sealed.block) {
      sealed.block = (await readSegment(sealed.path)).block
      this.#evict(sealed)
    }
    return sealed.block
  }

  /** Lets go of the sealed blocks that were used longest ago, until the rest fits. */
  #evict(keep?: Sealed): void {
    const resident = this.#sealed.filter(({ block }) => block).sort((a, b) => a.usedAt - b.usedAt)
    let cells = resident.reduce((sum, { block }) => sum + (block?.cells ?? 0), 0)
    for (const sealed of resident) {
      if (cells <= this.#residentCells) return
      if (sealed === keep) continue
      cells -= sealed.block?.cells ?? 0
      sealed.block = undefined
    }
  }
}

const summaryPath = (path: string): string => path.replace(/\.log$/, '.json')

async function openSealed(path: string): Promise<Sealed> {
  const text = await readFile(summaryPath(path), 'utf8').catch(() => undefined)
  const parsed = summarySchema.safeParse(text === undefined ? undefined : parseJson(text))
  if (parsed.success) {
    const { rows, liveRows, minAt, maxAt } = parsed.data
    const summary = {
      rows,
      liveRows,
      minAt: minAt ?? Number.POSITIVE_INFINITY,
      maxAt: maxAt ?? Number.NEGATIVE_INFINITY,
    }
    return { path, summary, block: undefined, usedAt: 0 }
  }
  const block = await recoverSegment(path)
  const summary = summaryOf(block)
  await writeFile(summaryPath(path), JSON.stringify(summary))
  return { path, summary, block, usedAt: 0 }
}

async function seal(writer: SegmentWriter): Promise<Sealed> {
  await writer.close()
  const summary = summaryOf(writer.block)
  // Derived from the segment: when this is lost, the segment is read again.
  await writeFile(summaryPath(writer.path), JSON.stringify(summary)).catch(() => undefined)
  return { path: writer.path, summary, block: writer.block, usedAt: 0 }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Makes a new file's name durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
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
