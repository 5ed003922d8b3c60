import './no-telemetry.ts'
import { availableParallelism } from 'node:os'
import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import { batchKey, usualBatchRule } from '../batching.ts'
import type { LoadedModel, ModelRuntime, RunOptions, Tensor, Tensors } from '../model.ts'
import { packTensors, unpackTensors } from '../pack.ts'
import { InlineSession } from './inline-session.ts'
import { openKernel } from './open-kernel.ts'
import {
  attempt,
  inputsOf,
  leave,
  named,
  type Question,
  type RegisteredModel,
  registered,
  unloaded,
} from './registered-model.ts'
import { RunQueue } from './run-queue.ts'
import type { Compute } from './shared-runs.ts'
import { noThread, ThreadPool } from './thread-pool.ts'

export interface OnnxRuntimeOptions {
  /**
   * The most inference threads; each computes one run at a time on one core. As many as cores, at most 4, unless told.
   * One starts with the first model, the others when requests have waited for one.
   */
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
  /** Whether models that it understands are computed by Kaizen's own kernel; so they are unless told. */
  readonly kernel?: boolean
}

/**
 * How long a request waits for others of its turn of the loop. After a pause, as the collector of garbage makes, a turn
 * may bring dozens, and the first would be answered when the last has been read.
 */
const heldMs = 1
/** How long requests wait for a thread before one more starts. */
const growthMs = 20
const inlineLimits = { mostElements: InlineSession.mostElements }

/**
 * ONNX models, on Kaizen's own kernel where it understands them to the last attribute, else on onnxruntime, which is not
 * even loaded before. The kernel computes small requests on the event loop, at once. Any other request goes to a thread
 * at once while one has room; requests that must wait share runs with others to the same model, so batches form under load
 * and never otherwise.
 */
export class OnnxRuntime implements ModelRuntime {
  readonly #maxPending: number
  readonly #runTimeoutMs: number
  readonly #inlineBelowMs: number
  readonly #mayUseKernel: boolean
  readonly #models = new Map<number, RegisteredModel>()
  readonly #threads: ThreadPool
  readonly #queue = new RunQueue<Question>()
  #nextModel = 1
  #nextAlone = 1
  #pending = 0
  #due: NodeJS.Timeout | undefined
  #growth: NodeJS.Timeout | undefined
  #sweep: NodeJS.Timeout | undefined

  constructor(options: OnnxRuntimeOptions = {}) {
    this.#maxPending = options.maxPending ?? 1024
    this.#runTimeoutMs = options.runTimeoutMs ?? 30_000
    this.#inlineBelowMs = options.inlineBelowMs ?? 0.1
    this.#mayUseKernel = options.kernel ?? true
    this.#threads = new ThreadPool({
      threads: options.threads ?? Math.min(availableParallelism(), 4),
      runTimeoutMs: this.#runTimeoutMs,
      models: this.#models,
      onFree: () => this.#dispatch(),
    })
  }

  /** Requests that wait for a thread or run in one now, or whose shared run is still being held against runs alone. */
  get pending(): number {
    return this.#pending
  }

  async load(source: string | Uint8Array): Promise<LoadedModel> {
    this.#threads.checkOpen()
    const number = this.#nextModel++
    const mayUseKernel = this.#mayUseKernel
    const model = { number, source, mayUseKernel }
    const kernel = mayUseKernel ? await openKernel(source) : undefined
    if (kernel) {
      const { signature } = kernel
      const loaded = this.#register({ ...model, signature, runtime: 'kaizen', kernel })
      await this.#threads.share(number, model)
      return loaded
    }
    await this.#threads.start()
    try {
      await this.#threads.load(number, { source, mayUseKernel }, (loaded) => {
        this.#register({ ...model, ...loaded, kernel })
      })
      return this.#handle(this.#models.get(number)!)
    } catch (failure) {
      this.#models.delete(number)
      throw failure
    }
  }

  #register(model: Parameters<typeof registered>[0]): LoadedModel {
    const whole = registered(model, this.#inlineBelowMs)
    this.#models.set(model.number, whole)
    return this.#handle(whole)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#due)
    clearTimeout(this.#growth)
    clearTimeout(this.#sweep)
    for (const { inline } of this.#models.values()) inline.close()
    await this.#threads.close()
  }

  /** Makes one thread fail, to try out recovery. */
  crashThread(index: number): void {
    this.#threads.crash(index)
  }

  #handle(model: RegisteredModel): LoadedModel {
    const { signature, runtime, inline, work, number } = model
    return {
      signature,
      runtime,
      run: (inputs, outputs, options) => this.#run(model, inputs, outputs, options),
      work: () => work.numbers(),
      close: async () => {
        model.closed = true
        // What waits has begun as far as its caller knows.
        if (model.inside > 0) {
          await new Promise<void>((resolve) => {
            model.emptied = resolve
          })
        }
        this.#models.delete(number)
        inline.close()
        await this.#threads.unload(number)
      },
    }
  }

  #run(
    model: RegisteredModel,
    tensors: Tensors,
    asked: readonly string[] | undefined,
    options: RunOptions = {},
  ): Promise<Tensors> {
    return new Promise((resolve, reject) => {
      const { signature, inline, kernel } = model
      if (model.closed) throw unloaded()
      const inputs = inputsOf(signature, tensors)
      const names = asked ?? signature.outputs.map(({ name }) => name)
      const native = model.runtime === 'onnxruntime' || options.runtime === 'onnxruntime'
      const rows = inputs[0]?.shape[0] ?? 1
      if (!native && kernel && kernel.costMs(rows) <= this.#inlineBelowMs) {
        const ran = { requests: 1, rows }
        const { outputs } = attempt(() => kernel.run(inputs, names))
        model.work.ran(ran)
        options.onRan?.(ran)
        resolve(named(names, outputs))
        return
      }
      const rule = options.batching ?? usualBatchRule
      let elements = 0
      for (const { data } of inputs) elements += data.length
      model.inside++
      const question: Question = {
        model,
        names,
        terms: `${native ? 'native ' : ''}${asked === undefined ? '' : JSON.stringify(asked)}`,
        native,
        inputs,
        elements,
        rows,
        rule,
        arrivedAt: performance.now(),
        resolve: (outputs, ran) => {
          options.onRan?.(ran)
          resolve(named(names, outputs))
          leave(model)
        },
        reject: (failure) => {
          reject(failure)
          leave(model)
        },
      }
      if (native && InlineSession.fits(elements) && inline.session) this.#runInline(question)
      else this.#runInThread(question)
    })
  }

  #groupOf({ model, inputs, rule, terms }: Question): string {
    const key = model.shared.allowed ? batchKey(model.signature, inputs) : undefined
    if (key === undefined) return `alone ${this.#nextAlone++}`
    return `${model.number} ${rule.maxRows} ${rule.maxDelayMs} ${terms} ${key}`
  }

  /** What arrives in one turn of the loop is computed at its end, together, or as soon as the first has waited enough. */
  #runInline(question: Question): void {
    const { model, arrivedAt } = question
    if (model.inlineQueue.size === 0) {
      model.inlineSince = arrivedAt
      setImmediate(() => void this.#answerInline(model))
    }
    model.inlineQueue.push(this.#groupOf(question), question)
    model.work.queued++
    if (arrivedAt - model.inlineSince > heldMs) void this.#answerInline(model)
  }

  async #answerInline(model: RegisteredModel): Promise<void> {
    const take = () => model.inlineQueue.take(Number.POSITIVE_INFINITY, inlineLimits)
    for (let jobs = take(); jobs; jobs = take()) {
      model.work.queued -= jobs.length
      if (model.inline.session) await model.shared.answer(jobs, this.#inlineCompute(jobs))
      else for (const job of jobs) this.#runInThread(job)
    }
  }

  /** A model that is let go of while it is held against itself goes on in a thread. */
  #inlineCompute(jobs: readonly Question[]): Compute {
    const [{ model, names }] = jobs as [Question]
    return async (inputs) => {
      const { session } = model.inline
      if (!session) return this.#inThread(jobs[0]!, inputs)
      const ran = attempt(() => session.run(inputs, names))
      model.inline.observe(ran.computeMs / jobs.length)
      return ran
    }
  }

  #runInThread(question: Question): void {
    if (!this.#threads.isUsable) {
      question.reject(noThread())
      return
    }
    if (this.#pending >= this.#maxPending) {
      question.reject(
        new KaizenError('OVERLOADED', `${this.#pending} predictions wait already`, {
          hint: 'Send the request again after a second, or send fewer at once.',
        }),
      )
      return
    }
    this.#pending++
    if (this.#queue.size === 0 && this.#threads.hasRoom) {
      void this.#answer([question])
      return
    }
    this.#queue.push(this.#groupOf(question), question)
    question.model.work.queued++
    this.#dispatch()
    if (this.#threads.isEmpty) this.#threads.grow()
    else if (this.#threads.mayGrow)
      this.#growth ??= setTimeout(() => this.#grow(), growthMs).unref()
    this.#sweep ??= setTimeout(() => this.#expire(), this.#runTimeoutMs).unref()
  }

  /** One more thread where requests still wait, as they do for a lost one: a burst that is over by now is no load. */
  #grow(): void {
    this.#growth = undefined
    if (this.#queue.size > 0 && !this.#threads.hasRoom) this.#threads.grow()
  }

  /** Gives the threads that have room what waits. */
  #dispatch(): void {
    clearTimeout(this.#due)
    while (this.#queue.size > 0 && this.#threads.hasRoom) {
      const now = performance.now()
      const jobs = this.#queue.take(now)
      if (!jobs) {
        this.#due = setTimeout(() => this.#dispatch(), this.#queue.dueInMs(now) ?? 0).unref()
        return
      }
      jobs[0]!.model.work.queued -= jobs.length
      void this.#answer(jobs)
    }
  }

  async #answer(jobs: readonly Question[]): Promise<void> {
    const [first] = jobs as [Question]
    const { model, native } = first
    const observed: Compute = async (inputs) => {
      const ran = await this.#inThread(first, inputs)
      if (native && jobs.length === 1 && InlineSession.fits(first.elements)) {
        model.inline.observe(ran.computeMs)
      }
      return ran
    }
    await model.shared.answer(jobs, observed)
    this.#pending -= jobs.length
    this.#dispatch()
  }

  async #inThread(
    { model, names, native }: Question,
    tensors: readonly Tensor[],
  ): ReturnType<Compute> {
    const inputs = packTensors(tensors)
    const request = { kind: 'run', model: model.number, inputs, outputs: names, native } as const
    const answer = await this.#threads.run(request)
    return { outputs: unpackTensors(answer.outputs), computeMs: answer.computeMs }
  }

  /** What waits for longer than a run may take has waited in vain. */
  #expire(): void {
    this.#sweep = undefined
    for (const job of this.#queue.expire(performance.now() - this.#runTimeoutMs)) {
      this.#pending--
      job.model.work.queued--
      job.reject(
        new KaizenError('TIMEOUT', `no thread was free within ${this.#runTimeoutMs} ms`, {
          hint: 'Send the request again after a second, or send fewer at once.',
        }),
      )
    }
    if (this.#queue.size > 0) {
      this.#sweep = setTimeout(() => this.#expire(), this.#runTimeoutMs / 4).unref()
    }
  }
}

/** Inputs and outputs of a model file, read in a thread of its own. @throws INVALID_MODEL */
export async function inspectModel(source: string | Uint8Array): Promise<ModelSignature> {
  await using runtime = new OnnxRuntime({ threads: 1 })
  return (await runtime.load(source)).signature
}
