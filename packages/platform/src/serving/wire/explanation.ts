import type { ExplanationView } from '@kaizen/contracts'
import type { Tensors } from '../../runtime/index.ts'
import type { Explanation } from '../explain/model.ts'

/** An explanation as JSON answers hold it. */
export function explanationView(explanation: Explanation): ExplanationView {
  const { features, targets, rows, values, scores } = explanation
  const perRow = targets.length * features.length
  return {
    method: explanation.method,
    exact: explanation.exact,
    link: explanation.link,
    output: explanation.output,
    features: [...features],
    targets: targets.map(({ name, label, base }) => ({ name, label: label ?? null, base })),
    rows: Array.from({ length: rows }, (_, row) =>
      targets.map((_, target) => {
        const from = row * perRow + target * features.length
        return {
          score: scores[row * targets.length + target]!,
          values: Array.from(values.subarray(from, from + features.length)),
        }
      }),
    ),
    background: explanation.background,
    residual: explanation.residual,
    standardError: explanation.standardError,
    evaluations: explanation.evaluations,
    budgetMs: explanation.budgetMs,
    tookMs: explanation.tookMs,
  }
}

/** An explanation as further outputs of the Open Inference Protocol. */
export function explanationTensors(explanation: Explanation): Tensors {
  const { features, targets, rows, values } = explanation
  return {
    shap_values: {
      datatype: 'FP64',
      shape: [rows, targets.length, features.length],
      data: values,
    },
    shap_base_values: {
      datatype: 'FP64',
      shape: [targets.length],
      data: Float64Array.from(targets, ({ base }) => base),
    },
    shap_features: { datatype: 'BYTES', shape: [features.length], data: features },
    shap_targets: {
      datatype: 'BYTES',
      shape: [targets.length],
      data: targets.map(({ name, label }) => label ?? name),
    },
  }
}

/** What the protocol's parameters say of an explanation. */
export const explanationParameters = (
  explanation: Explanation,
): Readonly<Record<string, string | number | boolean>> => ({
  shap_method: explanation.method,
  shap_exact: explanation.exact,
  shap_link: explanation.link,
  shap_output: explanation.output,
  shap_background_rows: explanation.background.rows,
  shap_background_source: explanation.background.source,
  shap_residual: explanation.residual,
  ...(explanation.standardError === null ? {} : { shap_standard_error: explanation.standardError }),
})
