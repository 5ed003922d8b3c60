import { firstSorted } from './largest.ts'

/** How often a value occurs. */
export type CategoryCount = readonly [value: string, count: number]

/** Counts of the present values of a column; of values by the million the rarest are counted together. */
export interface CategoryCounts {
  /** The most frequent first, then in order of the values. */
  readonly counts: readonly CategoryCount[]
  /** What `counts` leaves out: so many distinct values in so many rows. */
  readonly beyond: { readonly distinct: number; readonly rows: number }
}

/** Values beside the known ones that are kept. */
const keptCategories = 3000
/** Distinct values that stand in memory at once. */
const distinctAtOnce = 1 << 16

type Values = ArrayLike<string | number | boolean | null>

const byCount = ([a, m]: CategoryCount, [b, n]: CategoryCount): number => n - m || (a < b ? -1 : 1)

/**
 * Exact counts of the known values and of the most frequent others, in memory that does not grow with the number of
 * distinct values: where there are too many for one pass, each of several passes counts those of one part.
 */
export function countCategories(
  values: Values,
  known: ReadonlySet<string> = new Set(),
): CategoryCounts {
  const whole = countPart(values, distinctAtOnce, () => true)
  if (whole) return mostOf([whole], known)
  const parts = Math.ceil(values.length / distinctAtOnce)
  const partOfRow = Uint16Array.from({ length: values.length }, (_, row) => {
    const value = values[row]!
    return value === null ? 0 : partOf(String(value)) % parts
  })
  const counted = function* (): Generator<ReadonlyMap<string, number>> {
    for (let part = 0; part < parts; part++) {
      const found = countPart(values, Number.POSITIVE_INFINITY, (row) => partOfRow[row] === part)
      if (found) yield found
    }
  }
  return mostOf(counted(), known)
}

/** Null where there are more distinct values than asked for. */
function countPart(
  values: Values,
  most: number,
  belongs: (row: number) => boolean,
): ReadonlyMap<string, number> | null {
  const counts = new Map<string, number>()
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (value === null || !belongs(row)) continue
    const label = String(value)
    counts.set(label, (counts.get(label) ?? 0) + 1)
    if (counts.size > most) return null
  }
  return counts
}

/** Signs at the end, where numbered names differ. */
const tellingSigns = 12

/** The same for equal texts, spread for unlike ones (FNV-1a over the last signs). */
function partOf(label: string): number {
  let hash = 0x811c9dc5
  for (let i = Math.max(0, label.length - tellingSigns); i < label.length; i++)
    hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

function mostOf(
  parts: Iterable<ReadonlyMap<string, number>>,
  known: ReadonlySet<string>,
): CategoryCounts {
  const ours: CategoryCount[] = []
  let others: readonly CategoryCount[] = []
  let [distinct, rows] = [0, 0]
  for (const part of parts) {
    const fresh: CategoryCount[] = []
    for (const entry of part) (known.has(entry[0]) ? ours : fresh).push(entry)
    const sorted = firstSorted(others.concat(fresh), keptCategories, byCount)
    others = sorted.slice(0, keptCategories)
    for (let i = keptCategories; i < sorted.length; i++) {
      distinct++
      rows += sorted[i]![1]
    }
  }
  return { counts: [...ours, ...others].sort(byCount), beyond: { distinct, rows } }
}
