import { totalmem } from 'node:os'
import { KaizenError } from '@kaizen/contracts'

/** A quarter of what the process may use, and room for a few large bodies whatever that is. */
function usualShare(): number {
  const allowed = process.constrainedMemory()
  const machine = totalmem()
  const whole = allowed > 0 && allowed < machine ? allowed : machine
  return Math.max(whole / 4, 256 * 1024 * 1024)
}

/**
 * The memory that bodies of requests may hold together, from their first byte until their answer is made: what one body may
 * be is bounded, and queues are bounded by count, but many large bodies in front of a slow model would take all there is.
 */
export class RequestMemory {
  readonly #mostBytes: number
  #heldBytes = 0

  constructor(mostBytes = usualShare()) {
    this.#mostBytes = mostBytes
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** What one request holds, nothing yet. */
  held(): HeldMemory {
    return new HeldMemory((bytes) => this.#take(bytes))
  }

  #take(bytes: number): void {
    if (bytes > 0 && this.#heldBytes > 0 && this.#heldBytes + bytes > this.#mostBytes) {
      const held = Math.round(this.#heldBytes / 1e6)
      throw new KaizenError('OVERLOADED', `requests under way hold ${held} MB already`, {
        hint: 'Send it again in a second, or fewer rows at once.',
        details: { retryAfterSeconds: 1 },
      })
    }
    this.#heldBytes += bytes
  }
}

export class HeldMemory implements Disposable {
  readonly #take: (bytes: number) => void
  #bytes = 0

  constructor(take: (bytes: number) => void) {
    this.#take = take
  }

  /** @throws OVERLOADED where requests under way hold too much already */
  add(bytes: number): void {
    this.#take(bytes)
    this.#bytes += bytes
  }

  [Symbol.dispose](): void {
    this.#take(-this.#bytes)
    this.#bytes = 0
  }
}
