import { KaizenError, type ModelSignature, type TensorSpec } from '@kaizen/contracts'
import type { LoadedModel, ModelWork, RunOptions, Tensor, Tensors } from '../model.ts'
import type { Job } from '../onnx/run-queue.ts'
import { emptyOutputs, rowsOf } from './empty-batch.ts'
import { type AnswerFrame, elementsAsBytes, tensorsOf } from './frames.ts'
import type { PythonModelDescription } from './ml-model.ts'
import { failureOf, unloadable } from './python-failures.ts'
import { byName, jobOf, WaitingRuns } from './waiting-runs.ts'
import { pythonProcess, WorkerProcess, type WorkerStart } from './worker-process.ts'

export interface PythonLimits {
  /** Processes of each model; each computes one run at a time. */
  readonly processes: number
  /** Requests of a model that may wait for a process. */
  readonly maxPending: number
  readonly startTimeoutMs: number
  /** A request that takes longer fails, and its process is replaced. */
  readonly runTimeoutMs: number
  /** An idle process is asked so often whether it answers. */
  readonly pingEveryMs: number
}

export interface PythonModelOptions extends PythonLimits, WorkerStart {
  /** `<project>_<format>`; `mlflow_pyfunc` unless told. */
  readonly platform?: string
  /** How messages name it; `the model` unless told. */
  readonly noun?: string
  readonly description: PythonModelDescription
  /** Told of what happens to its processes. */
  readonly log: (line: string) => void
  /** Frees what the model holds besides its processes. */
  readonly release: (closed: PythonModel) => Promise<void>
}

interface Slot {
  process: WorkerProcess | undefined
  ready: boolean
  /** A request has it, or is about to ask it. */
  taken: boolean
  failures: number
  startedAt: number
}

interface Question {
  readonly kind: 'run' | 'stream'
  readonly inputs: readonly Tensor[]
  readonly rows: number | undefined
}

interface Turn {
  readonly resolve: (slot: Slot) => void
  readonly reject: (failure: KaizenError) => void
}

const firstPauseMs = 100
const longestPauseMs = 30_000
/** A process that has lived so long has started well. */
const settledAfterMs = 10_000

/**
 * A model in processes of its own, which are replaced when they end. A request has a process at once while one is free;
 * those that have to wait share runs.
 */
export class PythonModel implements LoadedModel {
  readonly platform: string
  readonly runtime = 'python'
  readonly signature: ModelSignature
  readonly #options: PythonModelOptions
  readonly #slots: readonly Slot[]
  /** What has begun and needs a process: answers in parts, and requests of a shared run that are computed alone. */
  readonly #turns: Turn[] = []
  readonly #waiting: WaitingRuns
  readonly #timers = new Set<NodeJS.Timeout>()
  #running = 0
  #streams = false
  /** The last process that became free went to a turn. */
  #turned = false
  #lastEnd = ''
  #closed = false
  #onIdle: (() => void) | undefined

  private constructor(options: PythonModelOptions) {
    this.#options = options
    this.platform = options.platform ?? 'mlflow_pyfunc'
    this.signature = signatureOf(options.description)
    this.#waiting = new WaitingRuns({
      signature: this.signature,
      isRowWise: options.description.isRowWise === true,
      onDue: () => this.#dispatch(),
    })
    this.#slots = Array.from({ length: options.processes }, () => ({
      process: undefined,
      ready: false,
      taken: false,
      failures: 0,
      startedAt: 0,
    }))
  }

  /** @throws INVALID_MODEL, TIMEOUT when it does not start */
  static async open(options: PythonModelOptions): Promise<PythonModel> {
    const model = new PythonModel(options)
    try {
      // One alone, so that a model that does not load says so once.
      await model.#start(model.#slots[0]!)
      await Promise.all(model.#slots.slice(1).map((slot) => model.#start(slot)))
    } catch (failure) {
      await model.close()
      throw failure
    }
    const timer = setInterval(() => model.#ping(), options.pingEveryMs)
    timer.unref()
    model.#timers.add(timer)
    return model
  }

  /** Processes that answer now, for tests and numbers. */
  get processIds(): readonly number[] {
    return this.#slots.flatMap(({ ready, process }) => (ready && process?.pid ? [process.pid] : []))
  }

  async run(inputs: Tensors, outputs?: readonly string[], options?: RunOptions): Promise<Tensors> {
    const rows = rowsOf(this.signature, inputs)
    if (rows === 0) return picked(emptyOutputs(this.signature), outputs)
    const { job, answer } = jobOf({ inputs: this.#inOrder(inputs), rows }, options)
    this.#running++
    try {
      this.#enter(job)
      return picked(byName(this.signature.outputs, await answer), outputs)
    } finally {
      this.#running--
      if (this.#running === 0) this.#onIdle?.()
    }
  }

  work(): ModelWork {
    return this.#waiting.work.numbers()
  }

  get stream(): ((inputs: Tensors) => AsyncIterable<Tensors>) | undefined {
    return this.#streams ? (inputs) => this.#parts(inputs) : undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    }
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all(this.#slots.map(({ process }) => process?.close()))
    await this.#options.release(this)
  }

  /** A process is taken until the last part, or until nobody asks for a further one. */
  async *#parts(inputs: Tensors): AsyncGenerator<Tensors> {
    const question = {
      kind: 'stream',
      inputs: this.#inOrder(inputs),
      rows: rowsOf(this.signature, inputs),
    } as const
    this.#running++
    try {
      this.#refuseMore()
      const slot = await this.#slot()
      const process = slot.process!
      let going = true
      try {
        for (let next = this.#question(process, question); ; ) {
          const answer = await next
          going = answer.head.done !== true && answer.head.failure === undefined
          if (answer.head.failure) throw failureOf(answer.head, this.#noun)
          if (!going) return
          yield Object.fromEntries(tensorsOf(answer))
          next = process.ask({ kind: 'next' }, [], this.#options.runTimeoutMs)
        }
      } finally {
        if (going) {
          const stopped = process.ask({ kind: 'stop' }, [], this.#options.runTimeoutMs)
          await stopped.catch(() => undefined)
        }
        this.#pass(slot)
      }
    } finally {
      this.#running--
      if (this.#running === 0) this.#onIdle?.()
    }
  }

  get #noun(): string {
    return this.#options.noun ?? 'the model'
  }

  /** @throws INVALID_TENSOR for one that is missing */
  #inOrder(tensors: Tensors): Tensor[] {
    return this.signature.inputs.map(({ name }) => {
      const tensor = tensors[name]
      if (tensor) return tensor
      throw new KaizenError('INVALID_TENSOR', `the input "${name}" is missing`)
    })
  }

  /** @throws OVERLOADED, UNAVAILABLE */
  #enter(job: Job): void {
    const free = this.#waiting.size === 0 ? this.#free() : undefined
    if (free) {
      void this.#answer(free, [job])
      return
    }
    this.#refuseMore()
    this.#waiting.push(job)
    this.#dispatch()
  }

  /** Gives processes that are free what waits. */
  #dispatch(): void {
    while (this.#waiting.size > 0) {
      const slot = this.#free()
      if (!slot) return
      const jobs = this.#waiting.take()
      if (!jobs) {
        slot.taken = false
        return
      }
      void this.#answer(slot, jobs)
    }
  }

  /** Computes jobs in a process that is taken for them; what they need beyond one run waits for its turn. */
  #answer(slot: Slot, jobs: readonly Job[]): Promise<void> {
    let first: Slot | undefined = slot
    return this.#waiting.answer(jobs, async (inputs) => {
      const mine = first ?? (await this.#slot())
      first = undefined
      try {
        return await this.#ask(mine, inputs)
      } finally {
        this.#pass(mine)
      }
    })
  }

  async #ask(slot: Slot, inputs: readonly Tensor[]): Promise<Tensor[]> {
    const rows = rowsOf(this.signature, byName(this.signature.inputs, inputs))
    const answer = await this.#question(slot.process!, { kind: 'run', inputs, rows })
    if (answer.head.failure) throw failureOf(answer.head, this.#noun)
    const tensors = tensorsOf(answer)
    return this.signature.outputs.map(({ name }) => tensors.get(name)!)
  }

  async #question(process: WorkerProcess, { kind, inputs, rows }: Question): Promise<AnswerFrame> {
    const parts: Uint8Array[] = []
    const heads = this.signature.inputs.map(({ name }, i) => {
      const { datatype, shape } = inputs[i]!
      const bytes = elementsAsBytes(inputs[i]!)
      parts.push(bytes)
      return { name, datatype, shape, bytes: bytes.length }
    })
    const question = { kind, inputs: heads, rows: rows ?? null }
    return process.ask(question, parts, this.#options.runTimeoutMs)
  }

  /** A process that nobody has; it is taken then. */
  #free(): Slot | undefined {
    const free = this.#slots.find(({ ready, taken }) => ready && !taken)
    if (free) free.taken = true
    return free
  }

  /** @throws UNAVAILABLE without a process to wait for, OVERLOADED when too many wait */
  #refuseMore(): void {
    if (!this.#slots.some(({ ready }) => ready)) throw this.#noProcess()
    const waiting = this.#turns.length + this.#waiting.size
    if (
      waiting < this.#options.maxPending ||
      this.#slots.some(({ ready, taken }) => ready && !taken)
    )
      return
    throw new KaizenError('OVERLOADED', `${waiting} predictions wait already`, {
      hint: 'Send the request again after a second, or send fewer at once.',
    })
  }

  /** A process that is free, now or in turn. @throws UNAVAILABLE */
  async #slot(): Promise<Slot> {
    const free = this.#free()
    if (free) return free
    if (!this.#slots.some(({ ready }) => ready)) throw this.#noProcess()
    return new Promise((resolve, reject) => this.#turns.push({ resolve, reject }))
  }

  /** Gives a process that has become free to the next in turn, by turns with what waits to begin. */
  #pass(slot: Slot): void {
    const mayTurn = slot.ready && !(this.#turned && this.#waiting.size > 0)
    const next = mayTurn ? this.#turns.shift() : undefined
    this.#turned = next !== undefined
    slot.taken = next !== undefined
    if (next) next.resolve(slot)
    else this.#dispatch()
  }

  #noProcess(): KaizenError {
    const why = this.#lastEnd === '' ? '' : `: ${this.#lastEnd}`
    return new KaizenError(
      'UNAVAILABLE',
      `${this.#options.title ?? pythonProcess} is being started again${why}`,
      { hint: 'Send the request again after a second.' },
    )
  }

  async #start(slot: Slot): Promise<void> {
    const { description, folder, startTimeoutMs } = this.#options
    const started = new WorkerProcess(this.#options, (why) => this.#ended(slot, started, why))
    slot.process = started
    const { plan, inputs, outputs } = description
    const answer = await started
      .ask({ kind: 'load', folder, plan, inputs, outputs }, [], startTimeoutMs)
      .catch((failure: KaizenError) => {
        if (failure.code === 'TIMEOUT') throw failure
        throw unloadable(this.#noun, failure.message)
      })
    if (answer.head.failure) throw unloadable(this.#noun, answer.head.message ?? '')
    this.#streams = answer.head.streams === true
    slot.startedAt = performance.now()
    slot.ready = true
    this.#pass(slot)
  }

  #ended(slot: Slot, ended: WorkerProcess, why: string): void {
    const wasReady = slot.ready && slot.process === ended
    slot.ready = false
    this.#lastEnd = why
    if (!wasReady) return
    this.#failTurns()
    if (this.#closed) return
    this.#options.log(`the process ended: ${why}`)
    if (performance.now() - slot.startedAt > settledAfterMs) slot.failures = 0
    this.#startLater(slot)
  }

  /** Nobody waits for what may never come. */
  #failTurns(): void {
    if (this.#slots.some(({ ready }) => ready)) return
    for (const { reject } of this.#turns.splice(0)) reject(this.#noProcess())
    for (const { reject } of this.#waiting.takeAll()) reject(this.#noProcess())
  }

  #startLater(slot: Slot): void {
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** slot.failures++)
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      if (this.#closed) return
      this.#start(slot).catch((failure: Error) => {
        this.#options.log(`the process does not start: ${failure.message}`)
        this.#lastEnd = failure.message
        if (!this.#closed) this.#startLater(slot)
      })
    }, pauseMs)
    timer.unref()
    this.#timers.add(timer)
  }

  #ping(): void {
    for (const slot of this.#slots) {
      if (!slot.ready || !slot.process || slot.taken) continue
      slot.taken = true
      slot.process
        .ask({ kind: 'ping' }, [], this.#options.pingEveryMs)
        .catch(() => undefined)
        .finally(() => this.#pass(slot))
    }
  }
}

/** @throws INVALID_TENSOR */
function picked(all: Tensors, names: readonly string[] | undefined): Tensors {
  if (!names) return all
  return Object.fromEntries(
    names.map((name) => {
      const tensor = all[name]
      if (tensor) return [name, tensor]
      throw new KaizenError('INVALID_TENSOR', `the model has no output "${name}"`)
    }),
  )
}

const signatureOf = ({ inputs, outputs }: PythonModelDescription): ModelSignature => ({
  inputs: inputs.map(tensorOf),
  outputs: outputs.map(tensorOf),
})

const tensorOf = ({ name, datatype, shape }: TensorSpec): TensorSpec => ({
  name,
  datatype,
  shape: [...shape],
})
