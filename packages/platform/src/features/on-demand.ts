import { type JsonValue, KaizenError } from '@kaizen/contracts'
import type { ResolvedOnDemand } from './model.ts'
import { firstTwice } from './rules.ts'
import { placeOf } from './selection.ts'

/** The rows that a function is given. */
export interface FunctionRows {
  /** Values of each input, in the order of the definition, as they travel. */
  readonly columns: readonly (readonly JsonValue[])[]
  /** For which time each row is wanted, in milliseconds. */
  readonly at: readonly number[]
}

/** `request`: somebody waits; `training`: rows by the thousand, which wait for one another. */
export type FunctionLane = 'request' | 'training'

/** The port to the functions of projects, which run in processes of their own. */
export interface FeatureFunctions {
  /**
   * The features of each row, column by column in the order of the definition.
   * @throws INVALID_REQUEST where the function refuses a row, STEP_FAILED where it answers what it did not declare,
   * TIMEOUT, OVERLOADED, UNAVAILABLE
   */
  compute(
    view: ResolvedOnDemand,
    rows: FunctionRows,
    lane: FunctionLane,
  ): Promise<readonly (readonly JsonValue[])[]>
}

/** What a schema cannot hold. @throws INVALID_REQUEST, NOT_FOUND */
export function checkOnDemand(view: ResolvedOnDemand): void {
  const { name, definition, views } = view
  const { inputs, features } = definition
  const twice =
    firstTwice(inputs.map((input) => input.name)) ?? firstTwice(features.map((one) => one.name))
  if (twice !== undefined) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `on-demand view "${name}": "${twice}" names two of its inputs or features`,
    )
  }
  for (const input of inputs) {
    if (input.from !== 'view') continue
    const source = views.get(input.view)!
    const { type } = source.definition.features[placeOf(source, input.feature)]!
    if (type === input.type || (type === 'integer' && input.type === 'number')) continue
    throw new KaizenError(
      'INVALID_REQUEST',
      `on-demand view "${name}": the input "${input.name}" is of the type ${input.type}, but ${input.view}:${input.feature} is of the type ${type}`,
      { hint: 'Declare the input with the type of the feature.' },
    )
  }
}
