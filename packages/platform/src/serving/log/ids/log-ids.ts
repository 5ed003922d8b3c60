import type { Lake } from '../../../storage/index.ts'
import type { PartFile } from '../part.ts'
import { readManifest, type Sealed } from '../sealed.ts'
import type { IdClient } from './id-client.ts'
import type { IdCursor, SupersededRows } from './id-table.ts'
import { hasNamedIds, idsOfPart } from './part-ids.ts'

/** The segment that is written: as much of it as has been written. */
export interface Writing {
  readonly number: number
  readonly path: string
  readonly sizeBytes: number
  readonly rows: number
}

/** What a log holds now, oldest first. */
export interface LogContent {
  readonly sealed: readonly Sealed[]
  readonly writing: Writing | undefined
}

export interface LogIdsOptions {
  readonly folder: string
  readonly client: IdClient
  readonly lake: () => Lake
}

const dayMs = 86_400_000
/** Ids of rows that retention took away may be as many as those of all rows, and so many more. */
const mostForgotten = 10_000

/**
 * Knows which rows of a log a later answer under the same id took the place of, whatever lies between them: a thread keeps the
 * ids on the disk. Nothing of it happens when an answer is logged. A log whose callers name no ids keeps none.
 */
export class LogIds {
  readonly #options: LogIdsOptions
  /** A caller has named an id since the log was last read, or may have before it was opened. */
  #isBehind: boolean
  #named = false
  #turn: Promise<void> = Promise.resolve()

  constructor(options: LogIdsOptions, { isEmpty }: { readonly isEmpty: boolean }) {
    this.#options = options
    this.#isBehind = !isEmpty
  }

  /** An entry with ids of its caller has been logged. */
  note(): void {
    this.#isBehind = true
  }

  /** Callers name ids, as far as is known. */
  get named(): boolean {
    return this.#named || this.#isBehind
  }

  /** Reads on to the end of what `content` holds; answers the segments of which rows were answered again since. */
  catchUp(content: () => LogContent): Promise<ReadonlySet<number>> {
    const work = this.#turn.then(async () => {
      const touched = new Set<number>()
      if (!this.#isBehind) return touched
      const now = content()
      this.#isBehind = false
      try {
        if (now.sealed.length > 0) await this.#read(now, touched)
        else this.#isBehind = true
      } catch (failure) {
        this.#isBehind = true
        throw failure
      }
      return touched
    })
    this.#turn = work.then(
      () => undefined,
      () => undefined,
    )
    return work
  }

  /** Rows of a run of segments that were answered again behind it. */
  superseded({ first, last }: Pick<Sealed, 'first' | 'last'>): Promise<SupersededRows> {
    const { client, folder } = this.#options
    return client.ask({ kind: 'superseded', folder, first, last })
  }

  /** How many live rows of a segment or part were answered again behind it. */
  async count({ first, last, files }: Pick<Sealed, 'first' | 'last' | 'files'>): Promise<number> {
    const { client, folder } = this.#options
    const byDay = await client.ask({ kind: 'counts', folder, first, last })
    let rows = 0
    const days = files && new Set(files.map(dayNumber))
    for (const [day, count] of byDay) if (!days || days.has(day)) rows += count
    return rows
  }

  /** Forgets ids of rows that are gone, once they are as many as those that are left. */
  async forget(sealed: readonly Sealed[]): Promise<void> {
    if (!this.#named) return
    const { client, folder } = this.#options
    const { ids } = await client.ask({ kind: 'cursor', folder })
    const rows = sealed.reduce((sum, { summary }) => sum + summary.rows, 0)
    if (ids <= 2 * rows + mostForgotten) return
    const day = Math.min(...sealed.map(({ summary }) => Math.floor(summary.minAt / dayMs)))
    await client.ask({
      kind: 'forget',
      folder,
      segment: sealed.find(({ files }) => files?.length !== 0)?.first ?? 0,
      day: Number.isFinite(day) ? day : Number.MAX_SAFE_INTEGER,
    })
  }

  async close(): Promise<void> {
    await this.#turn
    await this.#options.client.close(this.#options.folder)
  }

  async #read(content: LogContent, touched: Set<number>): Promise<void> {
    const { client, folder } = this.#options
    let cursor = await client.ask({ kind: 'cursor', folder })
    if (isAhead(cursor, content)) {
      await client.ask({ kind: 'restart', folder })
      cursor = await client.ask({ kind: 'cursor', folder })
    }
    this.#named = cursor.named
    for (const sealed of content.sealed) {
      const { first, last, files, path, sizeBytes } = sealed
      if (last < cursor.segment) continue
      const isNamed = files
        ? await this.#readPart(sealed, cursor, touched)
        : await this.#readSegment({ number: first, path, sizeBytes }, touched)
      if (isNamed && !cursor.named) return this.#fromTheBeginning(content, touched)
    }
    const { writing } = content
    if (!writing || writing.rows === 0) return
    const isNamed = await this.#readSegment(writing, touched)
    if (isNamed && !cursor.named) await this.#fromTheBeginning(content, touched)
  }

  async #fromTheBeginning(content: LogContent, touched: Set<number>): Promise<void> {
    const { client, folder } = this.#options
    await client.ask({ kind: 'restart', folder })
    await this.#read(content, touched)
  }

  async #readSegment(
    segment: Pick<Writing, 'number' | 'path' | 'sizeBytes'>,
    touched: Set<number>,
  ): Promise<boolean> {
    const { client, folder } = this.#options
    const { number, path, sizeBytes } = segment
    const learned = await client.ask({ kind: 'segment', folder, number, path, sizeBytes })
    for (const each of learned.touched) touched.add(each)
    return learned.named
  }

  async #readPart(
    { path, last }: Sealed,
    cursor: IdCursor,
    touched: Set<number>,
  ): Promise<boolean> {
    const { client, folder, lake } = this.#options
    const manifest = await readManifest(path)
    const behind = { segment: last + 1, row: 0 }
    const part = { folder, manifest }
    if (!cursor.named) {
      if (manifest.files.length > 0 && (await hasNamedIds(lake(), part))) return true
      await client.ask({ kind: 'pass', folder, ...behind })
      return false
    }
    for await (const { rows, next } of idsOfPart(lake(), part, cursor)) {
      const learned = await client.ask({ kind: 'rows', folder, rows, next })
      for (const each of learned.touched) touched.add(each)
    }
    await client.ask({ kind: 'pass', folder, ...behind })
    return true
  }
}

/** More was read than the log holds: the machine ended before the last rows were on its disk, or the log was removed. */
function isAhead(cursor: IdCursor, { sealed, writing }: LogContent): boolean {
  if (cursor.segment === 0) return false
  if (writing && writing.number === cursor.segment) return writing.rows < cursor.row
  const newest = Math.max(writing?.number ?? 0, sealed.at(-1)?.last ?? 0)
  if (cursor.segment > newest + 1) return true
  const segment = sealed.find(({ first, files }) => !files && first === cursor.segment)
  return segment !== undefined && segment.summary.rows < cursor.row
}

const dayNumber = ({ day }: PartFile): number => Math.floor(Date.parse(day) / dayMs)
