/** Training: the built-in step that fits a model of `@kaizen/ml` and writes it as ONNX. */
export { trainingSteps } from './builtin-steps.ts'
