import type { ModelWork, RanIn } from './model.ts'

/** Runs of 1, 2, up to 4, ... 128 and more requests. */
const sizes = 8

/** Counts what a model computes. */
export class WorkCounter {
  queued = 0
  #runs = 0
  #requests = 0
  #rows = 0
  readonly #runsBySize = new Array<number>(sizes).fill(0)

  ran({ requests, rows }: RanIn): void {
    this.#runs++
    this.#requests += requests
    this.#rows += rows
    const place = requests <= 1 ? 0 : Math.min(sizes - 1, Math.ceil(Math.log2(requests)))
    this.#runsBySize[place]!++
  }

  numbers(): ModelWork {
    return {
      queued: this.queued,
      runs: this.#runs,
      requests: this.#requests,
      rows: this.#rows,
      runsBySize: [...this.#runsBySize],
    }
  }
}
