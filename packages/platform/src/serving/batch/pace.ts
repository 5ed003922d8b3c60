import { setTimeout as pause } from 'node:timers/promises'
import type { ScoringPace } from './row-scorer.ts'

/** Times a second at which a limited job gets rows. */
const turns = 5
const mostRows = 4096

/** Lets through so many rows a second of the wall clock, in small turns. */
export class Pace implements ScoringPace {
  readonly batchRows: number
  readonly #rowsPerMs: number
  readonly #signal: AbortSignal
  #freeAt = 0

  constructor(rowsPerSecond: number, signal: AbortSignal) {
    this.batchRows = Math.max(1, Math.min(mostRows, Math.floor(rowsPerSecond / turns)))
    this.#rowsPerMs = rowsPerSecond / 1000
    this.#signal = signal
  }

  async before(rows: number): Promise<void> {
    const now = performance.now()
    const startAt = Math.max(now, this.#freeAt)
    this.#freeAt = startAt + rows / this.#rowsPerMs
    if (startAt > now) await pause(startAt - now, undefined, { signal: this.#signal })
  }
}
