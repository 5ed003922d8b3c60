import { setImmediate as nextTurn } from 'node:timers/promises'
import type { trafficPoint } from '@kaizen/contracts'
import type { z } from 'zod'
import type { BlockRow } from '../log/block.ts'
import { Growing } from '../log/growing.ts'
import type { RecordSchema } from '../log/record.ts'
import type { ArmStats, TimeSpan } from '../model.ts'
import { percentile } from '../rules.ts'

export type TrafficPoint = z.output<typeof trafficPoint>

/** Rows that are counted within a few milliseconds; between slices others have their turn. */
const sliceRows = 16_384

class Tally {
  readonly first: BlockRow
  readonly #latencies = new Growing(Float64Array)
  requests = 0
  errors = 0

  constructor(first: BlockRow) {
    this.first = first
  }

  add(row: BlockRow): void {
    this.requests++
    if (row.error === null) this.#latencies.push(row.latencyMs)
    else this.errors++
  }

  numbers(): Pick<ArmStats, 'requests' | 'errors' | 'p50' | 'p99'> {
    const { requests, errors } = this
    const sorted = this.#latencies.values().sort()
    return { requests, errors, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
  }
}

interface Grouping {
  readonly nameOf: (schema: RecordSchema) => string
  /** Groups of one name are told apart by a number. */
  readonly bucketOf: (row: BlockRow) => number
}

/** Groups rows, in order of the first of each; requests that failed count, but their latency does not. */
async function tally(
  rows: readonly BlockRow[],
  { nameOf, bucketOf }: Grouping,
): Promise<readonly Tally[]> {
  const tallies: Tally[] = []
  const byName = new Map<string, Map<number, Tally>>()
  const bySchema = new Map<RecordSchema, Map<number, Tally>>()
  const bucketsOf = (schema: RecordSchema): Map<number, Tally> => {
    const name = nameOf(schema)
    const buckets = byName.get(name) ?? new Map<number, Tally>()
    byName.set(name, buckets)
    bySchema.set(schema, buckets)
    return buckets
  }
  for (let from = 0; from < rows.length; from += sliceRows) {
    if (from > 0) await nextTurn()
    const to = Math.min(rows.length, from + sliceRows)
    for (let i = from; i < to; i++) {
      const row = rows[i]!
      const { schema } = row.rows
      const buckets = bySchema.get(schema) ?? bucketsOf(schema)
      const bucket = bucketOf(row)
      let group = buckets.get(bucket)
      if (!group) {
        group = new Tally(row)
        tallies.push(group)
        buckets.set(bucket, group)
      }
      group.add(row)
    }
  }
  return tallies
}

/** Numbers of each arm, mode and version in logged rows. */
export async function armStats(rows: readonly BlockRow[]): Promise<readonly ArmStats[]> {
  const groups = await tally(rows, {
    nameOf: ({ arm, mode, version }) => `${mode} ${version} ${arm}`,
    bucketOf: () => 0,
  })
  return groups.map((group) => {
    const { arm, mode, version } = group.first.rows.schema
    return { arm, mode, version, ...group.numbers() }
  })
}

/** Buckets of equal length over a span, by arm. */
export async function trafficPoints(
  rows: readonly BlockRow[],
  { from, to }: TimeSpan,
  buckets: number,
): Promise<{ readonly bucketMs: number; readonly points: readonly TrafficPoint[] }> {
  const bucketMs = Math.max(1, Math.ceil((to - from) / buckets))
  const bucketOf = (row: BlockRow): number => Math.floor((row.at - from) / bucketMs)
  const groups = await tally(rows, { nameOf: ({ arm }) => arm, bucketOf })
  const points = groups.map((group) => ({
    at: from + bucketOf(group.first) * bucketMs,
    arm: group.first.rows.schema.arm,
    ...group.numbers(),
  }))
  return { bucketMs, points: points.sort((a, b) => a.at - b.at) }
}
