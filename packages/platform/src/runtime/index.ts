/** Models as functions of tensors, computed off the event loop. */

export type { BatchRule } from './batching.ts'
export {
  allocate,
  type Datatype,
  datatypes,
  elementBytes,
  elementCount,
  isDatatype,
} from './datatypes.ts'
export type {
  LoadedModel,
  ModelRuntime,
  ModelWork,
  RanIn,
  RunOptions,
  Tensor,
  TensorData,
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
} from './onnx-graph.ts'
export { inspectModel, OnnxRuntime, type OnnxRuntimeOptions } from './onnx-runtime.ts'
export { eachField } from './onnx-wire.ts'
export { environmentModes } from './python/environments.ts'
export { PythonRuntime, type PythonRuntimeOptions } from './python/python-runtime.ts'
