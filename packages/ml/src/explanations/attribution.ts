/** How features add up to predictions: base + the sum of a row's values = its prediction. */
export interface Attributions {
  readonly method: string
  readonly baseValue: number
  /** One array of feature values a row, in the unit of the prediction. */
  readonly values: readonly Float64Array[]
  readonly predictions: Float64Array
}
