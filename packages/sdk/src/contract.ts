import type { DatasetDeclaration, JsonValue } from '@kaizen/contracts'

/** Name and arguments of an expectation, as Great Expectations has them. */
export type ContractExpectation = NonNullable<
  DatasetDeclaration['contract']
>['expectations'][number]
export type Contract = NonNullable<DatasetDeclaration['contract']>

export interface ExpectationOptions {
  /** Only a critical expectation that fails makes a version fail; `critical` unless told. */
  readonly severity?: ContractExpectation['severity']
  readonly meta?: Readonly<Record<string, JsonValue>>
}

/**
 * An expectation by the name and arguments that Great Expectations gives it:
 * `expectation('expect_column_values_to_be_between', { column: 'age', min_value: 0 })`.
 */
export const expectation = (
  type: `expect_${string}`,
  kwargs: Readonly<Record<string, JsonValue>> = {},
  { severity = 'critical', meta = {} }: ExpectationOptions = {},
): ContractExpectation => ({ type, kwargs: { ...kwargs }, severity, meta: { ...meta } })

/** What every new version of a dataset must meet; a broken contract keeps the version out, or only says so. */
export const contract = (
  expectations: readonly ContractExpectation[],
  { onFailure = 'block' }: { readonly onFailure?: Contract['onFailure'] } = {},
): Contract => ({ expectations: [...expectations], onFailure })
