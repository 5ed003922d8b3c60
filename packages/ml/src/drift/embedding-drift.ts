import { insufficient, type Outcome } from '../outcome.ts'
import { permutation, seededRandom } from '../random/random.ts'
import { maximumMeanDiscrepancy } from './maximum-mean-discrepancy.ts'
import { type Points, pointsOf, type RowsOfNumbers } from './points.ts'
import type { Comparison } from './result.ts'
import { wasserstein } from './wasserstein.ts'

/** `share`: components that moved. `mean-cosine`, `mean-euclidean`: distance of the mean vectors. `mmd`: all of it. */
export type EmbeddingMethod = 'share' | 'mean-cosine' | 'mean-euclidean' | 'mmd'

export interface EmbeddingDriftOptions {
  readonly method?: EmbeddingMethod
  /** `share`: a component has moved from this Wasserstein distance on, in standard deviations; 0.1 by default. */
  readonly componentThreshold?: number
  /** `mmd`: rows of each sample that take part, drawn at random; 500 by default. */
  readonly rows?: number
  /** `mmd`: random relabellings for the p-value; 100 by default. */
  readonly permutations?: number
  readonly seed?: number
}

const NEED = 2

/**
 * Drift of embeddings: vectors of one model, rows of equal length. Distances of mean vectors are quick and blind to
 * changes of spread; the share of moved components is not; the kernel test sees any change. Rabanser et al. 2019.
 */
export const embeddingDrift = (
  reference: RowsOfNumbers,
  current: RowsOfNumbers,
  options: EmbeddingDriftOptions = {},
): Outcome<Comparison> => {
  const { method = 'share', rows = 500, permutations = 100, seed = 0 } = options
  const [x, y] = [pointsOf(reference), pointsOf(current)]
  const name = `embedding-${method}`
  if (x.rows < NEED) return insufficient(name, 'reference rows', { have: x.rows, need: NEED })
  if (y.rows < NEED) return insufficient(name, 'current rows', { have: y.rows, need: NEED })
  const sizes = { reference: x.rows, current: y.rows }
  if (method === 'mmd') {
    const [a, b] = [sampled(x, rows, seed), sampled(y, rows, seed + 1)]
    const outcome = maximumMeanDiscrepancy(a, b, { permutations, seed })
    return outcome.status === 'ok' ? { ...outcome, method: name } : outcome
  }
  const { componentThreshold = 0.1 } = options
  const value =
    method === 'share'
      ? shareOfMoved(x, y, componentThreshold)
      : meanDistance(meanOf(x), meanOf(y), method)
  return {
    status: 'ok',
    method: name,
    parameters: { ...(method === 'share' ? { componentThreshold } : {}), dimension: x.dimension },
    statistic: value,
    pValue: null,
    effect: { name, value },
    sizes,
  }
}

const shareOfMoved = (x: Points, y: Points, threshold: number): number => {
  let moved = 0
  for (let component = 0; component < x.dimension; component++) {
    const distance = wasserstein(columnOf(x, component), columnOf(y, component), 'reference-std')
    if (distance.status === 'ok' && distance.statistic >= threshold) moved++
  }
  return x.dimension > 0 ? moved / x.dimension : 0
}

const columnOf = ({ rows, dimension, values }: Points, component: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, row) => values[row * dimension + component]!)

const meanOf = (points: Points): Float64Array =>
  Float64Array.from({ length: points.dimension }, (_, component) => {
    const column = columnOf(points, component)
    return column.reduce((sum, value) => sum + value, 0) / points.rows
  })

const meanDistance = (
  a: Float64Array,
  b: Float64Array,
  method: 'mean-cosine' | 'mean-euclidean',
): number => {
  const dot = (p: Float64Array, q: Float64Array) => p.reduce((sum, v, i) => sum + v * q[i]!, 0)
  if (method === 'mean-euclidean')
    return Math.sqrt(Math.max(0, dot(a, a) + dot(b, b) - 2 * dot(a, b)))
  const norms = Math.sqrt(dot(a, a) * dot(b, b))
  return norms > 0 ? Math.max(0, 1 - dot(a, b) / norms) : 0
}

const sampled = (points: Points, rows: number, seed: number): Points => {
  if (points.rows <= rows) return points
  const { dimension } = points
  const values = new Float64Array(rows * dimension)
  const order = permutation(points.rows, seededRandom(seed))
  for (let i = 0; i < rows; i++) {
    const row = order[i]!
    values.set(points.values.subarray(row * dimension, (row + 1) * dimension), i * dimension)
  }
  return { rows, dimension, values }
}
