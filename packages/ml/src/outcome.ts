import { MlError } from './ml-error.ts'

/**
 * There is too little data for an answer, for example 3 rows of the 30 that are needed. It stands
 * in place of a NaN, so that "unknown" can never be read as "fine".
 */
export interface Insufficient {
  readonly status: 'insufficient'
  readonly method: string
  /** What is short, in words: `reference rows`, `positive labels`. */
  readonly what: string
  readonly have: number
  readonly need: number
}

/** A computed result, or the reason why there is none. */
export type Outcome<T> = (T & { readonly status: 'ok' }) | Insufficient

/** Says that a method lacks something: how much there is of it, and how much it needs. */
export const insufficient = (
  method: string,
  what: string,
  { have, need }: { readonly have: number; readonly need: number },
): Insufficient => ({ status: 'insufficient', method, what, have, need })

/**
 * An outcome, or the reason why it has none where one of its figures is no finite number: values so large that their
 * squares are infinite, or so small that these are 0. Read on, such a figure would pass every threshold.
 */
export const finiteOutcome = <T extends object>(
  method: string,
  figures: readonly (number | null)[],
  outcome: Outcome<T>,
): Outcome<T> =>
  figures.every((figure) => figure === null || Number.isFinite(figure))
    ? outcome
    : insufficient(method, 'values whose squares are finite numbers above 0', { have: 0, need: 1 })

/** The outcome in words: `not enough data: 3 of 30 reference rows for ks`. */
export const describeInsufficient = ({ method, what, have, need }: Insufficient): string =>
  `not enough data: ${have} of ${need} ${what} for ${method}`

/**
 * The result of an outcome, for callers that cannot go on without it.
 * @throws MlError `invalid_input` saying what is short.
 */
export const requireOk = <T>(outcome: Outcome<T>): T & { readonly status: 'ok' } => {
  if (outcome.status === 'ok') return outcome
  throw new MlError(
    'invalid_input',
    describeInsufficient(outcome),
    'collect more data, or widen the window',
  )
}
