/** Main of an inference thread: holds one onnxruntime session a model; `run` blocks this thread and no other. */
import { readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { ModelSignature, TensorSpec } from '@kaizen/contracts'
import ort from 'onnxruntime-node'
import { datatypeOfOrt, ortTypes } from './datatypes.ts'
import type { ThreadAnswer, ThreadFailure, ThreadRequest } from './messages.ts'
import type { Tensor } from './model.ts'
import { findOnnxProblem } from './onnx-file.ts'
import { type PackedTensors, packTensors, transferAboveBytes, unpackTensors } from './pack.ts'

// onnxruntime-node cannot read a Float16Array; where the global is missing it takes and gives the bits of half floats.
Reflect.deleteProperty(globalThis, 'Float16Array')

type Answered = Extract<ThreadRequest, { readonly id: number }>

/** A session is released when it is unloaded and its last run has ended: `run` begins a turn of the loop later. */
interface Loaded {
  readonly session: ort.InferenceSession
  running: number
  unloaded: boolean
}

const models = new Map<number, Loaded>()

class Refusal extends Error {
  readonly failure: ThreadFailure

  constructor(failure: ThreadFailure) {
    super(failure.message)
    this.failure = failure
  }
}

const invalidModel = (message: string, hint?: string): Refusal =>
  new Refusal({ code: 'INVALID_MODEL', message, hint })

async function load(model: number, source: string | Uint8Array): Promise<ModelSignature> {
  const bytes = typeof source === 'string' ? readFileSync(source) : source
  const problem = findOnnxProblem(bytes)
  if (problem) throw invalidModel(problem.message, problem.hint)
  const session = await createSession(bytes)
  try {
    const signature = signatureOf(session)
    models.set(model, { session, running: 0, unloaded: false })
    return signature
  } catch (failure) {
    await session.release()
    throw failure
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

async function run({
  model: id,
  inputs,
  outputs,
}: Extract<ThreadRequest, { kind: 'run' }>): Promise<PackedTensors> {
  const model = models.get(id)
  if (!model) {
    throw new Refusal({
      code: 'UNAVAILABLE',
      message: 'the model is not loaded any more',
      hint: undefined,
    })
  }
  const { session } = model
  model.running++
  try {
    const feeds: Record<string, ort.Tensor> = {}
    for (const [i, tensor] of unpackTensors(inputs).entries()) {
      feeds[session.inputNames[i]!] = ortTensor(tensor)
    }
    const wanted = outputs ?? session.outputNames
    const answers = await session.run(feeds, wanted)
    return packTensors(wanted.map((name) => ownTensor(answers[name]!)))
  } finally {
    model.running--
    if (model.unloaded && model.running === 0) await session.release()
  }
}

const ortTensor = ({ datatype, data, shape }: Tensor): ort.Tensor =>
  new ort.Tensor(ortTypes[datatype] as 'float32', data as Float32Array, shape)

function ownTensor({ type, dims, data }: ort.Tensor): Tensor {
  const datatype = datatypeOfOrt(type)
  if (!datatype) throw new TypeError(`onnxruntime answered the unknown type ${type}`)
  return { datatype, shape: dims, data: data as Tensor['data'] }
}

async function unload(id: number): Promise<void> {
  const model = models.get(id)
  if (!model) return
  models.delete(id)
  model.unloaded = true
  if (model.running === 0) await model.session.release()
}

const messageOf = (failure: unknown): string =>
  failure instanceof Error ? failure.message : String(failure)

const failureOf = (failure: unknown, kind: Answered['kind']): ThreadFailure => {
  if (failure instanceof Refusal) return failure.failure
  const message = messageOf(failure)
  return kind === 'run'
    ? {
        code: 'INVALID_TENSOR',
        message: `the model cannot compute on these inputs: ${message}`,
        hint: 'Compare names, datatypes and shapes with the signature of the model.',
      }
    : {
        code: 'INVALID_MODEL',
        message: `the model file cannot be read: ${message}`,
        hint: undefined,
      }
}

async function answer(request: Answered): Promise<ThreadAnswer> {
  const { id } = request
  try {
    switch (request.kind) {
      case 'load':
        return { id, signature: await load(request.model, request.source) }
      case 'unload':
        await unload(request.model)
        return { id, done: true }
      case 'run':
        return { id, outputs: await run(request) }
    }
  } catch (failure) {
    return { id, failure: failureOf(failure, request.kind) }
  }
}

/** Answers gather until this thread has nothing else to do, but no longer than this. */
const gatherMs = 1
let outbox: ThreadAnswer[] = []
let firstAt = 0
let asked = 0

function reply(answered: ThreadAnswer): void {
  asked--
  if (outbox.length === 0) firstAt = performance.now()
  outbox.push(answered)
  if (asked > 0 && performance.now() - firstAt < gatherMs) return
  const buffers = outbox.flatMap((each) =>
    'outputs' in each && each.outputs.numbers.byteLength > transferAboveBytes
      ? [each.outputs.numbers]
      : [],
  )
  parentPort?.postMessage(outbox, buffers)
  outbox = []
}

parentPort?.on('message', (requests: readonly ThreadRequest[]) => {
  for (const request of requests) {
    if (request.kind === 'crash') throw new Error('asked to crash')
    asked++
    void answer(request).then(reply)
  }
})
