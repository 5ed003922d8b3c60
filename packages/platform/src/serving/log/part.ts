import { z } from 'zod'
import { type Datatype, datatypes } from '../../runtime/index.ts'
import type { SegmentSummary } from './segment.ts'

/** One Parquet file: the rows of a part whose event time lies in one day (UTC). */
const partFile = z.object({
  /** Inside the folder of the log. */
  path: z.string(),
  day: z.string(),
  rows: z.number().int(),
  liveRows: z.number().int(),
  minAt: z.number(),
  maxAt: z.number(),
  sizeBytes: z.number().int(),
})
export type PartFile = z.output<typeof partFile>

/** A tensor of some schemas, and the column of the files that holds it. */
const partTensor = z.object({
  name: z.string(),
  datatype: z.enum(datatypes),
  column: z.string(),
  /** Fewest and most elements that a row has; the column holds lists unless both are 1. */
  leastWidth: z.number().int(),
  mostWidth: z.number().int(),
})
export type PartTensor = z.output<typeof partTensor>

const partSchema = z.object({
  arm: z.string(),
  mode: z.enum(['live', 'shadow']),
  model: z.string(),
  version: z.number().int(),
  /** Places in `tensors`. */
  inputs: z.array(z.number().int()),
  outputs: z.array(z.number().int()),
})
export type PartSchema = z.output<typeof partSchema>

/** What a run of segments became: the file that holds this is what makes the Parquet files count, and the segments not. */
export const partManifest = z.object({
  first: z.number().int(),
  last: z.number().int(),
  files: z.array(partFile),
  tensors: z.array(partTensor),
  schemas: z.array(partSchema),
  /** How many rows were written before each of the segments. */
  starts: z.array(z.number().int()).optional(),
})
export type PartManifest = z.output<typeof partManifest>

const numbered = (number: number): string => String(number).padStart(6, '0')
export const segmentName = (number: number): string => `${numbered(number)}.log`
export const partName = ({ first, last }: Pick<PartManifest, 'first' | 'last'>): string =>
  `${numbered(first)}-${numbered(last)}`
export const manifestName = (part: Pick<PartManifest, 'first' | 'last'>): string =>
  `${partName(part)}.part.json`
export const manifestPattern = /^(\d{6,})-(\d{6,})\.part\.json$/

export function summaryOfFiles(files: readonly PartFile[]): SegmentSummary {
  return files.reduce(
    (sum, file) => ({
      rows: sum.rows + file.rows,
      liveRows: sum.liveRows + file.liveRows,
      minAt: Math.min(sum.minAt, file.minAt),
      maxAt: Math.max(sum.maxAt, file.maxAt),
    }),
    {
      rows: 0,
      liveRows: 0,
      minAt: Number.POSITIVE_INFINITY,
      maxAt: Number.NEGATIVE_INFINITY,
    },
  )
}

/** Columns that every file has, beside those of tensors. */
export const fixedColumns = [
  { name: 'inference_id', sqlType: 'VARCHAR' },
  { name: 'at', sqlType: 'TIMESTAMP' },
  { name: 'arm', sqlType: 'VARCHAR' },
  { name: 'mode', sqlType: 'VARCHAR' },
  { name: 'model', sqlType: 'VARCHAR' },
  { name: 'version', sqlType: 'INTEGER' },
  { name: 'latency_ms', sqlType: 'FLOAT' },
  { name: 'error', sqlType: 'VARCHAR' },
  { name: 'propensity', sqlType: 'DOUBLE' },
  { name: 'unit', sqlType: 'VARCHAR' },
  { name: 'trace_id', sqlType: 'VARCHAR' },
  /** The id was drawn by the server, so that no other row has it. */
  { name: 'drawn_id', sqlType: 'BOOLEAN' },
  /** Place in the manifest's list of schemas. */
  { name: 'schema', sqlType: 'INTEGER' },
  /** Order of writing inside the part. */
  { name: 'place', sqlType: 'INTEGER' },
] as const

const sqlTypes: Readonly<Record<Datatype, string>> = {
  BOOL: 'BOOLEAN',
  UINT8: 'UTINYINT',
  UINT16: 'USMALLINT',
  UINT32: 'UINTEGER',
  UINT64: 'UBIGINT',
  INT8: 'TINYINT',
  INT16: 'SMALLINT',
  INT32: 'INTEGER',
  INT64: 'BIGINT',
  FP16: 'FLOAT',
  FP32: 'FLOAT',
  FP64: 'DOUBLE',
  BYTES: 'VARCHAR',
}
export const isList = ({ leastWidth, mostWidth }: PartTensor): boolean =>
  leastWidth !== 1 || mostWidth !== 1
export const sqlTypeOfTensor = (tensor: PartTensor): string =>
  sqlTypes[tensor.datatype] + (isList(tensor) ? '[]' : '')

/** The day of an event time, as `2026-11-28`. */
export const dayOf = (at: number): string => {
  const text = new Date(at).toISOString()
  return text.slice(0, text.indexOf('T'))
}
