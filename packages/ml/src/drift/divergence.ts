import { type Insufficient, insufficient, type Outcome } from '../outcome.ts'
import { type CellCounts, cellTotals, sharesOf } from './cells.ts'
import type { Comparison, MethodParameters } from './result.ts'

/** Base of the logarithm: `e` gives nats, 2 gives bits. */
export type LogBase = 'e' | 2

/** Empty cells get this share, or a millionth of the smallest non-zero share where that is smaller. */
const EMPTY_SHARE = 1e-4

/**
 * Population stability index: the sum of (p - q) ln(p / q) over the cells, with empty cells filled in each sample by
 * itself and without renormalising. Siddiqi 2006.
 */
export const populationStabilityIndex = (cells: CellCounts): Outcome<Comparison> => {
  const [p, q] = [fillEmpty(sharesOf(cells.reference)), fillEmpty(sharesOf(cells.current))]
  let value = 0
  for (let i = 0; i < p.length; i++) value += (p[i]! - q[i]!) * Math.log(p[i]! / q[i]!)
  return distance(cells, { method: 'psi', value, parameters: { emptyShare: EMPTY_SHARE } })
}

/**
 * Kullback-Leibler divergence of the reference from the current sample in nats. Empty cells are filled as for the PSI,
 * then both distributions are normalised. Kullback and Leibler 1951.
 */
export const kullbackLeibler = (cells: CellCounts): Outcome<Comparison> => {
  const p = sharesOf(fillEmpty(sharesOf(cells.reference)))
  const q = sharesOf(fillEmpty(sharesOf(cells.current)))
  const value = relativeEntropy(p, q)
  const parameters = { direction: 'reference||current', base: 'e', emptyShare: EMPTY_SHARE }
  return distance(cells, { method: 'kl-divergence', value, parameters })
}

/**
 * Jensen-Shannon distance (Lin 1991; Endres and Schindelin 2003): the square root of the mean
 * divergence of both samples from their mixture. At most 1 in bits, sqrt(ln 2) in nats.
 */
export const jensenShannon = (cells: CellCounts, base: LogBase = 'e'): Outcome<Comparison> => {
  const [p, q] = [sharesOf(cells.reference), sharesOf(cells.current)]
  const mixture = p.map((share, i) => (share + q[i]!) / 2)
  const nats = (relativeEntropy(p, mixture) + relativeEntropy(q, mixture)) / 2
  const value = Math.sqrt(Math.max(0, base === 2 ? nats / Math.LN2 : nats))
  return distance(cells, { method: 'jensen-shannon', value, parameters: { base, root: true } })
}

/** Hellinger distance: sqrt(1 - the sum of sqrt(p q)), between 0 and 1. Hellinger 1909. */
export const hellinger = (cells: CellCounts): Outcome<Comparison> => {
  const [p, q] = [sharesOf(cells.reference), sharesOf(cells.current)]
  let squares = 0
  for (let i = 0; i < p.length; i++) squares += (Math.sqrt(p[i]!) - Math.sqrt(q[i]!)) ** 2
  const inside = p.reduce((sum, x) => sum + x, 0)
  const value = Number.isFinite(inside) ? Math.sqrt(squares / 2) : Number.NaN
  return distance(cells, { method: 'hellinger', value, parameters: {} })
}

/** Total variation distance: half the sum of |p - q|. By definition, between 0 and 1. */
export const totalVariation = (cells: CellCounts): Outcome<Comparison> => {
  const [p, q] = [sharesOf(cells.reference), sharesOf(cells.current)]
  const value = p.reduce((sum, share, i) => sum + Math.abs(share - q[i]!), 0) / 2
  return distance(cells, { method: 'total-variation', value, parameters: {} })
}

/** The largest change of any cell's share. By definition, between 0 and 1. */
export const lInfinity = (cells: CellCounts): Outcome<Comparison> => {
  const [p, q] = [sharesOf(cells.reference), sharesOf(cells.current)]
  const value = p.reduce((most, share, i) => Math.max(most, Math.abs(share - q[i]!)), 0)
  return distance(cells, { method: 'l-infinity', value, parameters: {} })
}

/** What is short when one of the samples has no rows in any cell. */
export const emptySample = (method: string, cells: CellCounts): Insufficient | null => {
  const { reference, current } = cellTotals(cells)
  if (reference > 0 && current > 0) return null
  const what = reference > 0 ? 'current rows' : 'reference rows'
  return insufficient(method, what, { have: 0, need: 1 })
}

const distance = (
  cells: CellCounts,
  figure: {
    readonly method: string
    readonly value: number
    readonly parameters: MethodParameters
  },
): Outcome<Comparison> => {
  const { method, value } = figure
  const empty = emptySample(method, cells)
  if (empty) return empty
  return {
    status: 'ok',
    method,
    parameters: { ...figure.parameters, binning: cells.binning, cells: cells.reference.length },
    statistic: value,
    pValue: null,
    effect: { name: method, value },
    sizes: cellTotals(cells),
  }
}

const relativeEntropy = (p: Float64Array, q: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < p.length; i++) if (p[i]! > 0) sum += p[i]! * Math.log(p[i]! / q[i]!)
  return sum
}

const fillEmpty = (shares: Float64Array): Float64Array => {
  let smallest = Number.POSITIVE_INFINITY
  for (const share of shares) if (share > 0 && share < smallest) smallest = share
  const fill = smallest <= EMPTY_SHARE ? smallest / 1e6 : EMPTY_SHARE
  return shares.map((share) => (share === 0 ? fill : share))
}
