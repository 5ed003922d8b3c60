export * from './bandits/index.ts'
export * from './data/index.ts'
export * from './detectors/index.ts'
export * from './drift/index.ts'
export * from './estimation/index.ts'
export * from './estimators/index.ts'
export * from './explanations/index.ts'
export * from './fairness/index.ts'
export * from './linear/index.ts'
export * from './metrics/index.ts'
export { MlError, type MlErrorCode } from './ml-error.ts'
export { sortedFinite } from './numeric/sort.ts'
export * from './onnx/index.ts'
export {
  describeInsufficient,
  type Insufficient,
  insufficient,
  type Outcome,
  requireOk,
} from './outcome.ts'
export * from './outliers/index.ts'
export * from './preprocessing/index.ts'
export * from './profile/index.ts'
export * from './random/index.ts'
export * from './sampling/index.ts'
export * from './sequential/index.ts'
export * from './sketches/index.ts'
export * from './special/index.ts'
export * from './trees/index.ts'
export {
  type Arguments,
  checkExpectation,
  EXPECTATION_NAMES,
  type ExpectationResult,
  isParseableDate,
  strftimePattern,
  type Validated,
} from './validation/index.ts'
