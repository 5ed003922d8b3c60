import { MlError } from '../ml-error.ts'
import { differences, isUndefinedResult } from './compare.ts'
import { PARITY_FUNCTIONS } from './functions.ts'
import { type ColumnReader, type ParityValue, resolveInput } from './inputs.ts'

/** One case of a parity file; see the README beside the case files for its schema. */
export interface ParityCase {
  readonly id: string
  readonly function: string
  readonly parameters?: Readonly<Record<string, unknown>> | undefined
  readonly inputs: Readonly<Record<string, unknown>>
  readonly expected: Readonly<Record<string, unknown>>
  /** Equal to the last digit where left out. */
  readonly tolerance?: Readonly<Record<string, unknown>> | undefined
}

export interface ParityResult {
  readonly id: string
  readonly passed: boolean
  /** Where actual and expected values differ, or why there is no actual value. */
  readonly differences: readonly string[]
}

/**
 * Runs parity cases against this package's own functions, in order. A function that is not known
 * fails, as does a case that throws anything but a typed error.
 */
export const runParityCases = (
  cases: readonly ParityCase[],
  { readColumn }: { readonly readColumn: ColumnReader },
): ParityResult[] =>
  cases.map((parityCase) => {
    const found = runCase(parityCase, readColumn)
    return { id: parityCase.id, passed: found.length === 0, differences: found }
  })

const runCase = (parityCase: ParityCase, read: ColumnReader): readonly string[] => {
  const { function: name, expected, parameters = {}, tolerance = {} } = parityCase
  const compute = Object.hasOwn(PARITY_FUNCTIONS, name) ? PARITY_FUNCTIONS[name] : undefined
  if (!compute) return [`function '${name}' is not known`]
  try {
    const inputs = resolveInput(parityCase.inputs, read) as Readonly<Record<string, ParityValue>>
    const actual = { ...compute(inputs, parameters, expected) } as Readonly<Record<string, unknown>>
    if (expected['error'] === true) {
      return isRefusal(actual) ? [] : [`expected a refusal, got ${JSON.stringify(actual)}`]
    }
    if (isRefusal(actual)) return refusalDifferences(expected, String(actual['what']))
    return differences(actual, expected, tolerance)
  } catch (error) {
    if (!(error instanceof MlError)) return [`threw ${String(error)}`]
    return expected['error'] === true ? [] : refusalDifferences(expected, error.message)
  }
}

const isRefusal = (actual: Readonly<Record<string, unknown>>): boolean =>
  actual['status'] === 'insufficient'

/** A refusal is right where the expected result has no figure. */
const refusalDifferences = (
  expected: Readonly<Record<string, unknown>>,
  why: string,
): readonly string[] =>
  isUndefinedResult(expected)
    ? []
    : [`refused (${why}), expected ${JSON.stringify(expected).slice(0, 200)}`]
