import { type ExpectationOutcome, KaizenError, type Validation } from '@kaizen/contracts'

/** A validation succeeds when no critical expectation failed; the others are told and do no more. */
export const succeeded = (outcomes: readonly ExpectationOutcome[]): boolean =>
  outcomes.every(
    ({ success, expectation_config: { severity } }) => success || severity !== 'critical',
  )

export function statisticsOf(outcomes: readonly ExpectationOutcome[]): Validation['statistics'] {
  const successful = outcomes.filter(({ success }) => success).length
  return {
    evaluated_expectations: outcomes.length,
    successful_expectations: successful,
    unsuccessful_expectations: outcomes.length - successful,
    success_percent: outcomes.length > 0 ? (successful / outcomes.length) * 100 : null,
  }
}

/** An outcome in a line: what was expected of what, and what was found. */
export function outcomeText({
  expectation_config: config,
  result,
  exception_info: raised,
}: ExpectationOutcome): string {
  const { column, column_A: a, column_B: b } = config.kwargs
  const of = [column, a, b].filter((name) => typeof name === 'string').join(', ')
  const subject = `${config.type}${of === '' ? '' : ` (${of})`}`
  if (raised.raised_exception) return `${subject}: ${raised.exception_message}`
  const { unexpected_count: unexpected, element_count: rows, observed_value: observed } = result
  if (typeof unexpected === 'number' && typeof rows === 'number')
    return `${subject}: ${unexpected} of ${rows} rows are not so`
  return observed === undefined
    ? `${subject}: not so`
    : `${subject}: found ${JSON.stringify(observed).slice(0, 200)}`
}

/** Failures that a message lists at most. */
const listed = 3

/** The critical expectations that rows break, in words. */
function failures({ results }: Validation): string {
  const failed = results.filter(
    ({ success, expectation_config: { severity } }) => !success && severity === 'critical',
  )
  const shown = failed.slice(0, listed).map(outcomeText).join('; ')
  return failed.length > listed ? `${shown}; and ${failed.length - listed} more` : shown
}

/** Says which expectations of the contract new rows break. */
export const brokenContract = (validation: Validation): KaizenError =>
  new KaizenError(
    'INVALID_DATA',
    `the contract of "${validation.dataset}" keeps this version out: ${failures(validation)}`,
    {
      hint: `The rows are kept for a look: kaizen data validation ${validation.dataset} ${validation.id}`,
      details: { validation: validation.id, failedRows: validation.failedRows },
    },
  )

/** Says why pipelines may not read a version. */
export const heldBack = (validation: Validation): KaizenError =>
  new KaizenError(
    'INVALID_DATA',
    `version ${validation.version} of "${validation.dataset}" is held back by its contract: ${failures(validation)}`,
    {
      hint: `Look at its rows with: kaizen data validation ${validation.dataset} ${validation.id}; then add a version that meets the contract, or run with one that does.`,
      details: { validation: validation.id, failedRows: validation.failedRows },
    },
  )
