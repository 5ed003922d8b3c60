import type { Tx } from '../storage/index.ts'
import type { OnlineRow } from './model.ts'

export interface OnlineWrite {
  readonly set: number
  /** At most one for each key. */
  readonly rows: readonly OnlineRow[]
  /** How long after its event time a row is of any use, in microseconds; null for ever. A store may forget it then. */
  readonly keepUs: number | null
  /** Writes down what was written, given how many rows were: with them where the store can, else right after them. */
  readonly record: (tx: Tx, written: number) => Promise<void>
}

/** The online store port: the newest row of each entity, by key. */
export interface OnlineStore {
  /** The row of each key, or undefined; a row is never torn between two writes. */
  read(set: number, keys: readonly string[]): Promise<readonly (OnlineRow | undefined)[]>
  /**
   * Writes rows that are at least as new as those that stand there, by event time and then by created time; writing
   * again what was written changes nothing. Answers how many rows were written.
   */
  write(write: OnlineWrite): Promise<number>
  /** How many entities a set holds. */
  count(set: number): Promise<number>
  /** Takes sets out, whole. */
  remove(tx: Tx, sets: readonly number[]): Promise<void>
}
