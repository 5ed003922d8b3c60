import { KaizenError } from '@kaizen/contracts'
import type { Expectation } from './check.ts'
import { figureExpectations } from './figure-expectations.ts'
import { ownExpectations } from './own-expectations.ts'
import { rowExpectations } from './row-expectations.ts'
import { tableExpectations } from './table-expectations.ts'
import { valueExpectations } from './value-expectations.ts'
import { versionExpectations } from './version-expectations.ts'

const expectations: Readonly<Record<string, Expectation>> = {
  ...valueExpectations,
  ...rowExpectations,
  ...figureExpectations,
  ...ownExpectations,
  ...tableExpectations,
  ...versionExpectations,
}

/** Names of all expectations, in the order of the alphabet. */
export const expectationTypes: readonly string[] = Object.keys(expectations).sort()

/** Expectations of Great Expectations that are not checked here, with the reason. */
export const declinedExpectations: Readonly<Record<string, string>> = {
  expect_column_values_to_match_json_schema:
    'schemas that came with data would be compiled to code; check the fields that matter instead',
  expect_query_results_to_match_comparison: 'expectations hold no SQL of their own',
  unexpected_rows_expectation: 'expectations hold no SQL of their own; use row_condition',
}

/** Expectations of suites before 1.0 that Great Expectations itself has given up. */
const retired: ReadonlySet<string> = new Set([
  'expect_column_bootstrapped_ks_test_p_value_to_be_greater_than',
  'expect_column_chisquare_test_p_value_to_be_greater_than',
  'expect_column_pair_cramers_phi_value_to_be_less_than',
  'expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than',
])

function reasonAgainst(type: string): string {
  if (retired.has(type))
    return 'Great Expectations has given it up; compare distributions by `kaizen data compare` or a monitor'
  const declined = Object.hasOwn(declinedExpectations, type)
    ? declinedExpectations[type]
    : undefined
  return declined ?? 'there is no expectation of this name'
}

/** @throws KaizenError UNSUPPORTED for a type that is declined or not known */
export function expectationOf(type: string): Expectation {
  const found = Object.hasOwn(expectations, type) ? expectations[type] : undefined
  if (found) return found
  throw new KaizenError('UNSUPPORTED', `${type}: ${reasonAgainst(type)}`, {
    hint: `The nearest names: ${nearest(type).join(', ')}.`,
  })
}

/** Names that share the most words with one that is not known. */
function nearest(type: string): readonly string[] {
  const words = new Set(type.split('_'))
  const shared = (name: string): number =>
    name.split('_').filter((word) => words.has(word)).length / name.split('_').length
  return [...expectationTypes].sort((a, b) => shared(b) - shared(a)).slice(0, 3)
}
