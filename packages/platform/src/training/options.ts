import { KaizenError } from '@kaizen/contracts/errors'
import { modelKinds } from '@kaizen/ml/estimators'
import { z } from 'zod'

/** What the `train` step reads besides the rows; every further field is an option of the method itself. */
const trainOptions = z.looseObject({
  method: z.enum(modelKinds),
  target: z.string().min(1),
  features: z.array(z.string().min(1)).min(1).optional(),
  categorical: z.array(z.string().min(1)).default([]),
  weight: z.string().min(1).optional(),
  task: z.enum(['regression', 'classification']).optional(),
  validation: z.number().min(0).max(0.9).default(0.2),
})

export interface TrainOptions {
  readonly method: (typeof modelKinds)[number]
  readonly target: string
  readonly features: readonly string[] | undefined
  readonly categorical: readonly string[]
  readonly weight: string | undefined
  readonly task: 'regression' | 'classification' | undefined
  /** Share of the last rows that measure the model. */
  readonly validation: number
  /** Options of the method, checked by the method. */
  readonly own: Readonly<Record<string, unknown>>
}

/** @throws INVALID_REQUEST naming the option */
export function parseTrainOptions(given: Readonly<Record<string, unknown>>): TrainOptions {
  const parsed = trainOptions.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new KaizenError(
      'INVALID_REQUEST',
      `option "${issue?.path.map(String).join('.')}" of train: ${issue?.message}`,
    )
  }
  const { method, target, features, categorical, weight, task, validation, ...own } = parsed.data
  return { method, target, features, categorical, weight, task, validation, own }
}
