import { checkRows } from '../metrics/rows.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'

/** Inequality of the benefits 1 + prediction - label over individuals. */
export interface BenefitInequality {
  readonly rows: number
  /** Generalized entropy by its parameter. */
  readonly alpha: Readonly<Record<string, number>>
  readonly theil: number
  readonly coefficientOfVariation: number
}

/** Generalized entropy indices of individual benefits (Speicher et al. 2018), with 0 ln 0 = 0. */
export const generalizedEntropy = (
  label: Numbers,
  prediction: Numbers,
  alphas: readonly number[] = [2],
): Outcome<BenefitInequality> => {
  const rows = checkRows({ label, prediction })
  const benefits = Float64Array.from(label, (y, i) => 1 + prediction[i]! - y)
  const mean = benefits.reduce((sum, b) => sum + b, 0) / rows
  if (!(mean > 0)) return insufficient('generalized-entropy', 'benefits', { have: 0, need: 1 })
  const average = (f: (share: number) => number) =>
    benefits.reduce((sum, b) => sum + f(b / mean), 0) / rows
  const theil = average((x) => (x > 0 ? x * Math.log(x) : 0))
  const index = (a: number): number => {
    if (a === 1) return theil
    if (a === 0) return -average((x) => Math.log(x))
    return average((x) => (x ** a - 1) / (a * (a - 1)))
  }
  return {
    status: 'ok',
    rows,
    alpha: Object.fromEntries(alphas.map((a) => [String(a), index(a)])),
    theil,
    coefficientOfVariation: Math.sqrt(2 * index(2)),
  }
}
