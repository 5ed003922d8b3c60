import { z } from 'zod'

/**
 * How the features of each row add up to an answer, in the scale of the link: for every target
 * `score = base + sum of values`, and the answer is the score itself (`identity`), its logistic function (`logit`), its
 * share of all exponentials (`softmax`) or its exponential (`log`).
 */
export const explanationView = z.object({
  /** `permutation-shap` is an estimate; the others are exact against the background. */
  method: z.enum(['tree-shap', 'linear-shap', 'exact-shapley', 'permutation-shap']),
  exact: z.boolean(),
  link: z.enum(['identity', 'logit', 'softmax', 'log']),
  /** Name of the output that is explained. */
  output: z.string(),
  features: z.array(z.string()),
  /** One number a row, or one a class; `label` is the name of the class where an answer has shown it. */
  targets: z.array(z.object({ name: z.string(), label: z.string().nullable(), base: z.number() })),
  /** By row, then by target; values are in the order of `features`. */
  rows: z.array(z.array(z.object({ score: z.number(), values: z.array(z.number()) }))),
  /** Rows that stand for absent features: of the log of the endpoint, or one of zeros. */
  background: z.object({ rows: z.number().int(), source: z.enum(['log', 'zeros']) }),
  /** Largest difference between an answer and what its values add up to. */
  residual: z.number(),
  /** Largest standard error of a value; null where values are exact or the time allowed one walk only. */
  standardError: z.number().nullable(),
  /** Rows that the model computed for the explanation. */
  evaluations: z.number().int(),
  budgetMs: z.number(),
  tookMs: z.number(),
})
export type ExplanationView = z.output<typeof explanationView>
