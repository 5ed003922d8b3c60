import { insufficient, type Outcome } from '../outcome.ts'
import { COLUMN_TESTS, type ColumnTestName, testFor } from './column-tests.ts'
import {
  type ColumnPair,
  type Direction,
  type DriftPair,
  type DriftTest,
  presentRows,
} from './drift-test.ts'
import type { Comparison, SampleSizes } from './result.ts'

/** Settings of a verdict, for the tests of those names. */
export interface VerdictOptions<Name extends string> {
  /** `auto` chooses by type, size and distinct values; the choice is named in the result. */
  readonly test?: Name | 'auto'
  /** Overrides the test's own threshold. */
  readonly threshold?: number
  /** Fewer present rows than this on either side give no verdict; 30 by default. */
  readonly minimumRows?: number
}

/** A comparison with its verdict. */
export interface Verdict<Name extends string> extends Comparison {
  readonly test: Name
  readonly threshold: number
  readonly direction: Direction
  readonly drifted: boolean
}

/**
 * Whether the distribution of a column of numbers or categories has changed: `detectDrift` with the tests that cost no
 * more than a sorting, for threads that should start quickly.
 */
export const detectColumnDrift = (
  pair: ColumnPair,
  options: VerdictOptions<ColumnTestName> = {},
): Outcome<Verdict<ColumnTestName>> =>
  judge(pair, options, {
    named: (name) => COLUMN_TESTS[name],
    chosen: (rows) => testFor(pair, rows),
  })

interface Tests<Name extends string, Pair extends DriftPair> {
  readonly named: (name: Name) => DriftTest<Pair>
  /** The test for so many present rows of the reference. */
  readonly chosen: (rows: number) => Name
}

/** Runs one of the tests on a pair and compares with its threshold; too little data is an outcome of its own. */
export const judge = <Name extends string, Pair extends DriftPair>(
  pair: Pair,
  { test = 'auto', threshold, minimumRows = 30 }: VerdictOptions<Name>,
  tests: Tests<Name, Pair>,
): Outcome<Verdict<Name>> => {
  const sizes = presentRows(pair)
  for (const side of ['reference', 'current'] as const) {
    if (sizes[side] >= minimumRows) continue
    return insufficient(test, `${side} rows`, { have: sizes[side], need: minimumRows })
  }
  const name = test === 'auto' ? tests.chosen(sizes.reference) : (test as Name)
  const definition = tests.named(name)
  if (!definition.kinds.includes(pair.kind)) {
    return insufficient(name, `${definition.kinds.join(' or ')} columns`, { have: 0, need: 1 })
  }
  const found = definition.compare(pair)
  const isConstant = found.status !== 'ok' && found.what === 'distinct values' && found.have === 1
  const comparison = isConstant ? unchanged(name, sizes) : found
  if ('what' in comparison) return comparison
  const { direction } = definition
  const limit = threshold ?? definition.threshold
  const drifted =
    direction === 'p-below' ? (comparison.pValue ?? 1) < limit : comparison.statistic >= limit
  return { ...comparison, status: 'ok', test: name, threshold: limit, direction, drifted }
}

/** A column that has one and the same value throughout has not drifted, whatever the test needs. */
const unchanged = (method: string, sizes: SampleSizes): Comparison => ({
  method,
  parameters: { constant: true },
  statistic: 0,
  pValue: 1,
  effect: { name: 'total-variation', value: 0 },
  sizes,
})

export type { ColumnPair } from './drift-test.ts'
