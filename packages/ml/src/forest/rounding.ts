import type { LaneType } from './lane-walk.ts'

const float32 = new Float32Array(1)
const float64 = new Float64Array(1)
const bits32 = new Int32Array(float32.buffer)
const bits64 = new BigInt64Array(float64.buffer)

/** The largest number of a type that is at most `value`. */
export function atMost(value: number, type: LaneType): number {
  if (type === 'float64') return value
  const near = Math.fround(value)
  return near <= value ? near : before(near, type)
}

/** The largest number of a type below `value`; NaN where there is none. */
export function below(value: number, type: LaneType): number {
  const near = atMost(value, type)
  return near < value ? near : before(near, type)
}

/** The number before one of the type itself. */
function before(value: number, type: LaneType): number {
  if (value === Number.NEGATIVE_INFINITY || Number.isNaN(value)) return Number.NaN
  // Both zeros are followed by the smallest number below them.
  if (type === 'float32') {
    float32[0] = value === 0 ? -0 : value
    bits32[0] = bits32[0]! + (value > 0 ? -1 : 1)
    return float32[0]
  }
  float64[0] = value === 0 ? -0 : value
  bits64[0] = bits64[0]! + (value > 0 ? -1n : 1n)
  return float64[0]
}
