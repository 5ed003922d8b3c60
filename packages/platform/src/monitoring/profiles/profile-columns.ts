import {
  type CategoricalProfile,
  NumericProfile,
  type ProfiledColumn,
  type RowProfile,
} from '@kaizen/ml/profile'
import type { CurrentColumn } from '../checks.ts'
import { otherCategory, sampleLimit } from '../drift/reference.ts'
import type { ReferenceColumn, ReferenceProfile } from '../model.ts'

/** Rank error of a quantile sketch that is no longer exact, at 99 % confidence (2.296 / k^0.9723, k = 200). */
export const sketchError = 0.0133
const keptCategories = 1000

/** A column of a window as its profile tells it. */
export interface SketchedColumn extends CurrentColumn {
  /** By how much shares of values below a point may be off; 0 where every value is held. */
  readonly error: number
}

/** What a window's profile says of a column, in rows of the whole profile: one that lacks it misses it. */
export function sketchedColumn(
  { profile, mistyped }: ProfiledColumn,
  rows: number,
): SketchedColumn {
  if (profile instanceof NumericProfile) {
    const sorted = spreadOf(profile)
    const { count } = profile.moments
    return {
      rows,
      missing: rows - count - mistyped,
      mistyped,
      sorted,
      counts: null,
      error: errorOf(profile),
    }
  }
  const counts = countsOf(profile)
  const present = profile.items.count
  return { rows, missing: rows - present - mistyped, mistyped, sorted: null, counts, error: 0 }
}

/** Values as the sketch spreads them: evenly in rank, with the true extremes. */
function spreadOf(profile: NumericProfile): Float64Array {
  const { count, min, max } = profile.moments
  const length = Math.min(count, sampleLimit)
  const shares = Float64Array.from({ length }, (_, index) => (index + 0.5) / length)
  const values = profile.quantiles.quantiles(shares)
  if (length > 0) {
    values[0] = min
    values[length - 1] = max
  }
  return values
}

const errorOf = (profile: NumericProfile): number =>
  profile.quantiles
    .toJson()
    .lengths.slice(1)
    .some((length) => length > 0)
    ? sketchError
    : 0

const countsOf = (profile: CategoricalProfile): readonly (readonly [string, number])[] =>
  profile.items.top(Number.MAX_SAFE_INTEGER).map(({ item, lower }) => [item, lower] as const)

/** A profile of rows as a reference. */
export function referenceOf(profile: RowProfile): ReferenceProfile {
  const { rows } = profile
  return {
    rows,
    columns: [...profile.columns].map(([name, column]) => referenceColumn(name, column, rows)),
    prediction: profile.prediction && referenceColumn('prediction', profile.prediction, rows),
  }
}

function referenceColumn(name: string, column: ProfiledColumn, rows: number): ReferenceColumn {
  const { missing, mistyped, sorted, counts, error } = sketchedColumn(column, rows)
  if (sorted) {
    return {
      name,
      kind: 'numeric',
      rows,
      missing: missing + mistyped,
      min: sorted[0] ?? 0,
      max: sorted.at(-1) ?? 0,
      sample: [...sorted],
      ...(error > 0 && { error }),
    }
  }
  const kept = (counts ?? []).slice(0, keptCategories)
  const rest = rows - missing - kept.reduce((sum, [, count]) => sum + count, 0)
  return {
    name,
    kind: 'categorical',
    rows,
    missing,
    counts: rest > 0 ? [...kept, [otherCategory, rest]] : kept,
  }
}
