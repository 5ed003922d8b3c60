export type { Arguments, ExpectationResult, Validated, Value, Values } from './expectation.ts'
export { checkExpectation, EXPECTATION_NAMES } from './validate.ts'
