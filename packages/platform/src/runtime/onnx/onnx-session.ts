import type { ModelSignature, TensorSpec } from '@kaizen/contracts'
import ort from 'onnxruntime-node'
import { type Binding, binding, initOrt } from 'onnxruntime-node/dist/binding.js'
import { datatypeOfElement, datatypeOfOrt, ortTypes } from '../datatypes.ts'
import type { Tensor } from '../model.ts'
import { SessionFailure } from '../session-failure.ts'
import { findOnnxProblem } from './onnx-file.ts'

const invalidModel = (message: string, hint?: string): SessionFailure =>
  new SessionFailure({ code: 'INVALID_MODEL', message, hint })

/**
 * One onnxruntime session; `run` blocks the thread that it was opened on while it computes. It stands on the binding
 * itself: the session that the library makes of it puts off every run by a turn of the loop, in which nothing can be
 * added to the run any more.
 */
export class OnnxSession {
  readonly signature: ModelSignature
  readonly #session: Binding.InferenceSession
  readonly #inputNames: readonly string[]
  #released = false

  private constructor(session: Binding.InferenceSession, signature: ModelSignature) {
    this.#session = session
    this.signature = signature
    this.#inputNames = signature.inputs.map(({ name }) => name)
  }

  /** @throws SessionFailure with INVALID_MODEL */
  static open(bytes: Uint8Array): OnnxSession {
    const problem = findOnnxProblem(bytes)
    if (problem) throw invalidModel(problem.message, problem.hint)
    const session = createSession(bytes)
    try {
      return new OnnxSession(session, signatureOf(session))
    } catch (failure) {
      session.dispose()
      throw failure
    }
  }

  /**
   * Inputs in the order of the signature; outputs in the order asked for, with the time that computing took.
   * @throws SessionFailure with INVALID_TENSOR
   */
  run(
    inputs: readonly Tensor[],
    outputs: readonly string[] = this.signature.outputs.map(({ name }) => name),
  ): { readonly outputs: Tensor[]; readonly computeMs: number } {
    try {
      const feeds: Record<string, ort.Tensor> = {}
      for (let i = 0; i < inputs.length; i++) feeds[this.#inputNames[i]!] = ortTensor(inputs[i]!)
      const wanted: Record<string, null> = {}
      for (const name of outputs) wanted[name] = null
      const beganAt = performance.now()
      const answers = this.#session.run(feeds, wanted, runOptions)
      const computeMs = performance.now() - beganAt
      return { outputs: outputs.map((name) => ownTensor(name, answers[name])), computeMs }
    } catch (failure) {
      throw new SessionFailure({
        code: 'INVALID_TENSOR',
        message: `the model cannot compute on these inputs: ${messageOf(failure)}`,
        hint: 'Compare names, datatypes and shapes with the signature of the model.',
      })
    }
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.#session.dispose()
  }
}

const runOptions = {}

function createSession(bytes: Uint8Array): Binding.InferenceSession {
  initOrt()
  try {
    const session = new binding.InferenceSession()
    session.loadModel(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
    })
    return session
  } catch (failure) {
    throw invalidModel(
      `onnxruntime cannot load the model: ${messageOf(failure)}`,
      'Check it with onnx.checker.check_model(model, full_check=True) and export it again.',
    )
  }
}

function signatureOf(session: Binding.InferenceSession): ModelSignature {
  return {
    inputs: session.inputMetadata.map((value) => specOf(value, 'input')),
    outputs: session.outputMetadata.map((value) => specOf(value, 'output')),
  }
}

function specOf(value: Binding.ValueMetadata, role: 'input' | 'output'): TensorSpec {
  if (!value.isTensor) {
    throw invalidModel(
      `the ${role} "${value.name}" is a sequence or map, not a tensor`,
      role === 'output'
        ? 'Export with tensors only: for scikit-learn convert_sklearn(..., options={"zipmap": False}).'
        : 'Export the model with tensor inputs.',
    )
  }
  const datatype = datatypeOfElement(value.type)
  if (datatype === undefined) {
    throw invalidModel(
      `the ${role} "${value.name}" has the element type ${value.type} of ONNX, which has no wire form`,
      'Cast it to a standard numeric type, bool or string inside the graph.',
    )
  }
  return { name: value.name, datatype, shape: [...value.shape] }
}

const ortTensor = ({ datatype, data, shape }: Tensor): ort.Tensor =>
  new ort.Tensor(ortTypes[datatype] as 'float32', data as Float32Array, shape)

function ownTensor(
  name: string,
  answer: ort.InferenceSession.ReturnType[string] | undefined,
): Tensor {
  if (!(answer instanceof ort.Tensor)) throw new TypeError(`the model has no output "${name}"`)
  const { type, dims, data } = answer
  const datatype = datatypeOfOrt(type)
  if (!datatype) throw new TypeError(`onnxruntime answered the unknown type ${type}`)
  return { datatype, shape: dims, data: data as Tensor['data'] }
}

const messageOf = (failure: unknown): string =>
  failure instanceof Error ? failure.message : String(failure)
