import { insufficient, type Outcome } from '../outcome.ts'
import { logChoose } from '../special/log-gamma.ts'
import { type CellCounts, cellTotals } from './cells.ts'
import { emptySample } from './divergence.ts'
import type { Alternative } from './mann-whitney.ts'
import type { Comparison } from './result.ts'

/** Tables as likely as the observed one up to this factor count as equally likely. */
const TOLERANCE = 1 + 1e-14

/**
 * Fisher's exact test of the 2 x 2 table of two values (rows, in order) by sample (columns: reference, current). The
 * statistic is the sample odds ratio. Fisher 1934.
 */
export const fisherExact = (
  cells: CellCounts,
  alternative: Alternative = 'two-sided',
): Outcome<Comparison> => {
  const empty = emptySample('fisher-exact', cells)
  if (empty) return empty
  if (cells.reference.length !== 2) {
    return insufficient('fisher-exact', 'distinct values', {
      have: cells.reference.length,
      need: 2,
    })
  }
  const [a, c] = [cells.reference[0]!, cells.reference[1]!]
  const [b, d] = [cells.current[0]!, cells.current[1]!]
  const oddsRatio = b > 0 && c > 0 ? (a * d) / (b * c) : Number.POSITIVE_INFINITY
  return {
    status: 'ok',
    method: 'fisher-exact',
    parameters: { alternative, binning: cells.binning },
    statistic: oddsRatio,
    pValue: Math.min(1, tailOf([a, b, c, d], alternative)),
    effect: { name: 'odds ratio', value: oddsRatio },
    sizes: cellTotals(cells),
  }
}

const tailOf = (
  [a, b, c, d]: readonly [number, number, number, number],
  alternative: Alternative,
): number => {
  const [first, second, row] = [a + c, b + d, a + b]
  const [lowest, highest] = [Math.max(0, row - second), Math.min(row, first)]
  const mass = (k: number) =>
    Math.exp(logChoose(first, k) + logChoose(second, row - k) - logChoose(first + second, row))
  const observed = mass(a)
  let sum = 0
  for (let k = lowest; k <= highest; k++) {
    if (alternative === 'less' && k > a) continue
    if (alternative === 'greater' && k < a) continue
    const here = mass(k)
    if (alternative === 'two-sided' && here > observed * TOLERANCE && k !== a) continue
    sum += here
  }
  return sum
}
