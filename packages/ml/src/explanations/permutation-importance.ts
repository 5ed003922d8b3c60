import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import type { Predict } from './shapley.ts'

/** How much worse a model gets when a feature is shuffled (Breiman 2001). */
export interface PermutationImportance {
  readonly baseline: number
  /** By feature: mean and standard deviation (divisor n) over the shuffles, and each of them. */
  readonly mean: Float64Array
  readonly std: Float64Array
  readonly raw: readonly Float64Array[]
}

/** A loss of predictions against labels; smaller is better. */
export type Loss = (label: Numbers, prediction: ArrayLike<number>) => number

/**
 * The rise of the loss under given permutations of the rows, one array of row indices each. With all permutations alike
 * for every feature, importances are comparable. Breiman 2001.
 * @throws MlError where there are no rows or no permutations.
 */
export const permutationImportance = (
  predict: Predict,
  { rows, label }: { readonly rows: readonly Numbers[]; readonly label: Numbers },
  { permutations, loss }: { readonly permutations: readonly Numbers[]; readonly loss: Loss },
): PermutationImportance => {
  if (rows.length === 0 || permutations.length === 0) {
    throw new MlError(
      'invalid_input',
      `there are ${rows.length} rows and ${permutations.length} permutations`,
      'give at least one of each',
    )
  }
  const plain = rows.map((row) => Float64Array.from(row))
  const baseline = loss(label, predict(plain))
  const features = rows[0]?.length ?? 0
  const raw = Array.from({ length: features }, (_, feature) =>
    Float64Array.from(permutations, (order) => {
      const shuffled = plain.map((row, r) => {
        const copy = row.slice()
        copy[feature] = plain[order[r]!]![feature]!
        return copy
      })
      return loss(label, predict(shuffled)) - baseline
    }),
  )
  const mean = Float64Array.from(raw, (values) => average(values))
  const std = Float64Array.from(raw, (values, f) =>
    Math.sqrt(average(values.map((value) => (value - mean[f]!) ** 2))),
  )
  return { baseline, mean, std, raw }
}

/** The mean squared error of predictions, in squared units of the label. */
export const squaredLoss: Loss = (label, prediction) => {
  let sum = 0
  for (let i = 0; i < label.length; i++) sum += (label[i]! - prediction[i]!) ** 2
  return sum / label.length
}

const average = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
