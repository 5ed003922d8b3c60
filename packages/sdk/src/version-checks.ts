import { type ContractExpectation, type ExpectationOptions, expectation } from './contract.ts'

/** Bounds of a ratio of row counts; an absent one is open. */
export interface Ratio {
  readonly min?: number
  readonly max?: number
}

const bounds = ({ min, max }: Ratio) => ({
  ...(min === undefined ? {} : { min_value: min }),
  ...(max === undefined ? {} : { max_value: max }),
})

/** The newest value of a column of times is at most so many hours old when the version is made. */
export const freshness = (
  column: string,
  { maxAgeHours }: { readonly maxAgeHours: number },
  options?: ExpectationOptions,
): ContractExpectation =>
  expectation('expect_column_max_to_be_recent', { column, max_age_hours: maxAgeHours }, options)

/** Every present value of a column is a value of a column of another dataset, in its newest version. */
export const foreignKey = (
  column: string,
  other: { readonly dataset: string; readonly column: string },
  options?: ExpectationOptions,
): ContractExpectation =>
  expectation(
    'expect_column_values_to_exist_in_other_table',
    { column, other_table_name: other.dataset, other_column: other.column },
    options,
  )

/** As many rows as another dataset has; with bounds, rows over those of the other. */
export const rowsBeside = (
  dataset: string,
  ratio?: Ratio,
  options?: ExpectationOptions,
): ContractExpectation =>
  ratio === undefined
    ? expectation(
        'expect_table_row_count_to_equal_other_table',
        { other_table_name: dataset },
        options,
      )
    : expectation(
        'expect_table_row_count_ratio_to_other_table_to_be_between',
        { other_table_name: dataset, ...bounds(ratio) },
        options,
      )

/** Rows over those of the version before: `{ min: 0.5, max: 2 }` tells of data that went missing or came twice. */
export const steadyVolume = (ratio: Ratio, options?: ExpectationOptions): ContractExpectation =>
  expectation(
    'expect_table_row_count_ratio_to_previous_version_to_be_between',
    bounds(ratio),
    options,
  )

export interface SchemaEvolution {
  /** Whether columns may come; they may unless told. */
  readonly newColumns?: boolean
  /** Whether columns may go; they may not unless told. */
  readonly missingColumns?: boolean
  /** `widening` lets a column hold more than before (integer to number); `none` unless told. */
  readonly typeChanges?: 'none' | 'widening' | 'any'
}

/** The columns of the version before are there, with their types. */
export const compatibleSchema = (
  { newColumns = true, missingColumns = false, typeChanges = 'none' }: SchemaEvolution = {},
  options?: ExpectationOptions,
): ContractExpectation =>
  expectation(
    'expect_table_schema_to_be_compatible_with_previous_version',
    {
      allow_new_columns: newColumns,
      allow_missing_columns: missingColumns,
      allow_type_changes: typeChanges,
    },
    options,
  )
