import { insufficient, type Outcome } from '../outcome.ts'
import { normalTwoSided } from '../special/normal.ts'
import { type CellCounts, cellTotals } from './cells.ts'
import { emptySample } from './divergence.ts'
import type { Comparison } from './result.ts'

/**
 * The two-proportion z test with pooled variance, two-sided: the share of the second of two values in the reference
 * against that in the current sample. Fleiss 1981.
 */
export const twoProportionZ = (cells: CellCounts): Outcome<Comparison> => {
  const empty = emptySample('z-test', cells)
  if (empty) return empty
  if (cells.reference.length !== 2) {
    return insufficient('z-test', 'distinct values', { have: cells.reference.length, need: 2 })
  }
  const sizes = cellTotals(cells)
  const [a, b] = [cells.reference[1]! / sizes.reference, cells.current[1]! / sizes.current]
  const pooled = (cells.reference[1]! + cells.current[1]!) / (sizes.reference + sizes.current)
  const variance = pooled * (1 - pooled) * (1 / sizes.reference + 1 / sizes.current)
  const statistic = (a - b) / Math.sqrt(variance)
  return {
    status: 'ok',
    method: 'z-test',
    parameters: { proportion: cells.labels?.[1] ?? 'second value', pooled: true },
    statistic,
    pValue: normalTwoSided(statistic),
    effect: { name: "Cohen's h", value: arcsine(b) - arcsine(a) },
    sizes,
  }
}

const arcsine = (share: number): number => 2 * Math.asin(Math.sqrt(share))
