import { encodeFeatures, type Feature, featuresOf } from '../data/features.ts'
import { type Table, takeRows } from '../data/table.ts'
import { classIndices, classTarget, numericTarget, type Target } from '../data/target.ts'
import {
  chooseFeatures,
  type Estimator,
  type FitOptions,
  weightsOf,
} from '../estimators/estimator.ts'
import { MlError } from '../ml-error.ts'
import { permutation, seededRandom } from '../random/random.ts'
import { BoostedTrees } from './boosted-trees.ts'
import { boost, type LabelledRows } from './boosting.ts'
import { type Objective, type ObjectiveName, objectiveOf } from './objectives.ts'
import { type BoostingOptions, type ResolvedBoosting, resolveBoosting } from './options.ts'

/** Most rows that the exact histogram sums have room for. */
const maxRows = 2 ** 24

/** Histogram gradient boosting with native missing values and categories. */
export const gradientBoosting: Estimator<BoostingOptions> = {
  kind: 'gradient-boosting',
  fit: (table, target, given = {}) => {
    const { features: _, weightColumn: __, ...own } = given
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
    const learnt = targetOf(table, target, options.objective)
    const objective = chooseObjective(options, learnt)
    checkMonotone(options, features, objective)
    const whole = rowsOf(table, { target, features, learnt, options: given })
    const { training, validation } = holdOut(table, whole, options, (other) =>
      rowsOf(other, {
        target,
        features,
        learnt: labelsLike(other, target, learnt),
        options: given,
      }),
    )
    checkPoisson(objective, learnt, target)
    const ensemble = boost(training, validation, { features, objective, options })
    return new BoostedTrees({
      target,
      features,
      classes: learnt.classes,
      objective: objective.name,
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

const targetOf = (table: Table, name: string, objective: ObjectiveName | undefined): Target => {
  const column = table.columns.find((candidate) => candidate.name === name)
  const isClass = objective ? classObjectives.includes(objective) : column?.kind === 'categorical'
  return isClass ? classTarget(table, name) : numericTarget(table, name)
}

const labelsLike = (table: Table, name: string, { classes }: Target): Target =>
  classes
    ? { values: classIndices(table, name, classes), classes }
    : { ...numericTarget(table, name), classes }

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

/** Parts training from validation rows when early stopping asks for them. */
const holdOut = (
  table: Table,
  whole: LabelledRows,
  options: ResolvedBoosting,
  read: (table: Table) => LabelledRows,
): { readonly training: LabelledRows; readonly validation: LabelledRows | null } => {
  const stopping = options.earlyStopping
  if (!stopping) return { training: whole, validation: null }
  if (stopping.validation) return { training: whole, validation: read(stopping.validation) }
  const heldOut = Math.round(table.rowCount * (stopping.fraction ?? 0.1))
  if (heldOut < 1 || heldOut >= table.rowCount) {
    throw new MlError(
      'invalid_option',
      `early stopping would hold out ${heldOut} of ${table.rowCount} rows`,
      "give more rows, another 'earlyStopping.fraction', or 'earlyStopping.validation'",
    )
  }
  const order = permutation(table.rowCount, seededRandom(options.seed + 1))
  const part = (from: number, to: number): LabelledRows => {
    const rows = order.slice(from, to).sort()
    const pick = (values: Float64Array): Float64Array =>
      Float64Array.from(rows, (row) => values[row]!)
    const { values, weights } = whole.labels
    const taken = takeRows(table, rows)
    return {
      table: read(taken).table,
      labels: { values: pick(values), weights: weights && pick(weights) },
    }
  }
  return { training: part(heldOut, table.rowCount), validation: part(0, heldOut) }
}
