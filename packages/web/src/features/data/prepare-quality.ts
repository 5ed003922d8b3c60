import type { ExpectationOutcome, ExpectationSuite } from '@kaizen/contracts'
import { formatCount } from '../../shared/format/number.ts'

/** The columns that an expectation is about. */
export function subjectWords({
  expectation_config: { kwargs },
}: ExpectationOutcome): string | null {
  const named = ['column', 'column_A', 'column_B', 'column_list'].flatMap(
    (key) => kwargs[key] ?? [],
  )
  return named.length === 0 ? null : named.join(', ')
}

const longest = 160

/** What was found, in words: how many rows, which value, or why it could not be checked. */
export function foundWords({ result, exception_info: raised }: ExpectationOutcome): string | null {
  if (raised.raised_exception) return raised.exception_message ?? 'could not be checked'
  const { unexpected_count: unexpected, element_count: rows, observed_value: observed } = result
  const listed = result['partial_unexpected_list']
  if (typeof unexpected === 'number' && typeof rows === 'number') {
    const shown = Array.isArray(listed)
      ? listed.slice(0, 5).map((each) => JSON.stringify(each))
      : []
    const examples = shown.length > 0 ? `: ${shown.join(', ')}` : ''
    return `${formatCount(unexpected)} of ${formatCount(rows)} rows${examples}`.slice(0, longest)
  }
  return observed === undefined ? null : JSON.stringify(observed).slice(0, longest)
}

/** Environments of a suite, each with what it does not have. */
export const environmentWords = (environments: ExpectationSuite['environments']): string =>
  Object.entries(environments)
    .map(([name, { absent }]) => `${name} (without ${absent.join(', ')})`)
    .join('; ')
