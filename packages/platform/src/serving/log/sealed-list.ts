import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import type { Lake } from '../../storage/index.ts'
import type { Block, BlockRow } from './block.ts'
import type { SegmentFacts, SegmentRun } from './compactable.ts'
import type { IdClient } from './ids/id-client.ts'
import { LogIds, type Writing } from './ids/log-ids.ts'
import { type LogPage, type LogPlace, placeInPart, rowInPart } from './log-place.ts'
import { manifestPattern, type PartFile, type PartManifest } from './part.ts'
import { filesWith, readPart, readPlaced } from './part-reader.ts'
import type { PartTask } from './part-writer.ts'
import {
  openSegment,
  partOf,
  readManifest,
  removeSegment,
  type Sealed,
  sealedOf,
  segmentNumber,
  storeManifest,
  summaryPath,
} from './sealed.ts'
import { readSegment, type SegmentSummary, type SegmentWriter, summaryOf } from './segment.ts'
import { supersede } from './superseded.ts'

export { syncFolder } from './sealed.ts'

/** What a log holds on the disk. */
export interface Kept {
  readonly segments: { readonly count: number; readonly rows: number; readonly sizeBytes: number }
  readonly files: readonly PartFile[]
}

export interface SealedOptions {
  readonly ids: IdClient
  readonly lake?: Lake | undefined
  readonly residentCells?: number
}

/** Everything of a log that is no longer written, in order of writing; what was read last is kept in memory. */
export class SealedList {
  readonly ids: LogIds
  readonly #folder: string
  readonly #lake: Lake | undefined
  readonly #residentCells: number
  #list: Sealed[]
  #uses = 0
  #isClosed = false
  #changing: Promise<void> = Promise.resolve()
  /** Reads under way: what they may still look at is not taken away. */
  readonly #reads = new Set<Promise<unknown>>()

  private constructor(folder: string, list: Sealed[], options: SealedOptions) {
    this.#folder = folder
    this.#list = list
    this.#lake = options.lake
    this.ids = new LogIds(
      { folder, client: options.ids, lake: () => this.#engine() },
      { isEmpty: list.length === 0 },
    )
    this.#residentCells = options.residentCells ?? 8_000_000
  }

  /** Opens what a folder holds; what a crash left between segments and Parquet is brought to one of them. */
  static async open(folder: string, options: SealedOptions): Promise<SealedList> {
    await mkdir(folder, { recursive: true })
    const names = await readdir(folder)
    const parts: Sealed[] = []
    for (const name of names.filter((each) => manifestPattern.test(each))) {
      parts.push(partOf(folder, await readManifest(join(folder, name))))
    }
    const inParts = (number: number) =>
      parts.some(({ first, last }) => number >= first && number <= last)
    const list = [...parts]
    for (const name of names.filter((each) => /^\d{6,}\.log$/.test(each)).sort()) {
      const number = Number.parseInt(name, 10)
      const path = join(folder, name)
      if (inParts(number)) await removeSegment(path)
      else list.push(await openSegment(path, number))
    }
    await removeOrphans(folder, names, parts)
    return new SealedList(
      folder,
      list.sort((a, b) => a.first - b.first),
      options,
    )
  }

  /** What the next segment is called. */
  get nextNumber(): number {
    return (this.#list.at(-1)?.last ?? 0) + 1
  }

  /** Live rows of each segment and part, those that a later one answered again among them. */
  get loggedRows(): number {
    return this.#list.reduce((sum, { summary }) => sum + summary.liveRows, 0)
  }

  /** Live rows, each id once. */
  async countLive(): Promise<number> {
    if (!this.ids.named) return this.loggedRows
    let rows = 0
    for (const sealed of [...this.#list]) {
      sealed.again ??= await this.ids.count(sealed)
      rows += sealed.summary.liveRows - sealed.again
    }
    return rows
  }

  /** Learns which rows were answered again since, the segment that is written included. */
  catchUp(writing: () => Writing | undefined): Promise<void> {
    return this.#reading(async () => {
      const touched = await this.ids.catchUp(() => ({
        sealed: [...this.#list],
        writing: writing(),
      }))
      if (touched.size === 0) return
      for (const sealed of this.#list) {
        for (const number of touched) {
          if (number < sealed.first || number > sealed.last) continue
          sealed.isMarked = false
          sealed.again = undefined
        }
      }
    })
  }

  get kept(): Kept {
    const segments = this.#facts()
    return {
      segments: {
        count: segments.length,
        rows: segments.reduce((sum, { rows }) => sum + rows, 0),
        sizeBytes: segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      },
      files: this.#list.flatMap(({ files }) => files ?? []),
    }
  }

  /** Those that may become parts. */
  get segments(): readonly SegmentFacts[] {
    return this.#lake && !this.#isClosed ? this.#facts() : []
  }

  #facts(): readonly SegmentFacts[] {
    return this.#list
      .filter(({ files }) => !files)
      .map(({ first, path, summary, sizeBytes, writtenAt }) => ({
        number: first,
        path,
        rows: summary.rows,
        sizeBytes,
        writtenAt,
      }))
  }

  *summaries(): Generator<SegmentSummary> {
    for (const { summary } of this.#list) if (summary.rows > 0) yield summary
  }

  async seal(writer: SegmentWriter): Promise<void> {
    this.#list.push(sealedOf(writer, segmentNumber(writer.path)))
    this.#evict()
    await writer.close()
    // Derived from the segment: when this is lost, the segment is read again.
    const summary = JSON.stringify(summaryOf(writer.block))
    await writeFile(summaryPath(writer.path), summary).catch(() => undefined)
  }

  /** The blocks whose rows concern the caller, oldest first. */
  blocks(concerns: (summary: SegmentSummary) => boolean): Promise<Block[]> {
    return this.#reading(async () => {
      const blocks: Block[] = []
      for (const sealed of this.#list.filter(({ summary }) => concerns(summary))) {
        if (sealed.summary.rows > 0) blocks.push(await this.#resident(sealed))
      }
      return blocks
    })
  }

  /** Rows in order of writing from a place on, of one segment or part; undefined where nothing sealed is left. */
  after(place: LogPlace, limit: number): Promise<LogPage | undefined> {
    return this.#reading(async () => {
      for (const sealed of this.#list) {
        if (sealed.last < place.segment) continue
        const page = sealed.files
          ? await this.#partAfter(sealed, place, limit)
          : pageOfBlock(sealed.first, await this.#resident(sealed), { place, limit })
        // Behind its last row lies the next one.
        const isAll = page.rows.length < limit
        const next = isAll ? { segment: sealed.last + 1, row: 0 } : page.next
        if (page.rows.length > 0) return { rows: page.rows, next }
      }
      return undefined
    })
  }

  /** About how many sealed rows lie behind a place. */
  waiting(place: LogPlace): number {
    let rows = 0
    for (const { first, last, starts, summary } of this.#list) {
      if (last >= place.segment)
        rows += Math.max(0, summary.rows - rowInPart({ first, starts }, place))
    }
    return rows
  }

  async #partAfter({ path }: Sealed, place: LogPlace, limit: number): Promise<LogPage> {
    const manifest = await readManifest(path)
    const range = { from: rowInPart(manifest, place), limit }
    const { block, places } = await readPlaced(this.#engine(), {
      folder: this.#folder,
      manifest,
      range,
    })
    const rows = [...block.from(0)].map(([index, row]) => ({
      place: placeInPart(manifest, places[index]!),
      row,
    }))
    const last = places.at(-1)
    return { rows, next: last === undefined ? place : placeInPart(manifest, last + 1) }
  }

  /** Blocks that may hold some of the ids, newest first, for as long as the caller goes on. */
  async *holding(ids: ReadonlySet<string>): AsyncGenerator<Block> {
    let done = (): void => undefined
    const read = new Promise<void>((resolve) => {
      done = resolve
    })
    this.#reads.add(read)
    try {
      const list = this.#list.toReversed()
      const away = list.filter(({ files, block }) => files && !block)
      const paths = away.flatMap(({ files }) => files!.map(({ path }) => join(this.#folder, path)))
      const holders = away.length > 0 ? await filesWith(this.#engine(), paths, [...ids]) : new Set()
      for (const sealed of list) {
        const { files, block, path } = sealed
        if (!files || block) yield await this.#resident(sealed)
        else if (files.some((file) => holders.has(join(this.#folder, file.path)))) {
          const manifest = await readManifest(path)
          yield await readPart(this.#engine(), { folder: this.#folder, manifest, ids: [...ids] })
        }
      }
    } finally {
      this.#reads.delete(read)
      done()
    }
  }

  compact(run: SegmentRun, write: (task: PartTask) => Promise<PartManifest>): Promise<void> {
    const compacting = this.#replace(run, write)
    this.#changing = compacting.catch(() => undefined)
    return compacting
  }

  /** Resolves when nothing changes the files any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#changing
    await this.ids.close()
  }

  async #replace(run: SegmentRun, write: (task: PartTask) => Promise<PartManifest>): Promise<void> {
    const { first, last, paths } = run
    const manifest = await write({ folder: this.#folder, segments: paths, first, last })
    await storeManifest(this.#folder, manifest)
    const from = this.#list.findIndex((sealed) => sealed.first === first)
    this.#list.splice(from, paths.length, partOf(this.#folder, manifest))
    await Promise.allSettled(this.#reads)
    for (const path of paths) await removeSegment(path)
  }

  async remove(gone: ReadonlySet<string>): Promise<void> {
    for (const sealed of this.#list) {
      if (!sealed.files?.some(({ path }) => gone.has(path))) continue
      const manifest = await readManifest(sealed.path)
      const left = { ...manifest, files: manifest.files.filter(({ path }) => !gone.has(path)) }
      await storeManifest(this.#folder, left)
      this.#list[this.#list.indexOf(sealed)] = partOf(this.#folder, left)
    }
    // An empty part is of use only as the last: it keeps its number from being given again.
    const empty = this.#list.filter(
      ({ files }, i) => files?.length === 0 && i < this.#list.length - 1,
    )
    this.#list = this.#list.filter((sealed) => !empty.includes(sealed))
    await Promise.allSettled(this.#reads)
    await this.ids.forget(this.#list)
    for (const { path } of empty) await rm(path, { force: true })
    for (const path of gone) {
      await rm(join(this.#folder, path), { force: true })
      // A day that still holds files stays.
      await rmdir(dirname(join(this.#folder, path))).catch(() => undefined)
    }
  }

  async #reading<T>(work: () => Promise<T>): Promise<T> {
    const read = work()
    this.#reads.add(read)
    try {
      return await read
    } finally {
      this.#reads.delete(read)
    }
  }

  async #resident(sealed: Sealed): Promise<Block> {
    sealed.usedAt = ++this.#uses
    if (!sealed.block) {
      sealed.loading ??= this.#load(sealed)
      try {
        sealed.block = await sealed.loading
      } finally {
        sealed.loading = undefined
      }
    }
    const { block } = sealed
    if (!sealed.isMarked && this.ids.named) {
      sealed.isMarked = true
      supersede(block, sealed, await this.ids.superseded(sealed))
    }
    this.#evict(sealed)
    return block
  }

  async #load(sealed: Sealed): Promise<Block> {
    sealed.isMarked = false
    if (!sealed.files) return (await readSegment(sealed.path)).block
    const manifest = await readManifest(sealed.path)
    const { block, places } = await readPlaced(this.#engine(), { folder: this.#folder, manifest })
    sealed.places = places
    return block
  }

  #engine(): Lake {
    if (this.#lake) return this.#lake
    throw new KaizenError(
      'UNAVAILABLE',
      'this prediction log holds Parquet and was opened without an engine for it',
    )
  }

  /** Lets go of the sealed blocks that were used longest ago, until the rest fits. */
  #evict(keep?: Sealed): void {
    const resident = this.#list.filter(({ block }) => block).sort((a, b) => a.usedAt - b.usedAt)
    let cells = resident.reduce((sum, { block }) => sum + (block?.cells ?? 0), 0)
    for (const sealed of resident) {
      if (cells <= this.#residentCells) return
      if (sealed === keep) continue
      cells -= sealed.block?.cells ?? 0
      sealed.block = undefined
      sealed.places = undefined
    }
  }
}

/** Rows of the segment of a number. */
export function pageOfBlock(
  segment: number,
  block: Block,
  { place, limit }: { readonly place: LogPlace; readonly limit: number },
): LogPage {
  const rows: { place: LogPlace; row: BlockRow }[] = []
  let next = place.segment < segment ? 0 : place.row
  for (const [index, row] of block.from(next)) {
    if (rows.length === limit) break
    rows.push({ place: { segment, row: index }, row })
    next = index + 1
  }
  return { rows, next: { segment, row: next } }
}

/** Takes away Parquet files that no manifest names, as a crash leaves them. */
async function removeOrphans(
  folder: string,
  names: readonly string[],
  parts: readonly Sealed[],
): Promise<void> {
  const named = new Set(parts.flatMap(({ files }) => files!.map(({ path }) => path)))
  for (const name of names) {
    if (name.endsWith('.part.json.new')) await rm(join(folder, name), { force: true })
    if (!name.startsWith('day=')) continue
    for (const file of await readdir(join(folder, name))) {
      if (!named.has(join(name, file))) await rm(join(folder, name, file), { force: true })
    }
    await rmdir(join(folder, name)).catch(() => undefined)
  }
}
