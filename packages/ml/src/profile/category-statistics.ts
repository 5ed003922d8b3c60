import { type Categories, countCategories } from '../drift/cells.ts'
import { codePoints } from './categorical-profile.ts'
import { compareCodePoints } from './code-points.ts'

/** Exact figures of a categorical column. */
export interface CategoryStatistics {
  readonly rows: number
  readonly count: number
  readonly missing: number
  readonly distinct: number
  /** Categories that occur once. */
  readonly unique: number
  /** By count, then in code point order. */
  readonly top: readonly (readonly [category: string, count: number])[]
  readonly entropyNats: number
  /** In Unicode code points; null without values. */
  readonly minLength: number | null
  readonly maxLength: number | null
  readonly meanLength: number | null
}

/**
 * Exact figures; `limit` categories at the top. For streams and merges use a profile. Entropy in nats (Shannon 1948).
 */
export const categoryStatistics = (values: Categories, limit = 10): CategoryStatistics => {
  const counts = [...countCategories(values)]
  const rows =
    values instanceof Map
      ? counts.reduce((sum, [, n]) => sum + n, 0)
      : 'codes' in values
        ? values.codes.length
        : (values as readonly unknown[]).length
  const count = counts.reduce((sum, [, n]) => sum + n, 0)
  let [entropyNats, lengths, shortest, longest] = [0, 0, Number.POSITIVE_INFINITY, 0]
  for (const [label, n] of counts) {
    const length = codePoints(label)
    lengths += n * length
    shortest = Math.min(shortest, length)
    longest = Math.max(longest, length)
    entropyNats -= (n / count) * Math.log(n / count)
  }
  counts.sort(([a, m], [b, n]) => n - m || compareCodePoints(a, b))
  return {
    rows,
    count,
    missing: rows - count,
    distinct: counts.length,
    unique: counts.filter(([, n]) => n === 1).length,
    top: counts.slice(0, limit),
    entropyNats: Math.max(0, entropyNats),
    minLength: count > 0 ? shortest : null,
    maxLength: count > 0 ? longest : null,
    meanLength: count > 0 ? lengths / count : null,
  }
}
