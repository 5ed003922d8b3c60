import { MlError } from '../ml-error.ts'
import type { Outcome } from '../outcome.ts'
import { COLUMN_TESTS, testFor } from './column-tests.ts'
import type { ColumnPair, ContentPair, DriftPair, DriftTest } from './drift-test.ts'
import { CONTENT_TESTS, FURTHER_COLUMN_TESTS } from './further-tests.ts'
import { judge, type Verdict, type VerdictOptions } from './judge-drift.ts'

const TESTS = { ...COLUMN_TESTS, ...FURTHER_COLUMN_TESTS, ...CONTENT_TESTS }

export type DriftTestName = keyof typeof TESTS

/** Names of the tests that `detectDrift` knows. */
export const DRIFT_TESTS = Object.keys(TESTS) as readonly DriftTestName[]

export type DriftOptions = VerdictOptions<DriftTestName>

/** A comparison with its verdict. */
export type DriftVerdict = Verdict<DriftTestName>

/**
 * Whether the distribution of a column of numbers or categories, of texts, or of embeddings has changed from the reference to
 * the current sample. Missing values and infinities are left out. Too little data is an outcome of its own, as is a test
 * that does not fit the kind. `auto` takes for texts the classifier, for embeddings the share of moved components.
 * @throws MlError when the test is not known.
 */
export const detectDrift = (pair: DriftPair, options: DriftOptions = {}): Outcome<DriftVerdict> => {
  switch (pair.kind) {
    case 'numeric':
    case 'categorical':
      return judge<DriftTestName, ColumnPair>(pair, options, {
        named: testNamed,
        chosen: (rows) => testFor(pair, rows),
      })
    case 'text':
    case 'embedding':
      return judge<DriftTestName, ContentPair>(pair, options, {
        named: testNamed,
        chosen: () => (pair.kind === 'text' ? 'text-classifier' : 'embedding-share'),
      })
  }
}

/** A test never sees a pair of a kind that it does not name. */
const testNamed = <Pair extends DriftPair>(name: DriftTestName): DriftTest<Pair> => {
  if (Object.hasOwn(TESTS, name)) return TESTS[name] as unknown as DriftTest<Pair>
  throw new MlError(
    'invalid_option',
    `the drift test '${String(name)}' is not known`,
    `use one of ${DRIFT_TESTS.join(', ')}`,
  )
}
