import { MlError } from '../ml-error.ts'

export const CORRECTIONS = [
  'bonferroni',
  'holm',
  'benjamini-hochberg',
  'benjamini-yekutieli',
] as const
/** The first two bound the chance of any false alarm, the last two the share of false ones. */
export type Correction = (typeof CORRECTIONS)[number]

export interface CorrectedTests {
  readonly method: Correction
  readonly alpha: number
  /** By test, in the order given. */
  readonly reject: readonly boolean[]
  readonly adjusted: readonly number[]
}

/**
 * Decides on several tests at once (Holm 1979; Benjamini and Hochberg 1995; Benjamini and Yekutieli
 * 2001). A test is rejected where its adjusted p-value is at most alpha.
 * @throws MlError when a p-value lies outside [0, 1].
 */
export const correctTests = (
  pValues: readonly number[],
  method: Correction,
  alpha = 0.05,
): CorrectedTests => {
  pValues.forEach((p, i) => {
    if (p >= 0 && p <= 1) return
    throw new MlError(
      'invalid_input',
      `p-value ${i} is ${p}`,
      'leave out tests without a p-value, and give the others as shares',
    )
  })
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i]! - pValues[j]! || i - j)
  const sorted = order.map((i) => pValues[i]!)
  const adjustedSorted = adjust(sorted, method)
  const adjusted = new Array<number>(pValues.length)
  order.forEach((original, rank) => {
    adjusted[original] = adjustedSorted[rank]!
  })
  return { method, alpha, adjusted, reject: adjusted.map((p) => p <= alpha) }
}

const adjust = (sorted: readonly number[], method: Correction): number[] => {
  const n = sorted.length
  switch (method) {
    case 'bonferroni':
      return sorted.map((p) => Math.min(1, p * n))
    case 'holm':
      return risingMaximum(sorted.map((p, i) => p * (n - i)))
    case 'benjamini-hochberg':
      return fallingMinimum(sorted.map((p, i) => (p * n) / (i + 1)))
    case 'benjamini-yekutieli': {
      const harmonic = sorted.reduce((sum, _, i) => sum + 1 / (i + 1), 0)
      return fallingMinimum(sorted.map((p, i) => (p * n * harmonic) / (i + 1)))
    }
  }
}

const risingMaximum = (values: readonly number[]): number[] => {
  let most = 0
  return values.map((value) => {
    most = Math.min(1, Math.max(most, value))
    return most
  })
}

const fallingMinimum = (values: readonly number[]): number[] => {
  let least = 1
  return values
    .toReversed()
    .map((value) => {
      least = Math.min(least, value)
      return least
    })
    .reverse()
}
