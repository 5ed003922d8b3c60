import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'

/** Means and products of deviations of columns, in a form that merges without loss. */
export interface CoMoments {
  /** Rows in which every column is finite; others are counted apart. */
  readonly rows: number
  readonly incomplete: number
  readonly means: readonly number[]
  /** Sums of products of deviations, row-major. */
  readonly products: readonly number[]
}

/** The serialised form of co-moments. */
export interface CoMomentsJson extends CoMoments {
  readonly kind: 'co-moments'
  readonly version: 1
}

/** Rows taken at once: few enough that both passes find them in the cache. */
const BLOCK = 4096

/**
 * Co-moments of columns of equal length, of the rows in which all are finite.
 * @throws MlError when lengths differ.
 */
export const coMomentsOf = (columns: readonly Numbers[]): CoMoments => {
  const length = columns[0]?.length ?? 0
  const other = columns.find((column) => column.length !== length)
  if (other) {
    throw new MlError(
      'invalid_input',
      `the columns have ${length} and ${other.length} rows`,
      'pass columns of one table',
    )
  }
  let total = blockOf(columns, 0, 0)
  for (let from = 0; from < length; from += BLOCK) {
    total = mergeCoMoments(total, blockOf(columns, from, Math.min(length, from + BLOCK)))
  }
  return total
}

/** Two passes over rows [from, to): means, corrected by what the deviations leave over, then their products. */
const blockOf = (columns: readonly Numbers[], from: number, to: number): CoMoments => {
  const complete: number[] = []
  for (let row = from; row < to; row++) {
    if (columns.every((column) => Number.isFinite(column[row]))) complete.push(row)
  }
  const rows = complete.length
  const deviations = columns.map((column) => {
    const first = rows > 0 ? column[complete[0]!]! : 0
    let sum = 0
    for (const row of complete) sum += column[row]! - first
    const mean = rows > 0 ? first + sum / rows : 0
    return { mean, values: Float64Array.from(complete, (row) => column[row]! - mean) }
  })
  const products = deviations.flatMap(({ values: a }) =>
    deviations.map(({ values: b }) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)),
  )
  return {
    rows,
    incomplete: to - from - rows,
    means: deviations.map(({ mean }) => mean),
    products,
  }
}

/**
 * The co-moments of both parts together (Chan, Golub and LeVeque 1979; Pébay 2008).
 * @throws MlError when the parts have other numbers of columns.
 */
export const mergeCoMoments = (a: CoMoments, b: CoMoments): CoMoments => {
  const size = a.means.length
  if (b.means.length !== size) {
    throw new MlError(
      'invalid_input',
      `the parts have ${size} and ${b.means.length} columns`,
      'merge parts of the same columns, in the same order',
    )
  }
  const incomplete = a.incomplete + b.incomplete
  if (a.rows === 0) return { ...b, incomplete }
  if (b.rows === 0) return { ...a, incomplete }
  const rows = a.rows + b.rows
  const steps = a.means.map((mean, i) => b.means[i]! - mean)
  const weight = (a.rows * b.rows) / rows
  return {
    rows,
    incomplete,
    means: a.means.map((mean, i) => mean + (steps[i]! * b.rows) / rows),
    products: a.products.map((product, k) => {
      const [i, j] = [Math.floor(k / size), k % size]
      return product + b.products[k]! + steps[i]! * steps[j]! * weight
    }),
  }
}

/** Covariances (divisor n - 1), row-major. */
export const covarianceMatrix = ({
  rows,
  products,
}: CoMoments): Outcome<{ readonly matrix: readonly number[] }> => {
  if (rows < 2) return insufficient('covariance', 'complete rows', { have: rows, need: 2 })
  return { status: 'ok', matrix: products.map((product) => product / (rows - 1)) }
}

/** Pearson's correlations, row-major; null beside a constant column, and within [-1, 1]. */
export const correlationMatrix = ({
  rows,
  means,
  products,
}: CoMoments): Outcome<{ readonly matrix: readonly (number | null)[] }> => {
  if (rows < 2) return insufficient('correlation', 'complete rows', { have: rows, need: 2 })
  const size = means.length
  const spread = (i: number) => Math.sqrt(products[i * size + i]!)
  return {
    status: 'ok',
    matrix: products.map((product, k) => {
      const scale = spread(Math.floor(k / size)) * spread(k % size)
      return scale > 0 ? Math.max(-1, Math.min(1, product / scale)) : null
    }),
  }
}

/**
 * Reads the serialised form, which is the co-moments with `kind` and `version`.
 * @throws MlError when it is of another version or damaged.
 */
export const coMomentsFromJson = (json: CoMomentsJson): CoMoments => {
  const { kind, version, rows, incomplete, means, products } = json
  if (kind !== 'co-moments' || version !== 1 || products.length !== means.length ** 2) {
    throw new MlError(
      'invalid_input',
      'these are no co-moments of version 1',
      'profile the data again with this version',
    )
  }
  return { rows, incomplete, means, products }
}
