import type { SinkState, SinkTarget } from '@kaizen/contracts'
import type { Tx } from '../../storage/index.ts'
import type { LogPlace } from '../log/log-place.ts'
import type { PredictionEvent } from './events.ts'

export interface SinkRecord {
  readonly id: string
  readonly name: string
  readonly endpoint: string
  readonly target: SinkTarget
  /** Sealed. */
  readonly token: string | null
  readonly arms: 'live' | 'all'
  readonly redact: readonly string[]
  readonly from: 'now' | 'beginning'
  readonly state: SinkState
  readonly createdAt: number
  readonly createdBy: string
}

/** How far a sink is in one log: each server of a database has logs of its own. */
export interface SinkPlace {
  readonly sink: string
  readonly log: string
  readonly place: LogPlace
  readonly sent: number
  readonly refused: number
  readonly refusal: string | null
  readonly lastAt: number | null
}

/** What became of some events; what has no other end was taken. */
export interface Sent {
  readonly refused: number
  readonly refusal: string | null
}

/** Takes events on their way: before it is noted how far the sink is, or in the transaction that notes it. */
export interface SinkSender extends AsyncDisposable {
  /** @throws when they were not taken and shall be sent again */
  readonly before?: (events: readonly PredictionEvent[], signal: AbortSignal) => Promise<Sent>
  readonly within?: (tx: Tx, events: readonly PredictionEvent[]) => Promise<void>
}

/** A receiver that takes nothing now. */
export class NotTaken extends Error {
  /** When it wants to be asked again, in milliseconds from now. */
  readonly afterMs: number | undefined

  constructor(message: string, afterMs?: number) {
    super(message)
    this.afterMs = afterMs
  }
}
