import { MlError } from '../ml-error.ts'

/**
 * The number that replaces missing ones. The mode of equally frequent numbers is the smallest.
 * @throws MlError when a number is infinite, or none is present and no constant is given.
 */
export const fillNumber = (
  feature: string,
  values: Float32Array,
  strategy: 'mean' | 'median' | 'most-frequent' | { readonly constant: number },
): number => {
  const present = values.filter((value) => !Number.isNaN(value))
  if (!present.every(Number.isFinite)) {
    throw new MlError(
      'invalid_input',
      `feature '${feature}' holds an infinite value (or one beyond the range of float32)`,
      'replace it by a finite number, or by NaN if it stands for a missing one',
    )
  }
  if (typeof strategy === 'object') return strategy.constant
  if (present.length === 0) {
    throw new MlError(
      'invalid_input',
      `feature '${feature}' has no value in any row`,
      'leave it out of the features, or impute a { constant }',
    )
  }
  if (strategy === 'mean') return present.reduce((sum, value) => sum + value, 0) / present.length
  const sorted = present.sort()
  return strategy === 'median' ? medianOf(sorted) : modeOf(sorted)
}

const medianOf = (sorted: Float32Array): number => {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const modeOf = (sorted: Float32Array): number => {
  let [mode, longest, start] = [sorted[0]!, 0, 0]
  for (let i = 1; i <= sorted.length; i++) {
    if (i < sorted.length && sorted[i] === sorted[start]) continue
    if (i - start > longest) {
      longest = i - start
      mode = sorted[start]!
    }
    start = i
  }
  return mode
}
