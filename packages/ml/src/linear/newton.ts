import { solveSymmetric } from './cholesky.ts'
import { type Differentiable, isFlat, type Minimum, type Place, searchLine } from './line-search.ts'

/** Writes the lower triangle of the second derivatives at a point into `hessian`, row-major. */
export type SecondDerivatives = (point: Float64Array, hessian: Float64Array) => void

/**
 * Minimises a smooth convex function by Newton's method with a backtracking line search, until no
 * part of the gradient exceeds `tolerance`. A trace of ridge keeps flat directions solvable.
 */
export const minimiseByNewton = (
  objective: Differentiable,
  secondDerivatives: SecondDerivatives,
  start: Float64Array,
  { tolerance, maxIterations }: { readonly tolerance: number; readonly maxIterations: number },
): Minimum => {
  const size = start.length
  const gradient = new Float64Array(size)
  const hessian = new Float64Array(size * size)
  let place: Place = { point: start, value: objective(start, gradient), gradient }
  for (let iterations = 0; iterations < maxIterations; iterations++) {
    if (isFlat(place, tolerance)) return { point: place.point, iterations, converged: true }
    secondDerivatives(place.point, hessian)
    let trace = 0
    for (let i = 0; i < size; i++) trace += hessian[i * size + i]!
    for (let i = 0; i < size; i++) hessian[i * size + i]! += (1e-9 * trace) / size
    const downhill = place.gradient.map((part) => -part)
    const next = searchLine(objective, place, solveSymmetric(hessian, downhill) ?? downhill)
    if (!next) return { point: place.point, iterations, converged: false }
    place = next
  }
  return { point: place.point, iterations: maxIterations, converged: false }
}
