import { bucketSort } from './bucket-sort.ts'
import { finiteOf, type Numbers } from './numbers.ts'
import { radixSort } from './radix-sort.ts'

/** Below this length the engine's own sort is as fast. */
const ENGINE_UP_TO = 4096

/** The finite values in ascending order, as a copy. */
export const sortedFinite = (values: Numbers): Float64Array => sortInPlace(finiteOf(values))

/** Sorts numbers without NaN in place, -0 before 0: by buckets where the values are spread, else by digits. */
export const sortInPlace = (values: Float64Array): Float64Array => {
  if (values.length < ENGINE_UP_TO) return values.sort()
  if (!bucketSort(values)) radixSort(values)
  return values
}
