import type { Feature } from '../data/features.ts'
import type { Classes } from '../data/target.ts'
import type { FeatureImportance, Prediction } from './estimator.ts'

/** Labels the rows by their most probable class; of equal ones the first. */
export const classify = (classes: Classes, probabilities: Float64Array): Prediction => {
  const count = classes.length
  const labels = new Int32Array(probabilities.length / count)
  for (let row = 0; row < labels.length; row++) {
    let best = 0
    for (let c = 1; c < count; c++) {
      if (probabilities[row * count + c]! > probabilities[row * count + best]!) best = c
    }
    labels[row] = best
  }
  return { task: 'classification', classes, labels, probabilities }
}

/** Importances as shares of their sum, largest first; all zero when there is none. */
export const rankImportance = (
  features: readonly Feature[],
  amounts: Float64Array,
): FeatureImportance[] => {
  const total = amounts.reduce((sum, amount) => sum + amount, 0)
  return features
    .map(({ name }, index) => ({
      feature: name,
      importance: total > 0 ? amounts[index]! / total : 0,
    }))
    .sort((a, b) => b.importance - a.importance)
}
