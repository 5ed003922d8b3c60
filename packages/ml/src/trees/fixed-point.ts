/**
 * Derivatives as integers inside float64, so that histogram sums are exact: they do not depend on
 * the order of rows, and a sibling is its parent minus the other child to the last bit.
 *
 * A row has a pair of lanes, laid out one after the other: its scaled gradient; and its scaled
 * hessian times `countUnit` plus one, so that the low part of the second sum counts rows. The
 * rounding matters to hessians alone, of which few bits are left when there are many rows: leaf
 * values are therefore computed from the unrounded ones, and only the choice of splits sees it.
 */
export interface LaneScale {
  readonly countUnit: number
  readonly gradientUnit: number
  readonly hessianUnit: number
}

/** Sums stay below this, where float64 holds every integer. */
const exactLimit = 2 ** 52

/**
 * Writes the derivatives of the given rows into their lanes.
 * @param hessian null when it is 1 in every row.
 */
export const fillLanes = (
  lanes: Float64Array,
  rows: Int32Array,
  gradient: Float64Array,
  hessian: Float64Array | null,
): LaneScale => {
  const countUnit = 2 ** Math.ceil(Math.log2(rows.length + 1))
  const gradientUnit = unitFor(totalOf(gradient, rows), exactLimit - rows.length)
  const perGradientUnit = 1 / gradientUnit
  if (!hessian) {
    const one = countUnit + 1
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      lanes[2 * row] = Math.floor(gradient[row]! * perGradientUnit + 0.5)
      lanes[2 * row + 1] = one
    }
    return { countUnit, gradientUnit, hessianUnit: 1 }
  }
  const hessianUnit = unitFor(totalOf(hessian, rows), exactLimit / countUnit - rows.length)
  const perHessianUnit = 1 / hessianUnit
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    lanes[2 * row] = Math.floor(gradient[row]! * perGradientUnit + 0.5)
    lanes[2 * row + 1] = Math.floor(hessian[row]! * perHessianUnit + 0.5) * countUnit + 1
  }
  return { countUnit, gradientUnit, hessianUnit }
}

const totalOf = (values: Float64Array, rows: Int32Array): number => {
  let total = 0
  for (let i = 0; i < rows.length; i++) total += Math.abs(values[rows[i]!]!)
  return total
}

/** The smallest power of two in which a total of absolute values stays within `room` units. */
const unitFor = (total: number, room: number): number =>
  total > 0 ? 2 ** Math.max(-1000, Math.ceil(Math.log2(total / room))) : 1
