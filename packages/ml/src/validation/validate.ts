import { MlError } from '../ml-error.ts'
import { AGGREGATE_EXPECTATIONS } from './aggregate-expectations.ts'
import { COLUMN_SHAPE_EXPECTATIONS } from './column-shape-expectations.ts'
import type { Arguments, Expectation, ExpectationResult, Validated } from './expectation.ts'
import { MULTI_COLUMN_EXPECTATIONS } from './multi-column-expectations.ts'
import { ROW_EXPECTATIONS } from './row-expectations.ts'

const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  ...ROW_EXPECTATIONS,
  ...AGGREGATE_EXPECTATIONS,
  ...COLUMN_SHAPE_EXPECTATIONS,
  ...MULTI_COLUMN_EXPECTATIONS,
}

/** Names of the expectations that `checkExpectation` knows. */
export const EXPECTATION_NAMES: readonly string[] = Object.keys(EXPECTATIONS).sort()

/**
 * Checks a table against one expectation of Great Expectations, by its name and arguments.
 * @throws MlError when the expectation, a column or an argument is not as it must be.
 */
export const checkExpectation = (
  name: string,
  table: Validated,
  args: Arguments,
): ExpectationResult => {
  const expectation = Object.hasOwn(EXPECTATIONS, name) ? EXPECTATIONS[name] : undefined
  if (expectation) return expectation(table, args)
  throw new MlError(
    'unsupported',
    `the expectation '${name}' is not known`,
    `use one of ${EXPECTATION_NAMES.join(', ')}`,
  )
}
