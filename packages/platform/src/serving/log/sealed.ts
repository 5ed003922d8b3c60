import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { Block } from './block.ts'
import {
  manifestName,
  type PartFile,
  type PartManifest,
  partManifest,
  summaryOfFiles,
} from './part.ts'
import { recoverSegment, type SegmentSummary, type SegmentWriter, summaryOf } from './segment.ts'

/** Rows that nothing is appended to any more: one segment, or the part that segments became. */
export interface Sealed {
  readonly first: number
  readonly last: number
  /** The segment, or the manifest of the part. */
  readonly path: string
  readonly summary: SegmentSummary
  readonly sizeBytes: number
  readonly writtenAt: number
  /** Of a part. */
  readonly files: readonly PartFile[] | undefined
  /** Rows written before each segment of a part. */
  readonly starts?: readonly number[] | undefined
  block: Block | undefined
  /** Places of the rows of `block` in the order of writing of a part. */
  places: readonly number[] | undefined
  /** The block knows which of its rows were answered again behind it. */
  isMarked: boolean
  /** How many live rows those are; undefined while that is not known. */
  again: number | undefined
  /** While it is being read, so that readers at the same time read it once. */
  loading: Promise<Block> | undefined
  usedAt: number
}

const summarySchema = z.object({
  rows: z.number(),
  liveRows: z.number(),
  minAt: z.number().nullable(),
  maxAt: z.number().nullable(),
})

export const segmentNumber = (path: string): number => Number.parseInt(basename(path), 10)
export const summaryPath = (path: string): string => path.replace(/\.log$/, '.json')

/** A segment of an earlier server, with what a crash left half written cut off. */
export async function openSegment(path: string, number: number): Promise<Sealed> {
  const text = await readFile(summaryPath(path), 'utf8').catch(() => undefined)
  const parsed = summarySchema.safeParse(text === undefined ? undefined : parseJson(text))
  const block = parsed.success ? undefined : await recoverSegment(path)
  const summary = block ? summaryOf(block) : boundedSummary(parsed.data!)
  if (block) await writeFile(summaryPath(path), JSON.stringify(summary))
  const { size, mtimeMs } = await stat(path)
  return {
    first: number,
    last: number,
    path,
    summary,
    sizeBytes: size,
    writtenAt: mtimeMs,
    block,
    places: undefined,
    isMarked: false,
    again: undefined,
    files: undefined,
    loading: undefined,
    usedAt: 0,
  }
}

function boundedSummary(read: z.output<typeof summarySchema>): SegmentSummary {
  return {
    ...read,
    minAt: read.minAt ?? Number.POSITIVE_INFINITY,
    maxAt: read.maxAt ?? Number.NEGATIVE_INFINITY,
  }
}

/** A segment whose writer has ended, before its file is closed. */
export const sealedOf = (writer: SegmentWriter, number: number): Sealed => ({
  first: number,
  last: number,
  path: writer.path,
  block: writer.block,
  summary: summaryOf(writer.block),
  sizeBytes: writer.sizeBytes,
  writtenAt: Date.now(),
  places: undefined,
  isMarked: true,
  again: 0,
  files: undefined,
  loading: undefined,
  usedAt: 0,
})

export const partOf = (folder: string, manifest: PartManifest): Sealed => ({
  first: manifest.first,
  last: manifest.last,
  path: join(folder, manifestName(manifest)),
  summary: summaryOfFiles(manifest.files),
  sizeBytes: manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  writtenAt: 0,
  files: manifest.files,
  starts: manifest.starts,
  block: undefined,
  places: undefined,
  isMarked: false,
  again: undefined,
  loading: undefined,
  usedAt: 0,
})

export async function readManifest(path: string): Promise<PartManifest> {
  return partManifest.parse(JSON.parse(await readFile(path, 'utf8')))
}

/** Stores a manifest so that it is there as a whole, or not at all, whatever happens. */
export async function storeManifest(folder: string, manifest: PartManifest): Promise<void> {
  const path = join(folder, manifestName(manifest))
  const aside = `${path}.new`
  await writeFile(aside, JSON.stringify(manifest), { flush: true })
  for (const day of new Set(manifest.files.map((file) => file.day))) {
    await syncFolder(join(folder, `day=${day}`))
  }
  await rename(aside, path)
  await syncFolder(folder)
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export async function removeSegment(path: string): Promise<void> {
  await rm(path, { force: true })
  await rm(summaryPath(path), { force: true })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
