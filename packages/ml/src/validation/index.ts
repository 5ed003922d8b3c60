export { columnListMismatch, columnSetMismatch } from './column-mismatch.ts'
export { isParseableDate } from './date-parsing.ts'
export type { Arguments, ExpectationResult, Validated, Value, Values } from './expectation.ts'
export { comparePartitions, expectedShares, type Holdouts } from './partition-divergence.ts'
export { readRowCondition } from './read-row-condition.ts'
export {
  listUnexpected,
  type ResultFormat,
  readResultFormat,
  resultFormats,
  type UnexpectedRows,
} from './result-format.ts'
export type { Constant, RowCondition, Sign } from './row-condition.ts'
export { strftimePattern } from './strftime.ts'
export {
  checkExpectation,
  EXPECTATION_NAMES,
  type FormattedResult,
  formatExpectation,
} from './validate.ts'
