import { constants, fdatasync, ftruncateSync, writeSync } from 'node:fs'
import { type FileHandle, open, readFile, truncate } from 'node:fs/promises'
import { KaizenError } from '@kaizen/contracts'
import { Block } from './block.ts'
import { decodeSegment, segmentMagic } from './frame.ts'
import { FrameWriter } from './frame-writer.ts'
import type { PredictionEntry, RecordSchema } from './record.ts'

/** What is known of a segment without reading it. */
export interface SegmentSummary {
  readonly rows: number
  readonly liveRows: number
  readonly minAt: number
  readonly maxAt: number
}

export const summaryOf = (block: Block): SegmentSummary => ({
  rows: block.length,
  liveRows: block.liveRows,
  minAt: block.minAt,
  maxAt: block.maxAt,
})

/** Reads a segment into memory; answers where its last whole frame ends. */
export async function readSegment(
  path: string,
): Promise<{ readonly block: Block; readonly end: number; readonly sizeBytes: number }> {
  const bytes = await readFile(path)
  const block = new Block()
  const end = decodeSegment(bytes, (frame) => {
    if (frame.kind === 'rows') block.add(frame.entry)
  })
  return { block, end, sizeBytes: bytes.length }
}

/** Reads the segment that a server was writing when it ended, and cuts off what was being written then. */
export async function recoverSegment(path: string): Promise<Block> {
  const { block, end, sizeBytes } = await readSegment(path)
  if (end < sizeBytes) await truncate(path, end)
  return block
}

/**
 * When a record is safe. `request`: each write is on the disk before it counts (O_DSYNC). `group`: each write has left
 * this process before it counts, which survives the end of the process, and is on the disk at most 5 ms later, which
 * survives the end of the machine from then on.
 */
export const durabilities = ['group', 'request'] as const
export type Durability = (typeof durabilities)[number]

/** The longest that records of a group wait before they are sent to the disk. */
const groupMs = 5

/**
 * After so long the disk is asked behind the answers of the turn that writes: its thread takes a core for a moment, which
 * the next request then wants less likely than when a timer comes due.
 */
const quietMs = groupMs - 1

/** The segment being written. */
export class SegmentWriter {
  readonly path: string
  readonly begunAt = Date.now()
  readonly #block = new Block()
  /** Written, and not in the block yet. */
  #later: PredictionEntry[] = []
  #rows = 0
  readonly #file: FileHandle
  readonly #durability: Durability
  readonly #schemas = new Map<RecordSchema, number>()
  readonly #frames = new FrameWriter()
  #sizeBytes: number
  #damaged = false
  #timer: NodeJS.Timeout | undefined
  #turnEnd: NodeJS.Immediate | undefined
  /** When the first record was written that the disk has not been asked for. */
  #since = 0
  #syncing: Promise<void> | undefined

  private constructor(path: string, file: FileHandle, durability: Durability) {
    this.path = path
    this.#file = file
    this.#durability = durability
    this.#sizeBytes = segmentMagic.length
  }

  /** Begins a new segment. @throws STORAGE_FULL, UNAVAILABLE */
  static async create(path: string, durability: Durability): Promise<SegmentWriter> {
    const { O_WRONLY, O_CREAT, O_EXCL, O_DSYNC } = constants
    try {
      const how = O_WRONLY | O_CREAT | O_EXCL | (durability === 'request' ? O_DSYNC : 0)
      const file = await open(path, how)
      await file.write(segmentMagic, 0, segmentMagic.length, 0)
      return new SegmentWriter(path, file, durability)
    } catch (failure) {
      throw explain(failure)
    }
  }

  /** All rows written. */
  get block(): Block {
    if (this.#later.length > 0) {
      for (const entry of this.#later) this.#block.add(entry)
      this.#later = []
    }
    return this.#block
  }

  get rows(): number {
    return this.#rows
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** True when a write failed in a way that leaves the end of the file unknown; go on in another segment. */
  get damaged(): boolean {
    return this.#damaged
  }

  /** Writes entries in one step. @throws STORAGE_FULL; nothing is kept then. */
  async write(entries: readonly PredictionEntry[]): Promise<void> {
    if (this.#durability === 'group') return this.writeNow(entries)
    const { bytes, added } = this.#encode(entries)
    try {
      for (let at = 0; at < bytes.length; ) {
        const end = this.#sizeBytes + at
        const written = await this.#file.write(bytes, at, bytes.length - at, end)
        at += written.bytesWritten
      }
    } catch (failure) {
      throw this.#undo(failure, added)
    }
    this.#keep(entries, bytes)
    setImmediate(() => this.block)
  }

  /** The same in a group, without waiting for anything: the system keeps what was written. @throws STORAGE_FULL */
  writeNow(entries: readonly PredictionEntry[]): void {
    const { bytes, added } = this.#encode(entries)
    try {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(this.#file.fd, bytes, at, bytes.length - at, this.#sizeBytes + at)
      }
    } catch (failure) {
      throw this.#undo(failure, added)
    }
    this.#keep(entries, bytes)
    this.#syncSoon()
  }

  async close(): Promise<void> {
    if (this.#timer) this.#sync()
    await this.#syncing
    await this.#file.close()
  }

  #syncSoon(): void {
    const now = performance.now()
    if (!this.#timer) {
      this.#since = now
      this.#timer = setTimeout(() => this.#sync(), groupMs)
    } else if (now - this.#since >= quietMs) this.#turnEnd ??= setImmediate(() => this.#sync())
  }

  /** Sends to the disk what has been written; what is written meanwhile is sent by the next turn. */
  #sync(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#turnEnd)
    this.#timer = undefined
    this.#turnEnd = undefined
    const before = this.#syncing
    this.#syncing = before ? before.then(() => this.#send()) : this.#send()
    void this.block
  }

  #send(): Promise<void> {
    return new Promise((resolve) => {
      fdatasync(this.#file.fd, (failure) => {
        // What the disk refused may be lost; what comes next goes to another file.
        if (failure) this.#damaged = true
        resolve()
      })
    })
  }

  /** Answers the bytes, which stand until more is encoded, and the schemas that they declare. */
  #encode(entries: readonly PredictionEntry[]): {
    readonly bytes: Buffer
    readonly added: readonly RecordSchema[]
  } {
    const added: RecordSchema[] = []
    const frames = this.#frames
    frames.clear()
    for (const entry of entries) {
      let number = this.#schemas.get(entry.schema)
      if (number === undefined) {
        number = this.#schemas.size
        this.#schemas.set(entry.schema, number)
        added.push(entry.schema)
        frames.schema(number, entry.schema)
      }
      frames.entry(number, entry)
    }
    return { bytes: frames.bytes, added }
  }

  /** The end of the file is where it was before a write that failed. Answers the failure to throw. */
  #undo(failure: unknown, added: readonly RecordSchema[]): KaizenError {
    for (const schema of added) this.#schemas.delete(schema)
    try {
      ftruncateSync(this.#file.fd, this.#sizeBytes)
    } catch {
      this.#damaged = true
    }
    return explain(failure)
  }

  /** Entries go to the block when they are sent to the disk, or when it is read: their callers have their answers first. */
  #keep(entries: readonly PredictionEntry[], bytes: Buffer): void {
    this.#sizeBytes += bytes.length
    for (const entry of entries) {
      this.#later.push(entry)
      this.#rows += entry.ids.length
    }
  }
}

function explain(failure: unknown): KaizenError {
  const { code, message } = failure as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new KaizenError(
      'STORAGE_FULL',
      'the disk that holds the prediction log is full; nothing was answered',
      { hint: 'Free some space and send the request again.', cause: failure },
    )
  }
  return new KaizenError('UNAVAILABLE', `the prediction log cannot be written: ${message}`, {
    hint: 'Look at the disk of the data directory, then send the request again.',
    cause: failure,
  })
}
