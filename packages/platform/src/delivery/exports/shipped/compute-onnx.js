/** Runs the ONNX model of this bundle with onnxruntime. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { run } from './tensors.js'

// The runtime reports uses of itself over the network unless this is set before it is loaded.
process.env.ORT_DISABLE_TELEMETRY ??= '1'
const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node')
const session = await InferenceSession.create(
  readFileSync(new URL('model.onnx', import.meta.url)),
  { intraOpNumThreads: Number(process.env.MODEL_THREADS ?? 1) },
)

export const compute = (inputs, wanted) => run(session, Tensor, { inputs, wanted })
