import { MlError } from '../ml-error.ts'
import { noncentralTCdf } from '../special/noncentral-t.ts'
import { normalQuantile, normalSurvival } from '../special/normal.ts'
import { growBracket, monotoneRoot } from '../special/root.ts'
import { studentTQuantile } from '../special/student-t.ts'

/** Cohen's h, the difference of two proportions on the arcsine scale. Cohen 1988. */
export const cohensH = (p0: number, p1: number): number =>
  2 * Math.asin(Math.sqrt(p1)) - 2 * Math.asin(Math.sqrt(p0))

export interface PowerOptions {
  /** Chance of a false alarm, two-sided. */
  readonly alpha: number
  /** Chance of seeing the effect. */
  readonly power: number
}

/**
 * Rows needed in the first group to tell two proportions apart (two-sided, arcsine approximation);
 * the second group has `ratio` times as many. Not rounded.
 */
export const sampleSizeOfProportions = (
  p0: number,
  p1: number,
  { alpha, power, ratio = 1 }: PowerOptions & { readonly ratio?: number },
): { readonly effectSizeH: number; readonly n1: number } => {
  const effectSizeH = cohensH(p0, p1)
  checkPower({ alpha, power }, effectSizeH)
  const powerAt = (n: number) => powerOfProportions([p0, p1], n, { alpha, ratio })
  return { effectSizeH, n1: monotoneRoot(powerAt, power, growBracket(powerAt, power)) }
}

/**
 * The power to tell two proportions apart (two-sided, arcsine approximation, Cohen 1988) with `n` rows in the first group and
 * `ratio` times as many in the second.
 */
export const powerOfProportions = (
  [p0, p1]: readonly [p0: number, p1: number],
  n: number,
  { alpha, ratio = 1 }: { readonly alpha: number; readonly ratio?: number },
): number => {
  const z = normalQuantile(1 - alpha / 2)
  const shift = Math.abs(cohensH(p0, p1)) / Math.sqrt(1 / n + 1 / (n * ratio))
  return normalSurvival(z - shift) + normalSurvival(z + shift)
}

/** Rows needed in each group to see a difference of `d` standard deviations (two-sided t test). */
export const sampleSizeOfMeans = (d: number, { alpha, power }: PowerOptions): number => {
  checkPower({ alpha, power }, d)
  const powerAt = (n: number) => (n < 2 ? 0 : powerOfMeans(d, n, alpha))
  return monotoneRoot(powerAt, power, growBracket(powerAt, power))
}

/**
 * The power of the two-sided two-sample t test with `n` rows in each group. By the noncentral t distribution (Cohen
 * 1988).
 */
export const powerOfMeans = (d: number, n: number, alpha: number): number => {
  const df = 2 * n - 2
  const critical = studentTQuantile(1 - alpha / 2, df)
  const shift = Math.abs(d) * Math.sqrt(n / 2)
  return 1 - noncentralTCdf(critical, df, shift) + noncentralTCdf(-critical, df, shift)
}

const checkPower = ({ alpha, power }: PowerOptions, effect: number): void => {
  const isShare = (value: number) => value > 0 && value < 1
  if (isShare(alpha) && isShare(power) && power > alpha && effect !== 0) return
  throw new MlError(
    'invalid_option',
    `alpha is ${alpha}, power ${power}, effect ${effect}`,
    'give an effect other than 0 and 0 < alpha < power < 1',
  )
}
