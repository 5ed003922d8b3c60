import { constants } from 'node:fs'
import { type FileHandle, open, readFile, truncate } from 'node:fs/promises'
import { KaizenError } from '@kaizen/contracts'
import { Block } from './block.ts'
import { decodeSegment, encodeEntry, encodeSchema, segmentMagic } from './frame.ts'
import type { PredictionEntry, RecordSchema } from './record.ts'

/** What is known of a segment without reading it. */
export interface SegmentSummary {
  readonly rows: number
  readonly liveRows: number
  readonly minAt: number
  readonly maxAt: number
}

export const summaryOf = (block: Block): SegmentSummary => ({
  rows: block.rows.length,
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

/** The segment being written. Each write is on the disk when it resolves (O_DSYNC). */
export class SegmentWriter {
  readonly path: string
  readonly block = new Block()
  readonly #file: FileHandle
  readonly #schemas = new Map<RecordSchema, number>()
  #sizeBytes: number
  #damaged = false

  private constructor(path: string, file: FileHandle, sizeBytes: number) {
    this.path = path
    this.#file = file
    this.#sizeBytes = sizeBytes
  }

  /** Begins a new segment. @throws STORAGE_FULL, UNAVAILABLE */
  static async create(path: string): Promise<SegmentWriter> {
    const { O_WRONLY, O_CREAT, O_EXCL, O_DSYNC } = constants
    try {
      const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_DSYNC)
      await file.write(segmentMagic, 0, segmentMagic.length, 0)
      return new SegmentWriter(path, file, segmentMagic.length)
    } catch (failure) {
      throw explain(failure)
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** True when a write failed in a way that leaves the end of the file unknown; go on in another segment. */
  get damaged(): boolean {
    return this.#damaged
  }

  /** Writes entries in one durable step, then adds them to the block. @throws STORAGE_FULL; nothing is kept then. */
  async write(entries: readonly PredictionEntry[]): Promise<void> {
    const added: RecordSchema[] = []
    const frames: Buffer[] = []
    for (const entry of entries) {
      let number = this.#schemas.get(entry.schema)
      if (number === undefined) {
        number = this.#schemas.size
        this.#schemas.set(entry.schema, number)
        added.push(entry.schema)
        frames.push(encodeSchema(number, entry.schema))
      }
      frames.push(encodeEntry(number, entry))
    }
    const bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames)
    try {
      await this.#writeAll(bytes)
    } catch (failure) {
      for (const schema of added) this.#schemas.delete(schema)
      await this.#file.truncate(this.#sizeBytes).catch(() => {
        this.#damaged = true
      })
      throw explain(failure)
    }
    this.#sizeBytes += bytes.length
    for (const entry of entries) this.block.add(entry)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        at,
        bytes.length - at,
        this.#sizeBytes + at,
      )
      at += bytesWritten
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
