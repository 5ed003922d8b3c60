import {
  type Differentiable,
  dot,
  isFlat,
  type Minimum,
  type Place,
  searchLine,
} from './line-search.ts'

const memory = 10

/** A past step, and how it turned the gradient. */
interface Correction {
  readonly moved: Float64Array
  readonly turned: Float64Array
  readonly curvature: number
}

/**
 * Minimises a smooth convex function by L-BFGS (Nocedal and Wright 2006, algorithm 7.5) with a
 * backtracking line search, until no part of the gradient exceeds `tolerance`.
 */
export const minimiseByLbfgs = (
  objective: Differentiable,
  start: Float64Array,
  settings: {
    readonly tolerance: number
    readonly maxIterations: number
    /** About the inverse second derivative along each coordinate: evens out their scales. */
    readonly preconditioner: Float64Array
  },
): Minimum => {
  const { tolerance, maxIterations, preconditioner } = settings
  const gradient = new Float64Array(start.length)
  let place: Place = { point: start, value: objective(start, gradient), gradient }
  const history: Correction[] = []
  for (let iterations = 0; iterations < maxIterations; iterations++) {
    if (isFlat(place, tolerance)) return { point: place.point, iterations, converged: true }
    const direction = descent(place.gradient, history, preconditioner)
    const next = searchLine(objective, place, direction)
    if (!next) return { point: place.point, iterations, converged: false }
    const { point: oldPoint, gradient: oldGradient } = place
    const moved = next.point.map((part, i) => part - oldPoint[i]!)
    const turned = next.gradient.map((part, i) => part - oldGradient[i]!)
    const curvature = dot(moved, turned)
    if (curvature > 1e-12 * dot(turned, turned)) history.push({ moved, turned, curvature })
    if (history.length > memory) history.shift()
    place = next
  }
  return { point: place.point, iterations: maxIterations, converged: false }
}

/** The two-loop recursion: minus the inverse curvature times the gradient. */
const descent = (
  gradient: Float64Array,
  history: readonly Correction[],
  preconditioner: Float64Array,
): Float64Array => {
  const direction = gradient.map((part) => -part)
  const steps: number[] = []
  for (const { moved, turned, curvature } of history.toReversed()) {
    const step = dot(moved, direction) / curvature
    steps.push(step)
    for (let i = 0; i < direction.length; i++) direction[i]! -= step * turned[i]!
  }
  const last = history.at(-1)
  const scale = last
    ? last.curvature / last.turned.reduce((sum, part, i) => sum + preconditioner[i]! * part ** 2, 0)
    : 1
  for (let i = 0; i < direction.length; i++) direction[i]! *= scale * preconditioner[i]!
  for (const { moved, turned, curvature } of history) {
    const step = steps.pop()! - dot(turned, direction) / curvature
    for (let i = 0; i < direction.length; i++) direction[i]! += step * moved[i]!
  }
  return direction
}
