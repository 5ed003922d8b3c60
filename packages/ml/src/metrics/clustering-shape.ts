import { type Points, pointsOf, type RowsOfNumbers, squaredDistance } from '../drift/points.ts'
import { MlError } from '../ml-error.ts'
import { insufficient, type Outcome } from '../outcome.ts'

/** How compact and how far apart clusters are, without any truth to compare with. */
export interface ClusteringShape {
  readonly rows: number
  readonly clusters: number
  /** Mean over rows of (b - a) / max(a, b), own cluster against the nearest other (Rousseeuw 1987); -1 to 1. */
  readonly silhouette: number
  /** Spread between over spread within clusters, each over its degrees of freedom (1974); larger is better. */
  readonly calinskiHarabasz: number
  /** Mean over clusters of the worst ratio of widths to distance (1979); smaller is better. */
  readonly daviesBouldin: number
}

/**
 * Silhouette, Calinski-Harabasz and Davies-Bouldin figures by Euclidean distance. The silhouette compares all pairs of
 * rows: sample large data first. Rousseeuw 1987, Caliński and Harabasz 1974, Davies and Bouldin 1979.
 * @throws MlError when lengths differ, or a row holds a missing value.
 */
export const clusteringShape = (
  rows: RowsOfNumbers,
  clusters: readonly (string | number)[],
): Outcome<ClusteringShape> => {
  const points = pointsOf(rows)
  if (points.rows !== clusters.length) {
    throw new MlError(
      'invalid_input',
      `there are ${points.rows} complete rows and ${clusters.length} clusters`,
      'give every row one cluster and no missing value',
    )
  }
  const names = [...new Set(clusters)]
  const k = names.length
  if (k < 2) return insufficient('clustering', 'clusters', { have: k, need: 2 })
  if (points.rows <= k) {
    return insufficient('clustering', 'rows beyond one a cluster', {
      have: points.rows,
      need: k + 1,
    })
  }
  const codeOf = new Map(names.map((name, code) => [name, code]))
  const codes = Int32Array.from(clusters, (name) => codeOf.get(name)!)
  const sizes = new Float64Array(k)
  for (const code of codes) sizes[code]!++
  const centres = centresOf(points, codes, sizes)
  return {
    status: 'ok',
    rows: points.rows,
    clusters: k,
    silhouette: silhouette(points, codes, sizes),
    calinskiHarabasz: calinskiHarabasz(points, codes, { centres, sizes }),
    daviesBouldin: daviesBouldin(points, codes, { centres, sizes }),
  }
}

interface Centred {
  readonly centres: Points
  readonly sizes: Float64Array
}

const centresOf = (points: Points, codes: Int32Array, sizes: Float64Array): Points => {
  const { dimension } = points
  const values = new Float64Array(sizes.length * dimension)
  for (let i = 0; i < points.rows; i++) {
    const code = codes[i]!
    for (let d = 0; d < dimension; d++) {
      values[code * dimension + d]! += points.values[i * dimension + d]! / sizes[code]!
    }
  }
  return { rows: sizes.length, dimension, values }
}

const silhouette = (points: Points, codes: Int32Array, sizes: Float64Array): number => {
  const n = points.rows
  const k = sizes.length
  const sums = new Float64Array(n * k)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const distance = Math.sqrt(squaredDistance(points, i, points, j))
      sums[i * k + codes[j]!]! += distance
      sums[j * k + codes[i]!]! += distance
    }
  }
  let total = 0
  for (let i = 0; i < n; i++) {
    const own = codes[i]!
    if (sizes[own] === 1) continue
    const within = sums[i * k + own]! / (sizes[own]! - 1)
    let nearest = Number.POSITIVE_INFINITY
    for (let c = 0; c < k; c++) {
      if (c !== own) nearest = Math.min(nearest, sums[i * k + c]! / sizes[c]!)
    }
    const larger = Math.max(within, nearest)
    if (larger > 0) total += (nearest - within) / larger
  }
  return total / n
}

const calinskiHarabasz = (
  points: Points,
  codes: Int32Array,
  { centres, sizes }: Centred,
): number => {
  const [n, k] = [points.rows, sizes.length]
  const whole = centresOf(points, new Int32Array(n), Float64Array.of(n))
  let [between, within] = [0, 0]
  for (let c = 0; c < k; c++) between += sizes[c]! * squaredDistance(centres, c, whole, 0)
  for (let i = 0; i < n; i++) within += squaredDistance(points, i, centres, codes[i]!)
  return within === 0 ? 1 : (between * (n - k)) / (within * (k - 1))
}

const daviesBouldin = (points: Points, codes: Int32Array, { centres, sizes }: Centred): number => {
  const k = sizes.length
  const widths = new Float64Array(k)
  for (let i = 0; i < points.rows; i++) {
    const code = codes[i]!
    widths[code]! += Math.sqrt(squaredDistance(points, i, centres, code)) / sizes[code]!
  }
  let sum = 0
  for (let a = 0; a < k; a++) {
    let worst = 0
    for (let b = 0; b < k; b++) {
      const apart = a === b ? 0 : Math.sqrt(squaredDistance(centres, a, centres, b))
      if (apart > 0) worst = Math.max(worst, (widths[a]! + widths[b]!) / apart)
    }
    sum += worst / k
  }
  return sum
}
