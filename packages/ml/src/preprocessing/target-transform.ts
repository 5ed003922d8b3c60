import { MlError } from '../ml-error.ts'
import type { GraphBuilder, ValueName } from '../onnx/graph-builder.ts'

/** What is learnt in place of a numeric target: itself, or log(1 + target), undone in predictions. */
export const targetTransforms = ['none', 'log1p'] as const
export type TargetTransform = (typeof targetTransforms)[number]

/**
 * The transformed target.
 * @throws MlError when a value has no logarithm.
 */
export const transformTarget = (
  name: string,
  values: Float64Array,
  transform: TargetTransform,
): Float64Array => {
  if (transform === 'none') return values
  const row = values.findIndex((value) => value <= -1)
  if (row < 0) return values.map(Math.log1p)
  throw new MlError(
    'invalid_input',
    `target '${name}' is ${values[row]} in row ${row}, log1p needs values above -1`,
    "use targetTransform 'none', or shift the target",
  )
}

/** Predictions in the target's own unit. */
export const restoreTarget = (values: Float64Array, transform: TargetTransform): Float64Array =>
  transform === 'none' ? values : values.map(Math.expm1)

/** The same in a graph. */
export const addRestoreTarget = (
  builder: GraphBuilder,
  value: ValueName,
  transform: TargetTransform,
): ValueName =>
  transform === 'none'
    ? value
    : builder.add('Sub', [builder.add('Exp', [value]), builder.doubles([1])])
