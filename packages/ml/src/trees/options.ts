import type { Table } from '../data/table.ts'
import {
  checkChoice,
  checkNames,
  checkNumber,
  checkObject,
  type NumberRange,
} from '../estimators/option-checks.ts'
import { type TargetTransform, targetTransforms } from '../preprocessing/target-transform.ts'
import { type ObjectiveName, objectiveNames } from './objectives.ts'

/** How to boost; every field has a default. */
export interface BoostingOptions {
  /** Default: `squared-error` for a numeric target, else by the number of classes. */
  readonly objective?: ObjectiveName
  /** Trees (by output), 1 to 100,000; default 100. */
  readonly iterations?: number
  /** Shrinkage of each tree, above 0 up to 1; default 0.1. */
  readonly learningRate?: number
  /** Leaves of a tree, 2 to 4096; default 31. */
  readonly maxLeaves?: number
  /** Levels of a tree, from 1; default: no limit. */
  readonly maxDepth?: number
  /** Rows that each leaf must have, from 1; default 20. */
  readonly minSamplesLeaf?: number
  /** Sum of second derivatives that each leaf must have, from 1e-9; default 0.001. */
  readonly minHessianLeaf?: number
  /** Ridge penalty on leaf values; default 0. */
  readonly l2?: number
  /** Reduction of the loss below which a leaf stays; default 0. */
  readonly minGainToSplit?: number
  /** Bins of a feature besides the missing one, 2 to 255; default 255. */
  readonly maxBins?: number
  /** Smoothing when categories are ordered, and rows below which one is not ranked; default 10. */
  readonly categorySmoothing?: number
  /** Ridge penalty added in splits among many categories; default 10. */
  readonly categoryL2?: number
  /**
   * By feature: 1 when the prediction must not fall as it rises, -1 when it must not rise. For
   * numeric features of a regression or of two classes.
   */
  readonly monotone?: Readonly<Record<string, 1 | -1 | 0>>
  /** Share of rows each tree sees, above 0 up to 1; default 1. */
  readonly rowFraction?: number
  /** Share of features each tree sees, above 0 up to 1; default 1. */
  readonly featureFraction?: number
  /** Stops when the loss on held-out rows has not fallen for `rounds` trees; the best length is kept. */
  readonly earlyStopping?: {
    readonly rounds: number
    /** A table with the target; without it `fraction` (default 0.1) of the training rows is held out. */
    readonly validation?: Table
    readonly fraction?: number
  }
  /** What a regression learns in place of the target, undone in predictions; default `none`. */
  readonly targetTransform?: TargetTransform
  /** Called after each iteration; the validation loss is null without early stopping. */
  readonly onIteration?: (iteration: number, validationLoss: number | null) => void
  /** Integer that fixes every random choice; default 0. */
  readonly seed?: number
}

type Optional = 'objective' | 'earlyStopping' | 'onIteration'

/** Options with every default filled in. */
export type ResolvedBoosting = Required<Omit<BoostingOptions, Optional>> &
  Pick<BoostingOptions, Optional>

const defaults = {
  iterations: 100,
  learningRate: 0.1,
  maxLeaves: 31,
  maxDepth: Number.MAX_SAFE_INTEGER,
  minSamplesLeaf: 20,
  minHessianLeaf: 1e-3,
  l2: 0,
  minGainToSplit: 0,
  maxBins: 255,
  categorySmoothing: 10,
  categoryL2: 10,
  monotone: {},
  rowFraction: 1,
  featureFraction: 1,
  targetTransform: 'none',
  seed: 0,
} as const

type NumberOption = Exclude<keyof typeof defaults, 'monotone' | 'targetTransform'>

const ranges: Readonly<Record<NumberOption, NumberRange>> = {
  iterations: { min: 1, max: 100_000, integer: true },
  learningRate: { min: Number.MIN_VALUE, max: 1 },
  maxLeaves: { min: 2, max: 4096, integer: true },
  maxDepth: { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true },
  minSamplesLeaf: { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true },
  minHessianLeaf: { min: 1e-9, max: Number.MAX_VALUE },
  l2: { min: 0, max: Number.MAX_VALUE },
  minGainToSplit: { min: 0, max: Number.MAX_VALUE },
  maxBins: { min: 2, max: 255, integer: true },
  categorySmoothing: { min: 0, max: Number.MAX_VALUE },
  categoryL2: { min: 0, max: Number.MAX_VALUE },
  rowFraction: { min: Number.MIN_VALUE, max: 1 },
  featureFraction: { min: Number.MIN_VALUE, max: 1 },
  seed: { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, integer: true },
}

const names = [...Object.keys(defaults), 'objective', 'earlyStopping', 'onIteration']

/**
 * Fills in defaults.
 * @throws MlError for an unknown option or a value out of range, naming both and the range.
 */
export const resolveBoosting = (options: BoostingOptions): ResolvedBoosting => {
  checkNames('gradient boosting', options, names)
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  )
  const resolved: ResolvedBoosting = { ...defaults, ...given }
  for (const [name, range] of Object.entries(ranges)) {
    checkNumber(name, resolved[name as NumberOption], range)
  }
  if (resolved.objective !== undefined) {
    checkChoice('objective', resolved.objective, objectiveNames)
  }
  checkChoice('targetTransform', resolved.targetTransform, targetTransforms)
  checkObject('monotone', resolved.monotone)
  checkStopping(resolved.earlyStopping)
  return resolved
}

const checkStopping = (stopping: BoostingOptions['earlyStopping']): void => {
  if (stopping === undefined) return
  checkObject('earlyStopping', stopping)
  checkNames("option 'earlyStopping'", stopping, ['rounds', 'validation', 'fraction'])
  const limit = { max: Number.MAX_SAFE_INTEGER, integer: true } as const
  checkNumber('earlyStopping.rounds', stopping.rounds, { min: 1, ...limit })
  const range = { min: Number.MIN_VALUE, max: 1 - Number.EPSILON }
  checkNumber('earlyStopping.fraction', stopping.fraction ?? 0.1, range)
}
