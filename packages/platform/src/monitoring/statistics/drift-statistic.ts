import type { CellCounts, Comparison } from '@kaizen/ml/drift'
import type { Outcome } from '@kaizen/ml/outcome'
import type { ColumnKind, DriftMethod } from '../model.ts'

/** The reference and the window's values of one column, prepared once for all statistics. */
export type PreparedPair =
  | {
      readonly kind: 'numeric'
      /** Finite values in ascending order. */
      readonly reference: Float64Array
      readonly current: Float64Array
      /** Counts of both over the same cells. */
      readonly cells: CellCounts
    }
  | { readonly kind: 'categorical'; readonly cells: CellCounts }

/** One way to tell whether a column has drifted. */
export interface DriftStatistic {
  /** As declared in `drift` and written in metrics: `drift:<column>:<method>`. */
  readonly method: DriftMethod | 'z-test'
  readonly kinds: readonly ColumnKind[]
  /** `p-below`: drifted when the p-value is below the threshold. `at-least`: when the value reaches it. */
  readonly direction: 'p-below' | 'at-least'
  readonly threshold: number
  /** Computes it with a function of the numbers package. */
  compare(pair: PreparedPair): Outcome<Comparison>
}
