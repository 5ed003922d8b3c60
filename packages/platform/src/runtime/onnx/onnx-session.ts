import type { ModelSignature, TensorSpec } from '@kaizen/contracts'
import ort from 'onnxruntime-node'
import { datatypeOfOrt, ortTypes } from '../datatypes.ts'
import type { ThreadFailure } from '../messages.ts'
import type { Tensor } from '../model.ts'
import { findOnnxProblem } from './onnx-file.ts'

/** A failure as the thread that computes tells it. */
export class SessionFailure extends Error {
  readonly failure: ThreadFailure

  constructor(failure: ThreadFailure) {
    super(failure.message)
    this.failure = failure
  }
}

const invalidModel = (message: string, hint?: string): SessionFailure =>
  new SessionFailure({ code: 'INVALID_MODEL', message, hint })

/** One onnxruntime session; `run` blocks the thread that it was opened on while it computes. */
export class OnnxSession {
  readonly signature: ModelSignature
  readonly #session: ort.InferenceSession
  #running = 0
  #released = false

  private constructor(session: ort.InferenceSession, signature: ModelSignature) {
    this.#session = session
    this.signature = signature
  }

  /** @throws SessionFailure with INVALID_MODEL */
  static async open(bytes: Uint8Array): Promise<OnnxSession> {
    const problem = findOnnxProblem(bytes)
    if (problem) throw invalidModel(problem.message, problem.hint)
    const session = await createSession(bytes)
    try {
      return new OnnxSession(session, signatureOf(session))
    } catch (failure) {
      await session.release()
      throw failure
    }
  }

  /**
   * Inputs in the order of the signature; outputs in the order asked for, with the time that computing took: not the
   * wait for a turn of the loop. @throws SessionFailure with INVALID_TENSOR
   */
  async run(
    inputs: readonly Tensor[],
    outputs?: readonly string[],
  ): Promise<{ readonly outputs: Tensor[]; readonly computeMs: number }> {
    this.#running++
    let beganAt = 0
    try {
      const feeds: Record<string, ort.Tensor> = {}
      for (const [i, tensor] of inputs.entries()) {
        feeds[this.#session.inputNames[i]!] = ortTensor(tensor)
      }
      const wanted = outputs ?? this.#session.outputNames
      // onnxruntime-node computes in an immediate of its own, which comes right after this one.
      setImmediate(() => {
        beganAt = performance.now()
      })
      const answers = await this.#session.run(feeds, wanted)
      const computeMs = performance.now() - beganAt
      return { outputs: wanted.map((name) => ownTensor(answers[name]!)), computeMs }
    } catch (failure) {
      throw new SessionFailure({
        code: 'INVALID_TENSOR',
        message: `the model cannot compute on these inputs: ${messageOf(failure)}`,
        hint: 'Compare names, datatypes and shapes with the signature of the model.',
      })
    } finally {
      this.#running--
      if (this.#released && this.#running === 0) await this.#session.release()
    }
  }

  /** Frees the session when its last run has ended: `run` begins a turn of the loop after it was called. */
  async release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    if (this.#running === 0) await this.#session.release()
  }
}

async function createSession(bytes: Uint8Array): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
    })
  } catch (failure) {
    throw invalidModel(
      `onnxruntime cannot load the model: ${messageOf(failure)}`,
      'Check it with onnx.checker.check_model(model, full_check=True) and export it again.',
    )
  }
}

function signatureOf(session: ort.InferenceSession): ModelSignature {
  return {
    inputs: session.inputMetadata.map((value) => specOf(value, 'input')),
    outputs: session.outputMetadata.map((value) => specOf(value, 'output')),
  }
}

function specOf(value: ort.InferenceSession.ValueMetadata, role: 'input' | 'output'): TensorSpec {
  if (!value.isTensor) {
    throw invalidModel(
      `the ${role} "${value.name}" is a sequence or map, not a tensor`,
      role === 'output'
        ? 'Export with tensors only: for scikit-learn convert_sklearn(..., options={"zipmap": False}).'
        : 'Export the model with tensor inputs.',
    )
  }
  const datatype = datatypeOfOrt(value.type)
  if (datatype === undefined) {
    throw invalidModel(
      `the ${role} "${value.name}" has the type ${value.type}, which has no wire form`,
      'Cast it to a standard numeric type, bool or string inside the graph.',
    )
  }
  const shape = value.shape.map((size) => (typeof size === 'number' ? size : -1))
  return { name: value.name, datatype, shape }
}

const ortTensor = ({ datatype, data, shape }: Tensor): ort.Tensor =>
  new ort.Tensor(ortTypes[datatype] as 'float32', data as Float32Array, shape)

function ownTensor({ type, dims, data }: ort.Tensor): Tensor {
  const datatype = datatypeOfOrt(type)
  if (!datatype) throw new TypeError(`onnxruntime answered the unknown type ${type}`)
  return { datatype, shape: dims, data: data as Tensor['data'] }
}

const messageOf = (failure: unknown): string =>
  failure instanceof Error ? failure.message : String(failure)
