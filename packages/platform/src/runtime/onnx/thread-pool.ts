import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import type { ThreadAnswer, ThreadRequest } from '../messages.ts'
import type { RuntimeName } from '../model.ts'
import { InferenceThread } from './inference-thread.ts'

type RunQuestion = Omit<Extract<ThreadRequest, { readonly kind: 'run' }>, 'id'>
type RunAnswer = Extract<ThreadAnswer, { readonly outputs: unknown }>

/** What a thread loads. */
interface ModelFile {
  readonly source: string | Uint8Array
  readonly mayUseKernel: boolean
}

/** What is known of a model once a thread holds it. */
interface Loaded {
  readonly signature: ModelSignature
  readonly runtime: RuntimeName
}

/** A place for a thread; after a crash another thread takes it once it has loaded every model. */
interface Place {
  thread: InferenceThread
  ready: boolean
  crashes: number
  /** Settled when the thread holds every model, or is lost before. */
  filled: Promise<void>
}

export interface ThreadPoolOptions {
  /** The most there may be. */
  readonly threads: number
  readonly runTimeoutMs: number
  /** The models that every thread holds, by number. */
  readonly models: ReadonlyMap<number, ModelFile>
  /** Told when a thread has become free or ready. */
  readonly onFree: () => void
}

const firstPauseMs = 50
const longestPauseMs = 5000
/**
 * A thread has its next run at hand while it computes one, so that it does not wait for the event loop in between; not
 * while more threads may start, which would be free for it.
 */
const runsAtHand = 2

/** Threads that each hold a session of every model: one at first, more by load. One that is lost is replaced. */
export class ThreadPool {
  readonly #options: ThreadPoolOptions
  readonly #places: Place[] = []
  #closed = false

  constructor(options: ThreadPoolOptions) {
    this.#options = options
  }

  /** @throws UNAVAILABLE when closed */
  checkOpen(): void {
    if (this.#closed) throw new KaizenError('UNAVAILABLE', 'the model runtime is shut down')
  }

  /** The first starts with the first model that needs one: a server that serves nothing pays nothing. */
  async start(): Promise<void> {
    this.checkOpen()
    if (this.isEmpty) this.grow()
    if (!this.isReady) await Promise.all(this.#places.map(({ filled }) => filled))
  }

  get isEmpty(): boolean {
    return this.#places.length === 0
  }

  /** Whether more threads may start. */
  get mayGrow(): boolean {
    return this.#places.length < this.#options.threads && !this.#closed
  }

  /** Starts one more thread, which takes runs once it holds every model. */
  grow(): void {
    if (!this.mayGrow) return
    const place = this.#newPlace()
    place.filled = this.#fill(place)
  }

  #newPlace(): Place {
    const place: Place = {
      thread: this.#spawn(() => place),
      ready: false,
      crashes: 0,
      filled: Promise.resolve(),
    }
    this.#places.push(place)
    return place
  }

  /** Whether a thread would take a run at once. */
  get hasRoom(): boolean {
    const most = this.mayGrow ? 1 : runsAtHand
    return this.#places.some(({ ready, thread }) => ready && thread.pending < most)
  }

  /** Whether there is a thread at all that takes runs. */
  get isReady(): boolean {
    return this.#places.some(({ ready }) => ready)
  }

  /** Whether there is one, will be as soon as it has started, or may be. */
  get isUsable(): boolean {
    return this.isReady || this.mayGrow || this.#places.some(({ crashes }) => crashes === 0)
  }

  /** @throws INVALID_TENSOR, TIMEOUT, UNAVAILABLE */
  async run(question: RunQuestion): Promise<RunAnswer> {
    const place = this.#leastBusy()
    const { thread } = place
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_resolve, reject) => {
      const late = (): void => reject(this.#tooLong(place, thread))
      timer = setTimeout(late, this.#options.runTimeoutMs).unref()
    })
    try {
      const answer = await Promise.race([thread.ask(question), deadline])
      if (!('outputs' in answer)) throw new TypeError('a run is answered by outputs')
      return answer
    } finally {
      clearTimeout(timer)
      this.#options.onFree()
    }
  }

  /**
   * Loads a model into one thread alone, so that a bad file is refused once; `register` is called with its signature
   * before the others load it: a thread that is being replaced loads by itself what is registered.
   */
  async load(model: number, file: ModelFile, register: (loaded: Loaded) => void): Promise<void> {
    const first = this.#leastBusy()
    register(await loadInto(first.thread, model, file))
    await this.share(model, file, first)
  }

  /** Loads a registered model into the threads that take runs; those that start load what is registered. */
  async share(model: number, file: ModelFile, first?: Place): Promise<void> {
    const others = this.#places.filter((place) => place !== first && place.ready)
    await Promise.all(others.map(({ thread }) => loadInto(thread, model, file).catch(ignoreLoss)))
    this.#options.onFree()
  }

  /** Each thread takes its messages in order, so runs sent before this still end. */
  async unload(model: number): Promise<void> {
    const gone = this.#places.map(({ thread }) => thread.ask({ kind: 'unload', model }))
    await Promise.allSettled(gone)
    this.#options.onFree()
  }

  /** Makes one thread fail, to try out recovery. */
  crash(index: number): void {
    this.#places[index]?.thread.crash()
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#places.map(({ thread }) => thread.close()))
  }

  /** A thread that hangs is left to itself and ends with its call; another takes its place at once. */
  #tooLong(place: Place, thread: InferenceThread): KaizenError {
    if (place.thread === thread && place.ready) {
      void this.#replace(place)
      void thread.close()
    }
    return new KaizenError(
      'TIMEOUT',
      `the model took longer than ${this.#options.runTimeoutMs} ms`,
      {
        hint: 'Send fewer rows at once, or serve a smaller model.',
      },
    )
  }

  #leastBusy(): Place {
    let best: Place | undefined
    for (const place of this.#places) {
      if (place.ready && (!best || place.thread.pending < best.thread.pending)) best = place
    }
    if (!best) throw noThread()
    return best
  }

  #spawn(place: () => Place): InferenceThread {
    return new InferenceThread(() => void this.#replace(place()))
  }

  async #replace(place: Place): Promise<void> {
    place.ready = false
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** place.crashes++)
    await new Promise<void>((resolve) => setTimeout(resolve, pauseMs).unref())
    if (this.#closed) return
    place.thread = this.#spawn(() => place)
    await this.#fill(place)
  }

  /** Loads every model into the thread of a place, which then takes runs. */
  async #fill(place: Place): Promise<void> {
    const { thread } = place
    const loaded = new Set<number>()
    try {
      // Models loaded meanwhile are picked up by the next turn.
      for (;;) {
        const missing = [...this.#options.models].filter(([model]) => !loaded.has(model))
        if (missing.length === 0) break
        for (const [model, file] of missing) {
          await loadInto(thread, model, file)
          loaded.add(model)
        }
      }
      place.ready = true
      this.#options.onFree()
      setTimeout(() => {
        place.crashes = 0
      }, longestPauseMs).unref()
    } catch {
      // Lost again while loading, which has scheduled the next try; a model file that is gone keeps the place empty.
      place.crashes ||= 1
      if (place.thread === thread) await thread.close()
    }
  }
}

/** What callers are told while every thread is being replaced. */
export const noThread = (): KaizenError =>
  new KaizenError('UNAVAILABLE', 'the inference threads are being restarted', {
    hint: 'Send the request again after a second.',
  })

async function loadInto(
  thread: InferenceThread,
  model: number,
  { source, mayUseKernel }: ModelFile,
): Promise<Loaded> {
  const answer = await thread.ask({ kind: 'load', model, source, kernel: mayUseKernel })
  if (!('signature' in answer)) throw new TypeError('a load is answered by a signature')
  const { signature, runtime } = answer
  return { signature, runtime }
}

/** A thread that is lost while it loads will load the model when it has been replaced. */
function ignoreLoss(failure: unknown): void {
  if (failure instanceof KaizenError && failure.code === 'UNAVAILABLE') return
  throw failure
}
