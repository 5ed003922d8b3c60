/** Main of an inference thread: holds one onnxruntime session a model; `run` blocks this thread and no other. */
import { readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { ModelSignature } from '@kaizen/contracts'
import type { ThreadAnswer, ThreadFailure, ThreadRequest } from '../messages.ts'
import { packTensors, transferAboveBytes, unpackTensors } from '../pack.ts'
import { SessionFailure } from '../session-failure.ts'
import { OnnxSession } from './onnx-session.ts'

// onnxruntime-node cannot read a Float16Array; where the global is missing it takes and gives the bits of half floats.
Reflect.deleteProperty(globalThis, 'Float16Array')

type Answered = Extract<ThreadRequest, { readonly id: number }>

const sessions = new Map<number, OnnxSession>()

function load(model: number, source: string | Uint8Array): ModelSignature {
  const session = OnnxSession.open(typeof source === 'string' ? readFileSync(source) : source)
  sessions.set(model, session)
  return session.signature
}

function run(request: Extract<ThreadRequest, { kind: 'run' }>): ThreadAnswer {
  const session = sessions.get(request.model)
  if (!session) {
    throw new SessionFailure({
      code: 'UNAVAILABLE',
      message: 'the model is not loaded any more',
      hint: undefined,
    })
  }
  const { outputs, computeMs } = session.run(unpackTensors(request.inputs), request.outputs)
  return { id: request.id, outputs: packTensors(outputs), computeMs }
}

function failureOf(failure: unknown): ThreadFailure {
  if (failure instanceof SessionFailure) return failure.failure
  const message = failure instanceof Error ? failure.message : String(failure)
  return {
    code: 'INVALID_MODEL',
    message: `the model file cannot be read: ${message}`,
    hint: undefined,
  }
}

function answer(request: Answered): ThreadAnswer {
  const { id } = request
  try {
    switch (request.kind) {
      case 'load':
        return { id, signature: load(request.model, request.source) }
      case 'unload':
        sessions.get(request.model)?.release()
        sessions.delete(request.model)
        return { id, done: true }
      case 'run':
        return run(request)
    }
  } catch (failure) {
    return { id, failure: failureOf(failure) }
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
  asked += requests.length
  for (const request of requests) {
    if (request.kind === 'crash') throw new Error('asked to crash')
    reply(answer(request))
  }
})
