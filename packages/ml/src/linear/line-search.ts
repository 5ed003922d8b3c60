/** The value of a function at a point; its gradient is written into `gradient`. */
export type Differentiable = (point: Float64Array, gradient: Float64Array) => number

/** A point of a function with what is known there. */
export interface Place {
  readonly point: Float64Array
  readonly value: number
  readonly gradient: Float64Array<ArrayBuffer>
}

/** Where a search ended. */
export interface Minimum {
  readonly point: Float64Array
  readonly iterations: number
  readonly converged: boolean
}

/** The sum of products. */
export const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** Whether a place is a minimum of a convex function: no part of the gradient exceeds `tolerance`. */
export const isFlat = ({ gradient }: Place, tolerance: number): boolean =>
  gradient.every((part) => Math.abs(part) <= tolerance)

/** Halves the step until the value falls enough (Armijo); null when it no longer can. */
export const searchLine = (
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
