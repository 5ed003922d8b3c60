/**
 * Main of an inference thread: holds each model in the kernel or in an onnxruntime session; `run` blocks this thread and
 * no other. The library of onnxruntime is loaded with the first model that needs it.
 */
import { readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { KernelModel } from '../kernel/kernel-model.ts'
import type { ThreadAnswer, ThreadFailure, ThreadRequest } from '../messages.ts'
import { packTensors, transferAboveBytes, unpackTensors } from '../pack.ts'
import { SessionFailure } from '../session-failure.ts'
import type { OnnxSession } from './onnx-session.ts'

// onnxruntime-node cannot read a Float16Array; where the global is missing it takes and gives the bits of half floats.
Reflect.deleteProperty(globalThis, 'Float16Array')

type Answered = Extract<ThreadRequest, { readonly id: number }>
type Load = Extract<ThreadRequest, { readonly kind: 'load' }>
type Run = Extract<ThreadRequest, { readonly kind: 'run' }>

/** A model as this thread holds it; a session is opened where the kernel cannot compute it, or may not. */
interface Held {
  readonly source: string | Uint8Array
  readonly kernel: KernelModel | undefined
  session: OnnxSession | undefined
}

const models = new Map<number, Held>()

const bytesOf = (source: string | Uint8Array): Uint8Array =>
  typeof source === 'string' ? readFileSync(source) : source

async function openSession(source: string | Uint8Array): Promise<OnnxSession> {
  const { OnnxSession } = await import('./onnx-session.ts')
  return OnnxSession.open(bytesOf(source))
}

async function load({ id, model, source, kernel: mayUseKernel }: Load): Promise<ThreadAnswer> {
  const kernel = mayUseKernel ? KernelModel.open(bytesOf(source)) : undefined
  const session = kernel ? undefined : await openSession(source)
  models.set(model, { source, kernel, session })
  const { signature } = (kernel ?? session)!
  return { id, signature, runtime: kernel ? 'kaizen' : 'onnxruntime' }
}

function run(request: Run): ThreadAnswer | Promise<ThreadAnswer> {
  const held = models.get(request.model)
  if (!held) {
    throw new SessionFailure({
      code: 'UNAVAILABLE',
      message: 'the model is not loaded any more',
      hint: undefined,
    })
  }
  const { kernel, session } = held
  if (kernel && !request.native) return ranIn(kernel, request)
  return session ? ranIn(session, request) : runForced(held, request)
}

/** The first run of a model on onnxruntime that the kernel computes otherwise. */
async function runForced(held: Held, request: Run): Promise<ThreadAnswer> {
  held.session = await openSession(held.source)
  return ranIn(held.session, request)
}

function ranIn(session: KernelModel | OnnxSession, request: Run): ThreadAnswer {
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

function answer(request: Answered): ThreadAnswer | Promise<ThreadAnswer> {
  switch (request.kind) {
    case 'load':
      return load(request)
    case 'unload':
      models.get(request.model)?.session?.release()
      models.delete(request.model)
      return { id: request.id, done: true }
    case 'run':
      return run(request)
  }
}

const failed = ({ id }: Answered, failure: unknown): ThreadAnswer => ({
  id,
  failure: failureOf(failure),
})

/** Answers gather until this thread has nothing else to do, but no longer than this. */
const gatherMs = 1
let outbox: ThreadAnswer[] = []
let firstAt = 0
let asked = 0

function reply(answered: ThreadAnswer): void {
  asked--
  if (outbox.length === 0) firstAt = performance.now()
  outbox.push(answered)
  if (asked === 0 || performance.now() - firstAt >= gatherMs) send()
}

function send(): void {
  const buffers = outbox.flatMap((each) =>
    'outputs' in each && each.outputs.numbers.byteLength > transferAboveBytes
      ? [each.outputs.numbers]
      : [],
  )
  parentPort?.postMessage(outbox, buffers)
  outbox = []
}

/** What opening a session has put off: everything after it keeps its place. */
let putOff: Promise<void> | undefined

function take(request: Answered): void {
  if (putOff) {
    putOffUntil(putOff.then(() => begin(request)))
    return
  }
  const waiting = begin(request)
  if (!waiting) return
  if (outbox.length > 0) send()
  putOffUntil(waiting)
}

function putOffUntil(done: Promise<void>): void {
  putOff = done
  void done.then(() => {
    if (putOff === done) putOff = undefined
  })
}

/** Answers at once where that can be. */
function begin(request: Answered): Promise<void> | undefined {
  try {
    const answered = answer(request)
    if (!(answered instanceof Promise)) {
      reply(answered)
      return undefined
    }
    return answered.catch((failure: unknown) => failed(request, failure)).then(reply)
  } catch (failure) {
    reply(failed(request, failure))
    return undefined
  }
}

parentPort?.on('message', (requests: readonly ThreadRequest[]) => {
  asked += requests.length
  for (const request of requests) {
    if (request.kind === 'crash') throw new Error('asked to crash')
    take(request)
  }
})
