import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import type {
  LoadedModel,
  ModelWork,
  RunOptions,
  RuntimeName,
  Tensors,
} from '../../runtime/index.ts'
import type { ModelLease } from './model-lease.ts'

/** How requests wait for a model that was unloaded. */
export interface WakeLimits {
  readonly wakeTimeoutMs: number
  readonly maxWaiting: number
}

export interface Waking {
  /** Loads and warms the model again. */
  readonly load: () => Promise<ModelLease>
  readonly limits: () => WakeLimits
}

export type ModelMemory = 'loaded' | 'loading' | 'unloaded'

/** Between tries to load a model that could not be loaded. */
const retryMs = 5000

/**
 * The model of an arm. It may be let go while nobody asks it: what is known of it stays, and the first request loads it
 * again and waits for that, as do those that come meanwhile.
 */
export class ArmModel implements LoadedModel {
  readonly signature: ModelSignature
  readonly platform?: string
  readonly runtime?: RuntimeName
  /** How often it was loaded again, and how long the last time took. */
  wakes = 0
  lastWakeMs: number | null = null
  readonly #canStream: boolean
  readonly #waking: Waking | undefined
  #lease: ModelLease | undefined
  #loading: Promise<LoadedModel> | undefined
  #failed: { readonly failure: KaizenError; readonly at: number } | undefined
  #waiting = 0
  #closed = false

  /** Without `waking` it is never let go. */
  constructor(lease: ModelLease, waking?: Waking) {
    const { signature, platform, runtime, stream } = lease.model
    this.signature = signature
    if (platform !== undefined) this.platform = platform
    if (runtime !== undefined) this.runtime = runtime
    this.#canStream = stream !== undefined
    this.#waking = waking
    this.#lease = lease
  }

  get memory(): ModelMemory {
    if (this.#lease) return 'loaded'
    return this.#loading ? 'loading' : 'unloaded'
  }

  run(inputs: Tensors, outputs?: readonly string[], options?: RunOptions): Promise<Tensors> {
    const { model } = this.#lease ?? {}
    if (model) return model.run(inputs, outputs, options)
    return this.#awake().then((loaded) => loaded.run(inputs, outputs, options))
  }

  get stream(): LoadedModel['stream'] {
    const { model } = this.#lease ?? {}
    if (model || !this.#canStream) return model?.stream
    const awake = (): Promise<LoadedModel> => this.#awake()
    return async function* streamed(inputs) {
      yield* (await awake()).stream!(inputs)
    }
  }

  /** What it has computed since it was loaded; null while it is not, and where requests never share runs. */
  get done(): ModelWork | null {
    return this.#lease?.model.work?.() ?? null
  }

  /** Lets go of the model while no request is inside; false where it cannot come back. */
  async rest(): Promise<boolean> {
    const lease = this.#lease
    if (!this.#waking || !lease) return false
    this.#lease = undefined
    await lease.release()
    return true
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#loading?.catch(() => undefined)
    const lease = this.#lease
    this.#lease = undefined
    await lease?.release()
  }

  /** @throws OVERLOADED, TIMEOUT, UNAVAILABLE */
  async #awake(): Promise<LoadedModel> {
    const { maxWaiting, wakeTimeoutMs } = this.#waking!.limits()
    if (this.#failed && performance.now() - this.#failed.at < retryMs) throw this.#failed.failure
    if (this.#waiting >= maxWaiting) {
      throw new KaizenError('OVERLOADED', `${this.#waiting} requests wait for the model to load`, {
        hint: 'Send it again in a second.',
      })
    }
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      reject(
        new KaizenError('TIMEOUT', `the model was not loaded within ${wakeTimeoutMs} ms`, {
          hint: 'It goes on loading: send the request again, or allow more time.',
        }),
      )
    }, wakeTimeoutMs)
    this.#waiting++
    try {
      this.#loading ??= this.#load()
      return await Promise.race([this.#loading, late])
    } finally {
      this.#waiting--
      clearTimeout(timer)
    }
  }

  async #load(): Promise<LoadedModel> {
    const startedAt = performance.now()
    try {
      const lease = await this.#waking!.load().catch((cause: unknown) => {
        const failure = notLoaded(cause)
        this.#failed = { failure, at: performance.now() }
        throw failure
      })
      this.wakes++
      this.lastWakeMs = performance.now() - startedAt
      this.#failed = undefined
      if (this.#closed) await lease.release()
      else this.#lease = lease
      return lease.model
    } finally {
      this.#loading = undefined
    }
  }
}

const notLoaded = (cause: unknown): KaizenError =>
  new KaizenError(
    'UNAVAILABLE',
    `the model was unloaded while nobody asked it, and could not be loaded again: ${(cause as Error).message}`,
    { hint: 'Set a route with a model that loads.', cause },
  )
