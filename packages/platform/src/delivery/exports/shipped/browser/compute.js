/** Runs the model of this folder with onnxruntime's WebAssembly build. */
import * as ort from './ort.wasm.bundle.min.mjs'
import { run } from './tensors.js'

// More threads would need workers, which the page's policy does not let in.
ort.env.wasm.numThreads = 1
ort.env.wasm.wasmPaths = { wasm: new URL('ort-wasm-simd-threaded.wasm', import.meta.url).href }

/** Loads a model; what it answers computes tensors `{ name, datatype, shape, data }`. */
export async function load(content, { outputs }) {
  const session = await ort.InferenceSession.create(content, { executionProviders: ['wasm'] })
  return (inputs) => run(session, ort.Tensor, { inputs, wanted: outputs })
}
