import type { Value } from '../validation/expectation.ts'
import { checkExpectation, EXPECTATION_NAMES } from '../validation/validate.ts'
import type { ParityFunction } from './parity-function.ts'
import { group, values } from './values.ts'

/** The validation family of the parity schema: the names of Great Expectations. */
export const VALIDATION_FUNCTIONS: Readonly<Record<string, ParityFunction>> = Object.fromEntries(
  EXPECTATION_NAMES.map((name): [string, ParityFunction] => [
    name,
    (inputs, parameters) => {
      const parts = group(inputs, 'columns')
      const columns = Object.fromEntries(
        Object.keys(parts).map((column) => [column, values(parts, column) as readonly Value[]]),
      )
      return checkExpectation(name, { columns }, parameters)
    },
  ]),
)
