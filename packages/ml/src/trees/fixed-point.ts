/**
 * Derivatives as integers inside float64, so that histogram sums are exact: they do not depend on
 * the order of rows, and a sibling is its parent minus the other child to the last bit.
 *
 * A row has a pair of lanes, laid out one after the other: its scaled gradient; and its scaled
 * hessian times `countUnit` plus one, so that the low part of the second sum counts rows. Leaf
 * values are computed from the unrounded derivatives: only the choice of splits sees the rounding.
 */
export interface LaneScale {
  readonly countUnit: number
  readonly gradientUnit: number
  readonly hessianUnit: number
}

/** Sums stay below this, where float64 holds every integer. */
const exactLimit = 2 ** 52

/** Writes the derivatives of the given rows into their lanes. */
export const fillLanes = (
  lanes: Float64Array,
  rows: Int32Array,
  gradient: Float64Array,
  hessian: Float64Array,
): LaneScale => {
  const countUnit = 2 ** Math.ceil(Math.log2(rows.length + 1))
  let gradientSum = 0
  let hessianSum = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    gradientSum += Math.abs(gradient[row]!)
    hessianSum += hessian[row]!
  }
  const gradientUnit = unitFor(gradientSum, exactLimit - rows.length)
  const hessianUnit = unitFor(hessianSum, exactLimit / countUnit - rows.length)
  const [perGradientUnit, perHessianUnit] = [1 / gradientUnit, 1 / hessianUnit]
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    lanes[2 * row] = Math.floor(gradient[row]! * perGradientUnit + 0.5)
    lanes[2 * row + 1] = Math.floor(hessian[row]! * perHessianUnit + 0.5) * countUnit + 1
  }
  return { countUnit, gradientUnit, hessianUnit }
}

/** The smallest power of two in which a total of absolute values stays within `room` units. */
const unitFor = (total: number, room: number): number =>
  total > 0 ? 2 ** Math.max(-1000, Math.ceil(Math.log2(total / room))) : 1
