import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { predictionRecord } from './serving.ts'
import { nameParams } from './shared.ts'

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

/** A logged prediction that is like another case; 0 is the same in every input, 1 as far as any logged one is. */
export const similarCase = predictionRecord.extend({ distance: z.number() })
export type SimilarCase = z.output<typeof similarCase>

export const similarApi = {
  find: endpoint({
    method: 'POST',
    path: '/api/v1/endpoints/:name/similar',
    summary: 'Logged predictions most like a case, with their truth where it has come',
    action: 'view',
    params: nameParams,
    body: z.strictObject({
      /** Values by input, as the log names them: `x[3]` is a place of a matrix. */
      inputs: z
        .record(
          z.string().min(1).max(300),
          z.union([z.number(), z.string().max(10_000), z.boolean()]),
        )
        .refine((inputs) => Object.keys(inputs).length <= 4096, {
          message: 'at most 4,096 inputs',
        }),
      limit: z.number().int().min(1).max(50).default(5),
      /** Leaves this prediction out: the case itself. */
      except: z.string().max(256).optional(),
    }),
    response: z.object({ items: z.array(similarCase), searched: z.number().int() }),
  }),
} as const
