import type { Numbers } from './numbers.ts'

/**
 * The mean of finite values, corrected by the mean of the deviations from it: exact for constant columns, and to the last
 * digits far from zero, where a plain sum has lost them. NaN without values.
 */
export const meanOf = (values: Numbers): number => {
  const n = values.length
  let sum = 0
  for (let i = 0; i < n; i++) sum += values[i]!
  const mean = sum / n
  let rest = 0
  for (let i = 0; i < n; i++) rest += values[i]! - mean
  const corrected = mean + rest / n
  return Number.isFinite(corrected) ? corrected : mean
}
