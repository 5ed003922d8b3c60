export { isParseableDate } from './date-parsing.ts'
export type { Arguments, ExpectationResult, Validated, Value, Values } from './expectation.ts'
export { strftimePattern } from './strftime.ts'
export { checkExpectation, EXPECTATION_NAMES } from './validate.ts'
