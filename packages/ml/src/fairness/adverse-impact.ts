import type { CellCounts } from '../drift/cells.ts'
import { fisherExact } from '../drift/fisher-exact.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { type GroupMetricsInput, groupMetrics } from './group-metrics.ts'

/** What the four-fifths rule says of one group, and how sure that is. */
export interface GroupImpact {
  readonly name: string
  readonly rows: number
  readonly selectionRate: number
  /** Rate shrunk towards the rate of all rows by `prior` rows of it: what small groups are compared by. */
  readonly smoothedRate: number
  /** Selection rate over that of the most selected group that is large enough; null where that is 0. */
  readonly ratio: number | null
  /** Fisher's exact test against that group, two-sided; null for that group itself. */
  readonly pValue: number | null
  /** `too-small`: fewer rows than asked for, no verdict. `impact`: below the threshold. */
  readonly verdict: 'passes' | 'impact' | 'too-small'
}

export interface AdverseImpact {
  readonly threshold: number
  readonly minimumRows: number
  /** The most selected group that is large enough. */
  readonly comparedWith: string
  readonly groups: readonly GroupImpact[]
  /** Largest |ln ratio| of the smoothed rates of any two groups, selected or not: differential fairness (Foulds et al. 2020). */
  readonly differentialFairness: number
  readonly pass: boolean
}

export interface AdverseImpactOptions {
  readonly threshold?: number
  /** Groups with fewer rows get no verdict; 30 by default. */
  readonly minimumRows?: number
  /** Rows of the overall rate that every group is given; 2 by default. */
  readonly prior?: number
}

/** One rounding of a ratio. */
const ROUNDING = 4 * Number.EPSILON

/**
 * The four-fifths rule (US EEOC 1978) for many, also intersectional groups: each against the most selected one, with
 * the significance of the difference; groups of few rows are named but not judged, their rates are shrunk. Weights are not
 * taken: tests count rows.
 * @throws MlError when lengths differ or classes are not 0 and 1.
 */
export const adverseImpact = (
  input: Omit<GroupMetricsInput, 'weights'>,
  { threshold = 0.8, minimumRows = 30, prior = 2 }: AdverseImpactOptions = {},
): Outcome<AdverseImpact> => {
  const found = groupMetrics(input, ['selectionRate'])
  if (found.status !== 'ok') return found
  const { byGroup, overall } = found.metrics['selectionRate']!
  const sized = found.groups.map(({ name, rows }) => ({ name, rows, rate: byGroup[name]! }))
  const judged = sized.filter(({ rows }) => rows >= minimumRows)
  const largest = Math.max(...sized.map(({ rows }) => rows))
  if (judged.length === 0) {
    return insufficient('adverse-impact', 'rows in any group', { have: largest, need: minimumRows })
  }
  const top = judged.reduce((most, group) => (group.rate > most.rate ? group : most))
  const groups = sized.map((group): GroupImpact => {
    const ratio = top.rate > 0 ? group.rate / top.rate : null
    const passes = ratio === null || ratio >= threshold - ROUNDING
    return {
      name: group.name,
      rows: group.rows,
      selectionRate: group.rate,
      smoothedRate: (group.rate * group.rows + overall * prior) / (group.rows + prior),
      ratio,
      pValue: group === top ? null : significance(top, group),
      verdict: group.rows < minimumRows ? 'too-small' : passes ? 'passes' : 'impact',
    }
  })
  return {
    status: 'ok',
    threshold,
    minimumRows,
    comparedWith: top.name,
    groups,
    differentialFairness: spread(groups.map(({ smoothedRate }) => smoothedRate)),
    pass: groups.every(({ verdict }) => verdict !== 'impact'),
  }
}

interface Sized {
  readonly rows: number
  readonly rate: number
}

const significance = (a: Sized, b: Sized): number | null => {
  const selected = ({ rows, rate }: Sized) => Math.round(rows * rate)
  const cells: CellCounts = {
    binning: 'categories',
    reference: Float64Array.of(a.rows - selected(a), selected(a)),
    current: Float64Array.of(b.rows - selected(b), selected(b)),
  }
  const tested = fisherExact(cells)
  return tested.status === 'ok' ? tested.pValue : null
}

const spread = (rates: readonly number[]): number => {
  const logs = (values: readonly number[]) => values.map(Math.log)
  const range = (values: readonly number[]) => Math.max(...values) - Math.min(...values)
  const both = [range(logs(rates)), range(logs(rates.map((rate) => 1 - rate)))]
  return Math.max(...both.map((value) => (Number.isNaN(value) ? 0 : value)))
}
