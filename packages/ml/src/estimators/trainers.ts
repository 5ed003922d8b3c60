import { MlError } from '../ml-error.ts'
import { restoreBoostedTrees } from '../trees/boosted-trees.ts'
import { gradientBoosting } from '../trees/gradient-boosting.ts'
import type { FittedModel, ModelState } from './estimator.ts'

/** Every built-in way to train, by name. */
export const trainers = {
  'gradient-boosting': gradientBoosting,
} as const

/**
 * A model from its serialised state.
 * @throws MlError when the state is of an unknown kind or format.
 */
export const restoreModel = (state: ModelState): FittedModel => {
  if (state.format !== 1) {
    throw new MlError(
      'invalid_state',
      `model state has format ${state.format}, this program reads 1`,
      'read it with the version of Kaizen that wrote it, or a newer one',
    )
  }
  return restoreBoostedTrees(state)
}
