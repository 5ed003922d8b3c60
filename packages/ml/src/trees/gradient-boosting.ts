import { encodeFeatures, type Feature, featuresOf } from '../data/features.ts'
import type { Table } from '../data/table.ts'
import {
  classIndices,
  classTarget,
  numericTarget,
  numericValues,
  type Target,
} from '../data/target.ts'
import {
  chooseFeatures,
  type Estimator,
  type FitOptions,
  weightsOf,
} from '../estimators/estimator.ts'
import { MlError } from '../ml-error.ts'
import { transformTarget } from '../preprocessing/target-transform.ts'
import { BoostedTrees } from './boosted-trees.ts'
import { boost, type LabelledRows } from './boosting.ts'
import { holdOut } from './hold-out.ts'
import { type Objective, type ObjectiveName, objectiveOf } from './objectives.ts'
import { type BoostingOptions, type ResolvedBoosting, resolveBoosting } from './options.ts'

/** Most rows that the exact histogram sums have room for. */
const maxRows = 2 ** 24

/** Histogram gradient boosting with native missing values and categories. */
export const gradientBoosting: Estimator<BoostingOptions> = {
  kind: 'gradient-boosting',
  fit: (table, target, given = {}) => {
    const { features: _features, weightColumn: _weightColumn, ...own } = given
    const options = resolveBoosting(own)
    const names = chooseFeatures(table, target, given)
    if (table.rowCount > maxRows) {
      throw new MlError(
        'unsupported',
        `the table has ${table.rowCount} rows, gradient boosting takes ${maxRows}`,
        'train on a sample of the rows',
      )
    }
    const features = featuresOf(table, names)
    const learnt = targetOf(table, target, options)
    const objective = chooseObjective(options, learnt)
    checkMonotone(options, features, objective)
    const whole = rowsOf(table, { target, features, learnt, options: given })
    checkPoisson(objective, learnt, target)
    const { training, validation } = holdOut(whole, options, (other) => {
      const labels = labelsLike(other, target, learnt, options)
      return rowsOf(other, { target, features, learnt: labels, options: given })
    })
    const ensemble = boost(training, validation, { features, objective, options })
    return new BoostedTrees({
      target,
      features,
      classes: learnt.classes,
      objective: objective.name,
      targetTransform: options.targetTransform,
      ensemble,
      training: {
        rows: training.table.rowCount,
        iterations: ensemble.rounds.length,
        validationLoss: ensemble.validationLoss,
      },
    })
  },
}

const classObjectives: readonly (ObjectiveName | undefined)[] = ['binary-logloss', 'softmax']

const targetOf = (table: Table, name: string, options: ResolvedBoosting): Target => {
  const { objective, targetTransform } = options
  const column = table.columns.find((candidate) => candidate.name === name)
  const isClass = objective ? classObjectives.includes(objective) : column?.kind === 'categorical'
  if (targetTransform !== 'none' && (isClass || objective === 'poisson')) {
    throw new MlError(
      'invalid_option',
      `option 'targetTransform' is '${targetTransform}' for ${objective ?? 'a class target'}`,
      "transform the target of a 'squared-error' regression only",
    )
  }
  return isClass ? classTarget(table, name) : transformed(numericTarget(table, name), name, options)
}

const transformed = (target: Target, name: string, options: ResolvedBoosting): Target => ({
  ...target,
  values: transformTarget(name, target.values, options.targetTransform),
})

const labelsLike = (
  table: Table,
  name: string,
  { classes }: Target,
  options: ResolvedBoosting,
): Target =>
  classes
    ? { values: classIndices(table, name, classes), classes }
    : transformed({ values: numericValues(table, name), classes }, name, options)

const chooseObjective = (options: ResolvedBoosting, { classes }: Target): Objective => {
  const fitting = classes && (classes.length === 2 ? 'binary-logloss' : 'softmax')
  const name = options.objective ?? fitting ?? 'squared-error'
  if (name === 'binary-logloss' && classes?.length !== 2) {
    throw new MlError(
      'invalid_option',
      `objective 'binary-logloss' is for two classes, the target has ${classes?.length}`,
      "use objective 'softmax'",
    )
  }
  return objectiveOf(name, classes?.length ?? 1)
}

const checkPoisson = (objective: Objective, target: Target, name: string): void => {
  if (objective.name !== 'poisson' || target.values.every((value) => value >= 0)) return
  throw new MlError(
    'invalid_input',
    `target '${name}' holds a negative number, a count cannot be one`,
    "use objective 'squared-error', or remove those rows",
  )
}

const checkMonotone = (
  options: ResolvedBoosting,
  features: readonly Feature[],
  objective: Objective,
): void => {
  for (const [name, direction] of Object.entries(options.monotone)) {
    const feature = features.find((candidate) => candidate.name === name)
    const problem =
      feature?.kind !== 'numeric'
        ? 'is not a numeric feature'
        : ![1, 0, -1].includes(direction)
          ? `has direction ${direction}, not 1, 0 or -1`
          : objective.outputs > 1
            ? 'cannot hold for more than two classes'
            : null
    if (problem === null) continue
    throw new MlError(
      'invalid_option',
      `monotone constraint on '${name}' ${problem}`,
      'constrain numeric features of a regression or a two-class model by 1 or -1',
    )
  }
}

const rowsOf = (
  table: Table,
  source: {
    readonly target: string
    readonly features: readonly Feature[]
    readonly learnt: Target
    readonly options: FitOptions
  },
): LabelledRows => ({
  table: encodeFeatures(table, source.features),
  labels: {
    values: source.learnt.values,
    weights: weightsOf(table, source.options.weightColumn),
  },
})
