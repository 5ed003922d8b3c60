/** The value of a function at a point; its gradient is written into `gradient`. */
export type Differentiable = (point: Float64Array, gradient: Float64Array) => number

/** Where the search ended. */
export interface Minimum {
  readonly point: Float64Array
  readonly value: number
  readonly iterations: number
  readonly converged: boolean
}

const memory = 10

/**
 * Minimises a smooth convex function by L-BFGS (Nocedal and Wright 2006, algorithm 7.5) with a
 * backtracking line search, until no part of the gradient exceeds `tolerance`.
 */
export const minimise = (
  objective: Differentiable,
  start: Float64Array,
  { tolerance, maxIterations }: { readonly tolerance: number; readonly maxIterations: number },
): Minimum => {
  let point = start
  let gradient = new Float64Array(start.length)
  let value = objective(point, gradient)
  const history: Correction[] = []
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (gradient.every((part) => Math.abs(part) <= tolerance)) {
      return { point, value, iterations: iteration, converged: true }
    }
    const direction = descent(gradient, history)
    const next = searchLine(objective, { point, value, gradient }, direction)
    if (!next) return { point, value, iterations: iteration, converged: false }
    const moved = next.point.map((part, i) => part - point[i]!)
    const turned = next.gradient.map((part, i) => part - gradient[i]!)
    const curvature = dot(moved, turned)
    if (curvature > 1e-12 * dot(turned, turned)) history.push({ moved, turned, curvature })
    if (history.length > memory) history.shift()
    ;({ point, value } = next)
    gradient = next.gradient
  }
  return { point, value, iterations: maxIterations, converged: false }
}

interface Correction {
  readonly moved: Float64Array
  readonly turned: Float64Array
  readonly curvature: number
}

interface Place {
  readonly point: Float64Array
  readonly value: number
  readonly gradient: Float64Array<ArrayBuffer>
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** The two-loop recursion: minus the inverse curvature times the gradient. */
const descent = (gradient: Float64Array, history: readonly Correction[]): Float64Array => {
  const direction = gradient.map((part) => -part)
  const steps: number[] = []
  for (const { moved, turned, curvature } of history.toReversed()) {
    const step = dot(moved, direction) / curvature
    steps.push(step)
    for (let i = 0; i < direction.length; i++) direction[i]! -= step * turned[i]!
  }
  const last = history.at(-1)
  const scale = last
    ? last.curvature / dot(last.turned, last.turned)
    : 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)))
  for (let i = 0; i < direction.length; i++) direction[i]! *= scale
  for (const { moved, turned, curvature } of history) {
    const step = steps.pop()! - dot(turned, direction) / curvature
    for (let i = 0; i < direction.length; i++) direction[i]! += step * moved[i]!
  }
  return direction
}

/** Halves the step until the value falls enough (Armijo); null when it no longer can. */
const searchLine = (
  objective: Differentiable,
  from: Place,
  direction: Float64Array,
): Place | null => {
  const slope = dot(from.gradient, direction)
  const gradient = new Float64Array(direction.length)
  for (let step = 1; step > 1e-12; step /= 2) {
    const point = from.point.map((part, i) => part + step * direction[i]!)
    const value = objective(point, gradient)
    if (value <= from.value + 1e-4 * step * slope) return { point, value, gradient }
  }
  return null
}
