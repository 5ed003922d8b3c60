import type { trafficPoint } from '@kaizen/contracts'
import type { z } from 'zod'
import type { BlockRow } from '../log/block.ts'
import type { ArmStats, TimeSpan } from '../model.ts'
import { percentile } from '../rules.ts'

export type TrafficPoint = z.output<typeof trafficPoint>

interface Tally {
  readonly first: BlockRow
  readonly latencies: number[]
  errors: number
}

/** Groups rows; requests that failed count, but their latency does not. */
function tally<K>(
  rows: readonly BlockRow[],
  keyOf: (row: BlockRow) => K,
): ReadonlyMap<K, Tally & { readonly requests: number }> {
  const groups = new Map<K, Tally & { requests: number }>()
  for (const row of rows) {
    const key = keyOf(row)
    let group = groups.get(key)
    if (!group) {
      group = { first: row, latencies: [], errors: 0, requests: 0 }
      groups.set(key, group)
    }
    group.requests++
    if (row.error === null) group.latencies.push(row.latencyMs)
    else group.errors++
  }
  for (const { latencies } of groups.values()) latencies.sort((a, b) => a - b)
  return groups
}

/** Numbers of each arm, mode and version in logged rows. */
export function armStats(rows: readonly BlockRow[]): readonly ArmStats[] {
  const groups = tally(rows, (row) => {
    const { arm, mode, version } = row.rows.schema
    return `${mode} ${version} ${arm}`
  })
  return [...groups.values()].map(({ first, latencies, errors, requests }) => ({
    arm: first.rows.schema.arm,
    mode: first.rows.schema.mode,
    version: first.rows.schema.version,
    requests,
    errors,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  }))
}

/** Buckets of equal length over a span, by arm. */
export function trafficPoints(
  rows: readonly BlockRow[],
  { from, to }: TimeSpan,
  buckets: number,
): { readonly bucketMs: number; readonly points: readonly TrafficPoint[] } {
  const bucketMs = Math.max(1, Math.ceil((to - from) / buckets))
  const bucketOf = (row: BlockRow): number => Math.floor((row.at - from) / bucketMs)
  const groups = tally(rows, (row) => `${bucketOf(row)} ${row.rows.schema.arm}`)
  const points = [...groups.values()].map(({ first, latencies, errors, requests }) => ({
    at: from + bucketOf(first) * bucketMs,
    arm: first.rows.schema.arm,
    requests,
    errors,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  }))
  return { bucketMs, points: points.sort((a, b) => a.at - b.at) }
}
