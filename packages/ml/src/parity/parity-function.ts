import type { ParityValue } from './inputs.ts'

/** Computes a function of the parity schema from resolved inputs. */
export type ParityFunction = (
  inputs: Readonly<Record<string, ParityValue>>,
  parameters: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
) => object
