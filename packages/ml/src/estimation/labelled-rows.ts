import type { Numbers } from '../numeric/numbers.ts'

/** Reference rows with their decision, and their ascending order by score where it is known. */
export interface LabelledRows {
  readonly label: Numbers
  readonly isPredicted: Numbers
  readonly score: Numbers
  readonly order?: Uint32Array
}
