/** Models as functions of tensors, computed off the event loop. */

export {
  allocate,
  type Datatype,
  datatypes,
  elementBytes,
  elementCount,
  isDatatype,
  type TensorData,
} from './datatypes.ts'
export type {
  BatchRule,
  LoadedModel,
  ModelRuntime,
  ModelWork,
  RanIn,
  RunOptions,
  RuntimeName,
  Tensor,
  Tensors,
} from './model.ts'
export { type FolderFile, packFolder } from './model-folder.ts'
export { ModelRuntimes } from './model-runtimes.ts'
export {
  type GraphAttribute,
  type GraphTensor,
  type OnnxGraph,
  type OnnxNode,
  readOnnxGraph,
  UnreadableGraph,
} from './onnx/onnx-graph.ts'
export { inspectModel, OnnxRuntime, type OnnxRuntimeOptions } from './onnx/onnx-runtime.ts'
export { eachField, WireError } from './onnx/onnx-wire.ts'
export { type PackedTensors, packTensors, unpackTensors } from './pack.ts'
export { type CodeStep, CodeSteps } from './python/code-steps.ts'
export { environmentModes } from './python/environments.ts'
export { PythonRuntime, type PythonRuntimeOptions } from './python/python-runtime.ts'
