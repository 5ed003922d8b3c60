import type { VersionComparison } from '@kaizen/contracts'
import { type ColumnPair, detectColumnDrift } from '@kaizen/ml/column-drift'
import { describeInsufficient } from '@kaizen/ml/outcome'

export type ColumnDrift = VersionComparison['columns'][number]['drift']

/** A column of two versions: the present numbers of either, or the rows of either in each category of both. */
export interface DriftTask {
  readonly kind: ColumnPair['kind']
  readonly before: Float64Array<ArrayBuffer>
  readonly after: Float64Array<ArrayBuffer>
}

/** Whether the column's distribution changed, by a test that is chosen by type and size. */
export function driftOf(task: DriftTask): ColumnDrift {
  const verdict = detectColumnDrift(pairOf(task))
  if (verdict.status !== 'ok') return { reason: describeInsufficient(verdict) }
  const { test, statistic, threshold, drifted, sizes } = verdict
  return {
    test,
    statistic,
    pValue: verdict.pValue ?? null,
    threshold,
    drifted,
    rows: { before: sizes.reference, after: sizes.current },
  }
}

function pairOf({ kind, before, after }: DriftTask): ColumnPair {
  if (kind === 'numeric') return { kind, reference: before, current: after }
  return { kind, reference: countsOf(before), current: countsOf(after) }
}

/** Categories by number, of equal length so that texts sort as numbers do: tests look at counts alone. */
function countsOf(counts: Float64Array): ReadonlyMap<string, number> {
  const digits = String(counts.length).length
  const named = new Map<string, number>()
  counts.forEach((count, cell) => {
    if (count > 0) named.set(String(cell).padStart(digits, '0'), count)
  })
  return named
}
