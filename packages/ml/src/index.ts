export * from './data/index.ts'
export * from './drift/index.ts'
export * from './estimators/index.ts'
export { MlError, type MlErrorCode } from './ml-error.ts'
export * from './onnx/index.ts'
export {
  describeInsufficient,
  type Insufficient,
  insufficient,
  type Outcome,
  requireOk,
} from './outcome.ts'
export * from './random/index.ts'
export * from './special/index.ts'
export * from './trees/index.ts'
