import { type Points, pointsOf, type RowsOfNumbers, squaredDistance } from '../drift/points.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortInPlace } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'

/** Rows that stand for all the others, and rows that those explain least. */
export interface Prototypes {
  readonly prototypes: readonly number[]
  readonly criticisms: readonly number[]
  readonly sigma: number
  /** Squared maximum mean discrepancy between all rows and the prototypes; 0 when nothing is lost. */
  readonly mmd2: number
}

export interface PrototypesOptions {
  readonly prototypes?: number
  readonly criticisms?: number
  /** Width of the Gaussian kernel; by default the median distance of the rows. */
  readonly sigma?: number
}

/**
 * Prototypes and criticisms (Kim, Khanna and Koyejo 2016, "MMD-critic"): prototypes are chosen greedily so
 * that their kernel mean is nearest to that of all rows; criticisms are where the two differ most. Columns
 * should be of one scale. Memory grows with the square of the rows: sample large data first.
 */
export const prototypes = (
  rows: RowsOfNumbers,
  { prototypes: wanted = 5, criticisms: asked = 0, sigma }: PrototypesOptions = {},
): Outcome<Prototypes> => {
  const points = pointsOf(rows)
  const need = Math.max(2, wanted + asked)
  if (points.rows < need) return insufficient('prototypes', 'rows', { have: points.rows, need })
  const width = sigma ?? medianDistance(points)
  if (!(width > 0)) return insufficient('prototypes', 'distinct rows', { have: 1, need: 2 })
  const n = points.rows
  const kernel = kernelOf(points, width)
  const mean = Float64Array.from({ length: n }, (_, i) => {
    let sum = 0
    for (let j = 0; j < n; j++) sum += kernel[i * n + j]!
    return sum / n
  })
  const chosen: number[] = []
  const toChosen = new Float64Array(n)
  let [meanOfChosen, pairsOfChosen] = [0, 0]
  while (chosen.length < wanted) {
    const m = chosen.length + 1
    const gain = (i: number) =>
      (2 * (meanOfChosen + mean[i]!)) / m - (pairsOfChosen + 2 * toChosen[i]! + 1) / (m * m)
    const next = largest(n, (i) => (chosen.includes(i) ? Number.NEGATIVE_INFINITY : gain(i)))
    meanOfChosen += mean[next]!
    pairsOfChosen += 2 * toChosen[next]! + 1
    for (let j = 0; j < n; j++) toChosen[j]! += kernel[next * n + j]!
    chosen.push(next)
  }
  const witness = (i: number) => Math.abs(mean[i]! - toChosen[i]! / wanted)
  const criticisms: number[] = []
  while (criticisms.length < asked) {
    const isTaken = (i: number) => chosen.includes(i) || criticisms.includes(i)
    criticisms.push(largest(n, (i) => (isTaken(i) ? Number.NEGATIVE_INFINITY : witness(i))))
  }
  const whole = mean.reduce((sum, value) => sum + value, 0) / n
  const mmd2 = whole - (2 * meanOfChosen) / wanted + pairsOfChosen / (wanted * wanted)
  return { status: 'ok', prototypes: chosen, criticisms, sigma: width, mmd2: Math.max(0, mmd2) }
}

const largest = (n: number, of: (i: number) => number): number => {
  let best = 0
  for (let i = 1; i < n; i++) if (of(i) > of(best)) best = i
  return best
}

const kernelOf = (points: Points, sigma: number): Float64Array => {
  const n = points.rows
  const kernel = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = Math.exp(-squaredDistance(points, i, points, j) / (2 * sigma * sigma))
      kernel[i * n + j] = value
      kernel[j * n + i] = value
    }
  }
  return kernel
}

const medianDistance = (points: Points): number => {
  const distances: number[] = []
  for (let i = 0; i < points.rows; i++) {
    for (let j = 0; j < i; j++) distances.push(Math.sqrt(squaredDistance(points, i, points, j)))
  }
  return quantileOfSorted(sortInPlace(Float64Array.from(distances)), 0.5)
}
