import { encodeFeatures, featuresOf } from '../data/features.ts'
import type { Table } from '../data/table.ts'
import { classTarget, numericTarget, type Target } from '../data/target.ts'
import {
  chooseFeatures,
  type Estimator,
  type FitOptions,
  weightsOf,
} from '../estimators/estimator.ts'
import { checkChoice, checkNames, checkNumber } from '../estimators/option-checks.ts'
import { MlError } from '../ml-error.ts'
import { fitPreprocessing, type PreprocessingOptions, widthOf } from '../preprocessing/chain.ts'
import {
  type TargetTransform,
  targetTransforms,
  transformTarget,
} from '../preprocessing/target-transform.ts'
import { type Design, designOf, momentsOf } from './design.ts'
import { LinearModel } from './linear-model.ts'
import { fitLogistic } from './logistic.ts'
import { fitRidge, type LinearParameters } from './ridge.ts'

/** How to fit a ridge regression. */
export interface LinearOptions extends PreprocessingOptions {
  /** Penalty on squared coefficients, from 0; default 1. */
  readonly l2?: number
  /** Default `none`. */
  readonly targetTransform?: TargetTransform
}

/** How to fit a logistic regression. */
export interface LogisticOptions extends PreprocessingOptions {
  /** Penalty on squared coefficients, from 0; default 1. */
  readonly l2?: number
  /** Largest part of the mean loss's gradient at the end; default 1e-6. */
  readonly tolerance?: number
  /** Default 1000. */
  readonly maxIterations?: number
}

/** Most columns that a linear model may have after one-hot encoding. */
const maxWidth = 5000

const shared = ['features', 'weightColumn', 'impute', 'imputeCategory', 'scale', 'encode', 'l2']

/** Ridge regression of a numeric target on prepared features. */
export const ridgeRegression: Estimator<LinearOptions> = {
  kind: 'linear',
  fit: (table, target, options = {}) => {
    checkNames('linear regression', options, [...shared, 'targetTransform'])
    const { l2 = 1, targetTransform = 'none' } = options
    checkNumber('l2', l2, { min: 0, max: Number.MAX_VALUE })
    checkChoice('targetTransform', targetTransform, targetTransforms)
    const learnt = (): Target => numericTarget(table, target)
    return fitModel('linear', { table, target, options, learnt }, (design, { values }) =>
      fitRidge(design, transformTarget(target, values, targetTransform), l2),
    )
  },
}

/** Logistic regression of a class target on prepared features. */
export const logisticRegression: Estimator<LogisticOptions> = {
  kind: 'logistic',
  fit: (table, target, options = {}) => {
    checkNames('logistic regression', options, [...shared, 'tolerance', 'maxIterations'])
    const { l2 = 1, tolerance = 1e-6, maxIterations = 1000 } = options
    checkNumber('l2', l2, { min: 0, max: Number.MAX_VALUE })
    checkNumber('tolerance', tolerance, { min: Number.MIN_VALUE, max: 1 })
    checkNumber('maxIterations', maxIterations, { min: 1, max: 1e6, integer: true })
    const learnt = (): Target => classTarget(table, target)
    return fitModel('logistic', { table, target, options, learnt }, (design, { values, classes }) =>
      fitLogistic(design, values, {
        classCount: classes?.length ?? 2,
        l2,
        tolerance,
        maxIterations,
      }),
    )
  },
}

interface Task {
  readonly table: Table
  readonly target: string
  readonly options: PreprocessingOptions &
    FitOptions & { readonly targetTransform?: TargetTransform }
  readonly learnt: () => Target
}

const fitModel = (
  kind: 'linear' | 'logistic',
  { table, target, options, learnt }: Task,
  solve: (design: Design, target: Target) => LinearParameters,
): LinearModel => {
  const features = featuresOf(table, chooseFeatures(table, target, options))
  const encoded = encodeFeatures(table, features)
  const labels = learnt()
  const chain = fitPreprocessing(encoded, features, options)
  const width = widthOf(chain)
  if (width === 0 || width > maxWidth) {
    throw new MlError(
      'invalid_input',
      `the features become ${width} columns, a ${kind} model takes 1 to ${maxWidth}`,
      "leave out features of many categories, or use 'encode': 'ordinal' or gradient boosting",
    )
  }
  const design = designOf(encoded, chain, weightsOf(table, options.weightColumn))
  const parameters = solve(design, labels)
  const training = { rows: table.rowCount, iterations: parameters.iterations, validationLoss: [] }
  return new LinearModel({
    kind,
    target,
    features,
    classes: labels.classes,
    chain,
    targetTransform: options.targetTransform ?? 'none',
    parameters,
    deviations: momentsOf(design).deviations,
    training,
  })
}
