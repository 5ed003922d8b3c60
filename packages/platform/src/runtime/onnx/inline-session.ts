import { readFile } from 'node:fs/promises'
import type { ModelSignature } from '@kaizen/contracts'
import type { OnnxSession } from './onnx-session.ts'

/** Models in larger files always run in threads: opening one more session would hold up the loop. */
const mostBytes = 8 * 1024 * 1024
/** How many runs judge a model. The quickest of them counts: what the machine does besides only makes runs longer. */
const judgedRuns = 8
/** It takes more to send a model away: code that has just been loaded is slow, and so is a machine under load. */
const trialRuns = 64
const tooSlow = { after: 2, atOnce: 10 }
/** A model that was sent away is judged again after this many times more runs each time, up to a limit. */
const backOff = { factor: 8, most: 4096 }

/**
 * Computes small requests where they arrive. Handing a request to a thread and back costs two wake-ups, which take far
 * longer than a small model does, most of all on a busy machine. So a model that was seen to answer small requests in
 * less than `belowMs` gets a session on the event loop too, and loses it when it is seen to be slower there.
 */
export class InlineSession {
  readonly #source: string | Uint8Array
  readonly #belowMs: number
  #session: OnnxSession | undefined
  #state: 'judging' | 'opening' | 'inline' | 'never'
  #runs = 0
  #wanted = judgedRuns
  #quickestMs = Number.POSITIVE_INFINITY

  constructor(source: string | Uint8Array, signature: ModelSignature, belowMs: number) {
    this.#source = source
    this.#belowMs = belowMs
    // Half floats need a global to be absent, which only a thread of our own can do without.
    const tensors = [...signature.inputs, ...signature.outputs]
    const half = tensors.some(({ datatype }) => datatype === 'FP16')
    this.#state = belowMs > 0 && !half ? 'judging' : 'never'
  }

  /** Runs with more values than this always go to a thread. */
  static readonly mostElements = 512

  /** Whether so many values are few enough to be computed here, if the model is quick enough. */
  static fits(elements: number): boolean {
    return elements <= InlineSession.mostElements
  }

  /** The session to use for small requests, once the model has proved itself. */
  get session(): OnnxSession | undefined {
    return this.#session
  }

  /** Learns how long a small request took, in a thread or here. */
  observe(computeMs: number): void {
    this.#quickestMs = Math.min(this.#quickestMs, computeMs)
    this.#runs++
    if (this.#state === 'judging' && this.#runs >= this.#wanted) {
      const quick = this.#begin() < this.#belowMs
      if (!quick) return
      this.#state = 'opening'
      void this.#open()
    } else if (this.#state === 'inline' && this.#isTooSlow()) {
      this.#state = 'judging'
      this.#wanted = Math.min(this.#wanted * backOff.factor, backOff.most)
      this.#letGo()
    }
  }

  #isTooSlow(): boolean {
    if (this.#runs % judgedRuns !== 0) return false
    if (this.#quickestMs >= tooSlow.atOnce * this.#belowMs) return this.#begin() > 0
    if (this.#runs < trialRuns) return false
    return this.#begin() >= tooSlow.after * this.#belowMs
  }

  /** Begins to count anew; answers the quickest run so far. */
  #begin(): number {
    const quickest = this.#quickestMs
    this.#runs = 0
    this.#quickestMs = Number.POSITIVE_INFINITY
    return quickest
  }

  close(): void {
    this.#state = 'never'
    this.#letGo()
  }

  #letGo(): void {
    const session = this.#session
    this.#session = undefined
    session?.release()
  }

  async #open(): Promise<void> {
    try {
      const bytes = typeof this.#source === 'string' ? await readFile(this.#source) : this.#source
      if (bytes.length > mostBytes) {
        this.#state = 'never'
        return
      }
      const { OnnxSession } = await import('./onnx-session.ts')
      if (this.#state !== 'opening') return
      this.#session = OnnxSession.open(bytes)
      this.#state = 'inline'
      this.#begin()
    } catch {
      // The threads hold the model in any case.
      this.#state = 'never'
    }
  }
}
