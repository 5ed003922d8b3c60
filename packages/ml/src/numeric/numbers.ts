/** Numbers as callers hold them; NaN is a missing value. Never written to. */
export type Numbers = Float64Array | Float32Array | Int32Array | Uint8Array | readonly number[]

/** The finite values in their order, copied. */
export const finiteOf = (values: Numbers): Float64Array => {
  const kept = new Float64Array(values.length)
  let count = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value - value === 0) kept[count++] = value
  }
  return count === kept.length ? kept : kept.slice(0, count)
}

/** The number of finite values. */
export const finiteCount = (values: Numbers): number => {
  let count = 0
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! === 0) count++
  return count
}
