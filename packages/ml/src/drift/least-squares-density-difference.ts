import { cholesky, solveWithCholesky } from '../numeric/cholesky.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortInPlace } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { drawnRows, permutation, seededRandom } from '../random/random.ts'
import { type Points, pointsOf, type RowsOfNumbers, squaredDistance } from './points.ts'
import type { Comparison } from './result.ts'

export interface LsddOptions {
  /** Width of the Gaussian kernels; by default the median distance of the centres. */
  readonly sigma?: number
  /** Centres, drawn from both samples; 100 by default. */
  readonly centres?: number
  /** Weight of the penalty on the coefficients, relative to the kernels' own products; 0.01 by default. */
  readonly lambda?: number
  /** Random relabellings for the p-value; 0 (the default) gives no p-value. */
  readonly permutations?: number
  readonly seed?: number
}

const NEED = 10

/**
 * The squared L2 distance of two densities, the integral of (p - q)^2, fitted directly by kernels and least
 * squares (Sugiyama et al. 2013, "Density-difference estimation"): 2 h'theta - theta'H theta with theta =
 * (H + lambda I)^-1 h. Columns should be of one scale: standardise them first.
 */
export const leastSquaresDensityDifference = (
  reference: RowsOfNumbers,
  current: RowsOfNumbers,
  { sigma, centres = 100, lambda = 0.01, permutations = 0, seed = 0 }: LsddOptions = {},
): Outcome<Comparison> => {
  const [x, y] = [pointsOf(reference), pointsOf(current)]
  if (x.rows < NEED) return insufficient('lsdd', 'reference rows', { have: x.rows, need: NEED })
  if (y.rows < NEED) return insufficient('lsdd', 'current rows', { have: y.rows, need: NEED })
  const random = seededRandom(seed)
  const pooled = joined(x, y)
  const basis = chosen(pooled, Math.min(centres, pooled.rows), random)
  const width = sigma ?? medianDistance(basis)
  if (!(width > 0)) return insufficient('lsdd', 'distinct rows', { have: 1, need: 2 })
  const kernels = kernelRows(pooled, basis, width)
  const products = kernelProducts(basis, width)
  const factor = cholesky(withRidge(products, basis.rows, lambda), basis.rows)
  const value = (isReference: (row: number) => boolean): number =>
    distance({ kernels, products, factor, size: basis.rows }, isReference)
  const observed = value((row) => row < x.rows)
  let asExtreme = 0
  for (let i = 0; i < permutations; i++) {
    const order = permutation(pooled.rows, random)
    if (value((row) => order[row]! < x.rows) >= observed) asExtreme++
  }
  return {
    status: 'ok',
    method: 'lsdd',
    parameters: { sigma: width, centres: basis.rows, lambda, permutations, seed },
    statistic: observed,
    pValue: permutations > 0 ? (asExtreme + 1) / (permutations + 1) : null,
    effect: { name: 'L2 distance', value: Math.sqrt(Math.max(0, observed)) },
    sizes: { reference: x.rows, current: y.rows },
  }
}

const joined = (x: Points, y: Points): Points => ({
  rows: x.rows + y.rows,
  dimension: x.dimension,
  values: Float64Array.from([...x.values, ...y.values]),
})

const chosen = (points: Points, count: number, random: () => number): Points => {
  const { dimension } = points
  const values = new Float64Array(count * dimension)
  drawnRows(points.rows, count, random).forEach((row, i) => {
    values.set(points.values.subarray(row * dimension, (row + 1) * dimension), i * dimension)
  })
  return { rows: count, dimension, values }
}

const medianDistance = (points: Points): number => {
  const distances: number[] = []
  for (let i = 0; i < points.rows; i++) {
    for (let j = 0; j < i; j++) distances.push(Math.sqrt(squaredDistance(points, i, points, j)))
  }
  return quantileOfSorted(sortInPlace(Float64Array.from(distances)), 0.5)
}

/** exp(-d^2 / (2 sigma^2)) of every row and centre. */
const kernelRows = (points: Points, basis: Points, sigma: number): Float64Array => {
  const out = new Float64Array(points.rows * basis.rows)
  for (let i = 0; i < points.rows; i++) {
    for (let k = 0; k < basis.rows; k++) {
      out[i * basis.rows + k] = Math.exp(
        -squaredDistance(points, i, basis, k) / (2 * sigma * sigma),
      )
    }
  }
  return out
}

/** Integrals of the products of two kernels over the whole space. */
const kernelProducts = (basis: Points, sigma: number): Float64Array => {
  const size = basis.rows
  const volume = (Math.PI * sigma * sigma) ** (basis.dimension / 2)
  const out = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      out[i * size + j] =
        volume * Math.exp(-squaredDistance(basis, i, basis, j) / (4 * sigma * sigma))
    }
  }
  return out
}

const withRidge = (matrix: Float64Array, size: number, lambda: number): Float64Array => {
  const out = matrix.slice()
  for (let i = 0; i < size; i++) out[i * size + i]! += lambda * matrix[i * size + i]!
  return out
}

interface Fitted {
  readonly kernels: Float64Array
  readonly products: Float64Array
  readonly factor: Float64Array
  readonly size: number
}

const distance = (
  { kernels, products, factor, size }: Fitted,
  isReference: (row: number) => boolean,
): number => {
  const rows = kernels.length / size
  let n = 0
  for (let row = 0; row < rows; row++) if (isReference(row)) n++
  const h = new Float64Array(size)
  for (let row = 0; row < rows; row++) {
    const weight = isReference(row) ? 1 / n : -1 / (rows - n)
    for (let k = 0; k < size; k++) h[k]! += weight * kernels[row * size + k]!
  }
  const theta = solveWithCholesky(factor, h)
  let value = 0
  for (let i = 0; i < size; i++) {
    let product = 0
    for (let j = 0; j < size; j++) product += products[i * size + j]! * theta[j]!
    value += theta[i]! * (2 * h[i]! - product)
  }
  return value
}
