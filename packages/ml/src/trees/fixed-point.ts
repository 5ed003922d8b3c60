/**
 * Gradients as integers inside float64, so that histogram sums are exact: they do not depend on
 * the order of rows, and a sibling is its parent minus the other child to the last bit. The low
 * part of a lane counts rows, the high part holds the scaled sum: one addition does both.
 *
 * - one lane (every hessian is 1): gradient and count together
 * - two lanes: gradient; hessian and count together
 *
 * Leaf values are computed from the unrounded gradients, so only the choice of splits sees the
 * rounding (13 bits a gradient in one lane of a million rows, more with fewer rows).
 */
export interface Lanes {
  readonly count: 1 | 2
  readonly first: Float64Array
  readonly second: Float64Array
}

/** How to read a sum of lanes. */
export interface LaneScale {
  readonly countUnit: number
  readonly gradientUnit: number
  readonly hessianUnit: number
}

/** Beyond this many rows one lane would leave a gradient fewer than 13 bits. */
const oneLaneRows = 2 ** 20
const exactBits = 2 ** 52

/** Lanes for tables of `rowCount` rows. */
export const createLanes = (rowCount: number, constantHessian: boolean): Lanes => {
  const count = constantHessian && rowCount <= oneLaneRows ? 1 : 2
  return {
    count,
    first: new Float64Array(rowCount),
    second: new Float64Array(count === 2 ? rowCount : 0),
  }
}

/** Writes the gradients and hessians of the given rows into the lanes. */
export const fillLanes = (
  lanes: Lanes,
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
  const room = exactBits / countUnit - rows.length
  if (lanes.count === 1) {
    const gradientUnit = unitFor(gradientSum, room)
    const perUnit = 1 / gradientUnit
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      lanes.first[row] = Math.floor(gradient[row]! * perUnit + 0.5) * countUnit + 1
    }
    return { countUnit, gradientUnit, hessianUnit: 1 }
  }
  const gradientUnit = unitFor(gradientSum, exactBits - rows.length)
  const hessianUnit = unitFor(hessianSum, room)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    lanes.first[row] = Math.floor(gradient[row]! / gradientUnit + 0.5)
    lanes.second[row] = Math.floor(hessian[row]! / hessianUnit + 0.5) * countUnit + 1
  }
  return { countUnit, gradientUnit, hessianUnit }
}

/** The smallest power of two in which a total of absolute values stays within `room` units. */
const unitFor = (total: number, room: number): number =>
  total > 0 ? 2 ** Math.max(-1000, Math.ceil(Math.log2(total / room))) : 1
