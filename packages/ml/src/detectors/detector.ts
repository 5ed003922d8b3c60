import { MlError } from '../ml-error.ts'

/** What a detector says of the stream after a value. */
export type Signal = 'stable' | 'warning' | 'drift'

/**
 * A change detector over a stream of numbers: a value at a time, constant time and memory. After `drift` it
 * starts afresh with the next value.
 */
export interface OnlineDetector<State> {
  readonly name: string
  /**
   * Takes in one value. Detectors of errors expect 1 for an error and 0 otherwise. A value that is no finite number is
   * no observation: it changes nothing, where it would else make every later comparison false.
   */
  readonly update: (value: number) => Signal
  /** A copy of what the detector knows: plain JSON from which it goes on where it stopped. */
  readonly snapshot: () => State
}

/** A detector around mutable state; `step` reads and writes it. */
export const detectorOf = <State extends object>(
  name: string,
  state: State,
  step: (state: State, value: number) => Signal,
): OnlineDetector<State> => ({
  name,
  update: (value) => (Number.isFinite(value) ? step(state, value) : 'stable'),
  snapshot: () => structuredClone(state),
})

/** Refuses an option that makes a detector mute or meaningless. */
export const requireOption = (holds: boolean, problem: string, hint: string): void => {
  if (!holds) throw new MlError('invalid_input', problem, hint)
}
