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

export interface ContractOptions {
  /**
   * What becomes of a version that breaks it: it is not made (`block`), it is made and no pipeline reads it (`hold`), or
   * it is only told (`warn`). `block` unless told.
   */
  readonly onFailure?: Contract['onFailure']
  /** Columns that an environment does not have, by its name: `{ serving: { absent: ['label'] } }`. */
  readonly environments?: Contract['environments']
  /** The environment that new versions belong to. */
  readonly environment?: string
}

/** What every new version of a dataset must meet. */
export const contract = (
  expectations: readonly ContractExpectation[],
  { onFailure = 'block', environments, environment }: ContractOptions = {},
): Contract => ({
  expectations: [...expectations],
  onFailure,
  ...(environments ? { environments } : {}),
  ...(environment ? { environment } : {}),
})
