import type { Table } from '../data/table.ts'
import { logisticRegression, ridgeRegression } from '../linear/estimators.ts'
import { restoreLinearModel } from '../linear/linear-model.ts'
import { MlError } from '../ml-error.ts'
import { restoreBoostedTrees } from '../trees/boosted-trees.ts'
import { gradientBoosting } from '../trees/gradient-boosting.ts'
import { type FittedModel, type ModelKind, type ModelState, modelKinds } from './estimator.ts'

/** Every built-in way to train, by name. */
export const trainers = {
  'gradient-boosting': gradientBoosting,
  linear: ridgeRegression,
  logistic: logisticRegression,
} as const

/**
 * Trains by names and options as a configuration holds them: every option is checked at run time.
 * @throws MlError naming what is wrong and what to do.
 */
export const fitModel = (request: {
  readonly trainer: string
  readonly table: Table
  readonly target: string
  readonly options?: Readonly<Record<string, unknown>>
}): FittedModel => {
  const { trainer, table, target, options = {} } = request
  if (!isModelKind(trainer)) {
    throw new MlError(
      'invalid_option',
      `there is no trainer '${trainer}'`,
      `use one of: ${modelKinds.join(', ')}`,
    )
  }
  return trainers[trainer].fit(table, target, options)
}

const isModelKind = (name: string): name is ModelKind =>
  (modelKinds as readonly string[]).includes(name)

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
  switch (state.kind) {
    case 'gradient-boosting':
      return restoreBoostedTrees(state)
    case 'linear':
    case 'logistic':
      return restoreLinearModel(state)
    default:
      throw new MlError(
        'invalid_state',
        `there is no model kind '${state.kind satisfies never}'`,
        `restore a state that a model's toJSON gave: ${modelKinds.join(', ')}`,
      )
  }
}
