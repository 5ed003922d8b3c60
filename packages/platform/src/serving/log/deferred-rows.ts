import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Tensor } from '../../runtime/index.ts'
import { type GrowingColumn, putTensor } from './columns.ts'

interface Deferred {
  readonly columns: readonly GrowingColumn[]
  readonly tensor: Tensor
  readonly start: number
  /** Rows of the tensor that are in their columns. */
  done: number
}

/** Tensors of fewer values are put at once. */
const leastCells = 256
/** Values that are put within a fraction of a millisecond. */
const sliceCells = 4096
const pauseMs = 5
/** Values that may wait; with more, slices follow each other in every turn of the loop. */
const mostCells = 4_000_000

/**
 * Puts the rows of large requests into their columns a slice at a time, between other work: the caller of such a request
 * has its answer long before anyone reads the log.
 */
export class DeferredRows {
  #waiting: Deferred[] = []
  #cells = 0
  #timer: NodeJS.Timeout | undefined

  put(
    columns: readonly GrowingColumn[],
    rows: { readonly tensor: Tensor; readonly start: number },
  ): void {
    const cells = rows.tensor.data.length
    if (cells < leastCells || columns.length === 0) {
      putTensor(columns, rows)
      return
    }
    this.#waiting.push({ columns, ...rows, done: 0 })
    this.#cells += cells
    this.#schedule()
  }

  /** Resolves when at most the rows of one request wait. */
  async settle(): Promise<void> {
    while (this.#cells > sliceCells) {
      this.#slice()
      await nextTurn()
    }
  }

  complete(): void {
    while (this.#waiting.length > 0) this.#slice()
  }

  #schedule(): void {
    if (this.#timer || this.#waiting.length === 0) return
    const delay = this.#cells > mostCells ? 0 : pauseMs
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#slice()
      this.#schedule()
    }, delay).unref()
  }

  #slice(): void {
    let room = sliceCells
    while (room > 0) {
      const [first] = this.#waiting
      if (!first) return
      const { columns, tensor, start, done } = first
      const width = columns.length
      const rows = tensor.data.length / width
      const to = Math.min(rows, done + Math.max(1, Math.floor(room / width)))
      putTensor(columns, { tensor, start, from: done, to })
      first.done = to
      room -= (to - done) * width
      this.#cells -= (to - done) * width
      if (to === rows) this.#waiting.shift()
    }
  }
}
