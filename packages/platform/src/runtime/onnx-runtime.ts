import { availableParallelism } from 'node:os'
import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import { InferenceThread } from './inference-thread.ts'
import { InlineSession } from './inline-session.ts'
import type { ThreadAnswer, ThreadFailure, ThreadRequest } from './messages.ts'
import type { LoadedModel, ModelRuntime, Tensor, Tensors } from './model.ts'
import { packTensors, unpackTensors } from './pack.ts'

export interface OnnxRuntimeOptions {
  /** Inference threads; each computes one request at a time on one core. As many as cores, at most 4, unless told. */
  readonly threads?: number
  /** Requests that may wait or run before more are refused; 1,024 unless told. */
  readonly maxPending?: number
  /** A run that takes longer fails, and its thread is replaced; 30 s unless told. */
  readonly runTimeoutMs?: number
  /**
   * Small requests to models that answer them in less than this are computed on the event loop, because waking a thread
   * takes longer; 0.1 ms unless told, 0 for never.
   */
  readonly inlineBelowMs?: number
}

type RunQuestion = Omit<Extract<ThreadRequest, { readonly kind: 'run' }>, 'id'>
type RunAnswer = Extract<ThreadAnswer, { readonly outputs: unknown }>

interface Registered {
  readonly source: string | Uint8Array
  readonly signature: ModelSignature
  readonly inline: InlineSession
}
/** A place for a thread; after a crash another thread takes it once it has loaded every model. */
interface Place {
  thread: InferenceThread
  ready: boolean
  crashes: number
}

const firstPauseMs = 50
const longestPauseMs = 5000

/** ONNX models on onnxruntime: every thread holds a session of every model, and a request goes to the least busy one. */
export class OnnxRuntime implements ModelRuntime {
  readonly #threads: number
  readonly #maxPending: number
  readonly #runTimeoutMs: number
  readonly #inlineBelowMs: number
  readonly #models = new Map<number, Registered>()
  readonly #places: Place[] = []
  #nextModel = 1
  #pending = 0
  #closed = false

  constructor(options: OnnxRuntimeOptions = {}) {
    this.#threads = options.threads ?? Math.min(availableParallelism(), 4)
    this.#maxPending = options.maxPending ?? 1024
    this.#runTimeoutMs = options.runTimeoutMs ?? 30_000
    this.#inlineBelowMs = options.inlineBelowMs ?? 0.1
  }

  /** Requests that wait or run now. */
  get pending(): number {
    return this.#pending
  }

  async load(source: string | Uint8Array): Promise<LoadedModel> {
    this.#start()
    const model = this.#nextModel++
    try {
      // One thread alone, so that a bad file is refused once; a thread that is being replaced loads it by itself.
      const first = this.#leastBusy()
      const signature = await loadInto(first.thread, model, source)
      const inline = new InlineSession(source, signature, this.#inlineBelowMs)
      const registered = { source, signature, inline }
      this.#models.set(model, registered)
      const others = this.#places.filter((place) => place !== first && place.ready)
      await Promise.all(
        others.map(({ thread }) => loadInto(thread, model, source).catch(ignoreLoss)),
      )
      return this.#handle(model, registered)
    } catch (failure) {
      this.#models.delete(model)
      throw failure
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#models.values()].map(({ inline }) => inline.close()))
    await Promise.all(this.#places.map(({ thread }) => thread.close()))
  }

  /** Makes one thread fail, to try out recovery. */
  crashThread(index: number): void {
    this.#places[index]?.thread.crash()
  }

  #handle(model: number, registered: Registered): LoadedModel {
    const { signature, inline } = registered
    return {
      signature,
      run: (inputs, outputs) => this.#run(model, registered, inputs, outputs),
      close: async () => {
        this.#models.delete(model)
        await inline.close()
        // Each thread takes its messages in order, so runs sent before this still end.
        await Promise.all(
          this.#places.map(({ thread }) =>
            thread.ask({ kind: 'unload', model }).catch(() => undefined),
          ),
        )
      },
    }
  }

  async #run(
    model: number,
    { signature, inline }: Registered,
    tensors: Tensors,
    asked: readonly string[] | undefined,
  ): Promise<Tensors> {
    const inputs = inputsOf(signature, tensors)
    const names = asked ?? signature.outputs.map(({ name }) => name)
    const small = InlineSession.isSmall(inputs)
    const { session } = inline
    if (small && session) {
      const { outputs, computeMs } = await session.run(inputs, names).catch(explain)
      inline.observe(computeMs)
      return named(names, outputs)
    }
    const { outputs, computeMs } = await this.#runInThread({
      kind: 'run',
      model,
      inputs: packTensors(inputs),
      outputs: names,
    })
    if (small) inline.observe(computeMs)
    return named(names, unpackTensors(outputs))
  }

  async #runInThread(question: RunQuestion): Promise<RunAnswer> {
    if (this.#pending >= this.#maxPending) {
      throw new KaizenError('OVERLOADED', `${this.#pending} predictions wait already`, {
        hint: 'Send the request again after a second, or send fewer at once.',
      })
    }
    const place = this.#leastBusy()
    const { thread } = place
    this.#pending++
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(this.#tooLong(place, thread)), this.#runTimeoutMs).unref()
    })
    try {
      const answer = await Promise.race([thread.ask(question), deadline])
      if (!('outputs' in answer)) throw new TypeError('a run is answered by outputs')
      return answer
    } finally {
      clearTimeout(timer)
      this.#pending--
    }
  }

  /** A thread that hangs is left to itself and ends with its call; another takes its place at once. */
  #tooLong(place: Place, thread: InferenceThread): KaizenError {
    if (place.thread === thread && place.ready) {
      void this.#replace(place)
      void thread.close()
    }
    return new KaizenError('TIMEOUT', `the model took longer than ${this.#runTimeoutMs} ms`, {
      hint: 'Send fewer rows at once, or serve a smaller model.',
    })
  }

  #leastBusy(): Place {
    let best: Place | undefined
    for (const place of this.#places) {
      if (place.ready && (!best || place.thread.pending < best.thread.pending)) best = place
    }
    if (!best) {
      throw new KaizenError('UNAVAILABLE', 'the inference threads are being restarted', {
        hint: 'Send the request again after a second.',
      })
    }
    return best
  }

  /** Threads start with the first model: a server that serves nothing pays nothing. */
  #start(): void {
    if (this.#closed) throw new KaizenError('UNAVAILABLE', 'the model runtime is shut down')
    while (this.#places.length < this.#threads) {
      const place: Place = { thread: this.#spawn(() => place), ready: true, crashes: 0 }
      this.#places.push(place)
    }
  }

  #spawn(place: () => Place): InferenceThread {
    return new InferenceThread(() => void this.#replace(place()))
  }

  async #replace(place: Place): Promise<void> {
    place.ready = false
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** place.crashes++)
    await new Promise<void>((resolve) => setTimeout(resolve, pauseMs).unref())
    if (this.#closed) return
    const thread = this.#spawn(() => place)
    place.thread = thread
    const loaded = new Set<number>()
    try {
      // Models loaded meanwhile are picked up by the next turn.
      for (;;) {
        const missing = [...this.#models].filter(([model]) => !loaded.has(model))
        if (missing.length === 0) break
        for (const [model, { source }] of missing) {
          await loadInto(thread, model, source)
          loaded.add(model)
        }
      }
      place.ready = true
      setTimeout(() => {
        place.crashes = 0
      }, longestPauseMs).unref()
    } catch {
      // Lost again while loading, which has scheduled the next try; a model file that is gone keeps the place empty.
      if (place.thread === thread) await thread.close()
    }
  }
}

async function loadInto(
  thread: InferenceThread,
  model: number,
  source: string | Uint8Array,
): Promise<ModelSignature> {
  const answer = await thread.ask({ kind: 'load', model, source })
  if (!('signature' in answer)) throw new TypeError('a load is answered by a signature')
  return answer.signature
}

/** A thread that is lost while it loads will load the model when it has been replaced. */
function ignoreLoss(failure: unknown): void {
  if (failure instanceof KaizenError && failure.code === 'UNAVAILABLE') return
  throw failure
}

/** The inputs in the order of the signature. @throws INVALID_TENSOR for one that is missing */
const inputsOf = ({ inputs }: ModelSignature, tensors: Tensors): Tensor[] =>
  inputs.map(({ name }) => {
    const tensor = tensors[name]
    if (tensor) return tensor
    throw new KaizenError('INVALID_TENSOR', `the input "${name}" is missing`)
  })

const named = (names: readonly string[], tensors: readonly Tensor[]): Tensors =>
  Object.fromEntries(tensors.map((tensor, i) => [names[i]!, tensor]))

function explain(failure: unknown): never {
  if (!(failure instanceof Error) || !('failure' in failure)) throw failure
  const { code, message, hint } = failure.failure as ThreadFailure
  throw new KaizenError(code, message, hint === undefined ? {} : { hint })
}

/** Inputs and outputs of a model file, read in a thread of its own. @throws INVALID_MODEL */
export async function inspectModel(source: string | Uint8Array): Promise<ModelSignature> {
  await using runtime = new OnnxRuntime({ threads: 1 })
  return (await runtime.load(source)).signature
}
