import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { type Points, pointsFromColumns } from './points.ts'

/** How well the main directions of a reference describe rows; plain data. */
export interface PcaReconstruction {
  readonly means: Float64Array
  /** Standard deviations with divisor n; 1 for constant columns. */
  readonly deviations: Float64Array
  /** Row-major: one kept direction a row. */
  readonly directions: Float64Array
  readonly components: number
  readonly explainedShare: number
  readonly rows: number
  /** Mean reconstruction error of the reference itself. */
  readonly meanError: number
}

/**
 * Fits the directions that together explain more than `share` of the variance of the standardised reference. Rows with a
 * missing value are left out. Principal components (Pearson 1901), as NannyML's documentation uses them.
 */
export const fitPcaReconstruction = (
  columns: readonly Numbers[],
  share = 0.65,
): Outcome<PcaReconstruction> => {
  const points = pointsFromColumns(columns)
  const size = points.dimension
  if (points.rows < 2) {
    return insufficient('pca-reconstruction', 'reference rows', { have: points.rows, need: 2 })
  }
  const { means, deviations } = columnScales(points)
  const { values, vectors } = symmetricEigen(correlations(points, means, deviations), size)
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0)
  let [components, explained] = [0, 0]
  while (components < size && explained <= share * total) explained += values[components++]!
  const directions = new Float64Array(components * size)
  for (let k = 0; k < components; k++) {
    for (let i = 0; i < size; i++) directions[k * size + i] = vectors[i * size + k]!
  }
  const fitted = { means, deviations, directions, components, rows: points.rows }
  return {
    status: 'ok',
    ...fitted,
    explainedShare: explained / total,
    meanError: meanOf(reconstructionErrors(points, fitted)),
  }
}

/**
 * The mean reconstruction error of rows, in standard deviations of the reference.
 * @throws MlError when there are other columns than were fitted.
 */
export const pcaReconstructionError = (
  fitted: PcaReconstruction,
  columns: readonly Numbers[],
): Outcome<{ readonly meanError: number; readonly rows: number }> => {
  if (columns.length !== fitted.means.length) {
    throw new MlError(
      'invalid_input',
      `there are ${columns.length} columns, the reference had ${fitted.means.length}`,
      'pass the columns of the reference, in their order',
    )
  }
  const points = pointsFromColumns(columns)
  if (points.rows === 0) {
    return insufficient('pca-reconstruction', 'current rows', { have: 0, need: 1 })
  }
  const meanError = meanOf(reconstructionErrors(points, fitted))
  return { status: 'ok', meanError, rows: points.rows }
}

const columnScales = ({ rows, dimension, values }: Points) => {
  const means = new Float64Array(dimension)
  const deviations = new Float64Array(dimension)
  for (let i = 0; i < values.length; i++) means[i % dimension]! += values[i]! / rows
  for (let i = 0; i < values.length; i++) {
    deviations[i % dimension]! += (values[i]! - means[i % dimension]!) ** 2 / rows
  }
  return { means, deviations: deviations.map((variance) => Math.sqrt(variance) || 1) }
}

const correlations = (
  { rows, dimension: size, values }: Points,
  means: Float64Array,
  deviations: Float64Array,
): Float64Array => {
  const matrix = new Float64Array(size * size)
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < size; i++) {
      const a = (values[row * size + i]! - means[i]!) / deviations[i]!
      for (let j = i; j < size; j++) {
        const b = (values[row * size + j]! - means[j]!) / deviations[j]!
        matrix[i * size + j]! += (a * b) / rows
      }
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) matrix[i * size + j] = matrix[j * size + i]!
  }
  return matrix
}

const reconstructionErrors = (
  { rows, dimension: size, values }: Points,
  fitted: Pick<PcaReconstruction, 'means' | 'deviations' | 'directions' | 'components'>,
): Float64Array => {
  const { means, deviations, directions, components } = fitted
  const z = new Float64Array(size)
  return Float64Array.from({ length: rows }, (_, row) => {
    for (let i = 0; i < size; i++) z[i] = (values[row * size + i]! - means[i]!) / deviations[i]!
    const rest = z.slice()
    for (let k = 0; k < components; k++) {
      let score = 0
      for (let i = 0; i < size; i++) score += directions[k * size + i]! * z[i]!
      for (let i = 0; i < size; i++) rest[i]! -= score * directions[k * size + i]!
    }
    return Math.sqrt(rest.reduce((sum, r) => sum + r * r, 0))
  })
}

const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
