import { checkRows } from '../metrics/rows.ts'
import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import type { Attributions } from './attribution.ts'

/** A model that adds up its features: `intercept + sum of coefficient * feature`. */
export interface LinearFunction {
  readonly intercept: number
  readonly coefficients: Numbers
}

/**
 * Exact Shapley values of a linear model with features taken as independent (interventional): coefficient times the distance
 * of the feature from its mean over the background rows (Štrumbelj and Kononenko 2014; Lundberg and Lee 2017, corollary 1). In the unit of the
 * model's sum: log-odds of a logistic model.
 * @throws MlError when there are no background rows, or rows that lack a feature or hold something not finite.
 */
export const linearShap = (
  { intercept, coefficients }: LinearFunction,
  rows: readonly Numbers[],
  background: readonly Numbers[],
): Attributions => {
  const features = coefficients.length
  if (background.length === 0) {
    throw new MlError('invalid_input', 'there are no background rows', 'pass at least one')
  }
  for (const [i, row] of [...rows, ...background].entries()) {
    if (checkRows({ row }) === features) continue
    throw new MlError(
      'invalid_input',
      `row ${i} has ${row.length} values for ${features} coefficients`,
      'give every row one value for each coefficient',
    )
  }
  const means = Float64Array.from({ length: features }, (_, k) => {
    const sum = background.reduce((total, row) => total + row[k]!, 0)
    return sum / background.length
  })
  const output = (row: Numbers) => {
    let sum = intercept
    for (let k = 0; k < features; k++) sum += coefficients[k]! * row[k]!
    return sum
  }
  return {
    method: 'linear-shap',
    baseValue: output(means),
    values: rows.map((row) =>
      Float64Array.from({ length: features }, (_, k) => coefficients[k]! * (row[k]! - means[k]!)),
    ),
    predictions: Float64Array.from(rows, output),
  }
}
