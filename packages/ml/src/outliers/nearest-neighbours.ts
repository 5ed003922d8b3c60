import { pointsOf, type RowsOfNumbers, squaredDistance } from '../drift/points.ts'
import { MlError } from '../ml-error.ts'

/**
 * The distance of each row to its k-th nearest reference row (Ramaswamy, Rastogi and Shim 2000): large for
 * outliers. Columns should be on one scale.
 * @throws MlError when there are fewer than k complete reference rows, or the rows have other columns.
 */
export const neighbourDistances = (
  reference: RowsOfNumbers,
  rows: RowsOfNumbers,
  k = 5,
): Float64Array => {
  const [known, asked] = [pointsOf(reference), pointsOf(rows)]
  if (known.rows < k || (asked.rows > 0 && asked.dimension !== known.dimension)) {
    throw new MlError(
      'invalid_input',
      `there are ${known.rows} reference rows of ${known.dimension} columns for k = ${k}`,
      'give at least k reference rows with the columns of the rows asked for',
    )
  }
  const nearest = new Float64Array(k)
  return Float64Array.from({ length: asked.rows }, (_, row) => {
    nearest.fill(Number.POSITIVE_INFINITY)
    for (let other = 0; other < known.rows; other++) {
      const distance = squaredDistance(asked, row, known, other)
      if (distance >= nearest[k - 1]!) continue
      let place = k - 1
      while (place > 0 && nearest[place - 1]! > distance) {
        nearest[place] = nearest[place - 1]!
        place--
      }
      nearest[place] = distance
    }
    return Math.sqrt(nearest[k - 1]!)
  })
}
