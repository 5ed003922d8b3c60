import type { Column, ColumnProfile, ExpectationConfig } from '@kaizen/contracts'
import type { Schema } from '../model.ts'

/** Texts with at most so many distinct values are a set of categories. */
const mostCategories = 12

/**
 * Expectations that a version meets, as TensorFlow Data Validation infers a schema: columns and their types, presence,
 * domains of categories, ranges of numbers. `absent` are columns that the environment does not have, such as the label
 * while serving.
 */
export function inferExpectations(
  schema: Schema,
  profile: readonly ColumnProfile[],
  absent: readonly string[],
): readonly ExpectationConfig[] {
  const left = new Set(absent)
  const columns = schema.filter(({ name }) => !left.has(name))
  return [
    expectation('expect_table_columns_to_match_set', {
      column_set: columns.map(({ name }) => name),
      exact_match: absent.length === 0,
    }),
    ...columns.flatMap((column) =>
      ofColumn(
        column,
        profile.find(({ name }) => name === column.name),
      ),
    ),
  ]
}

function ofColumn(
  column: Column,
  profile: ColumnProfile | undefined,
): readonly ExpectationConfig[] {
  const about = { column: column.name }
  const typed = expectation('expect_column_values_to_be_of_type', { ...about, type_: column.type })
  if (!profile || profile.count === 0) return [typed]
  return [typed, ...presence(about, profile), ...domain(about, column, profile)]
}

function presence(
  about: { readonly column: string },
  { count, missing }: ColumnProfile,
): readonly ExpectationConfig[] {
  if (missing === count) return []
  if (missing === 0) return [expectation('expect_column_values_to_not_be_null', about)]
  // Half as many again may be missing before it is told.
  const mostly = Math.floor(Math.max(0, 1 - (1.5 * missing) / count) * 100) / 100
  return mostly > 0
    ? [expectation('expect_column_values_to_not_be_null', { ...about, mostly }, 'warning')]
    : []
}

function domain(
  about: { readonly column: string },
  column: Column,
  profile: ColumnProfile,
): readonly ExpectationConfig[] {
  if (column.type === 'integer' || column.type === 'number') {
    if (typeof profile.min !== 'number' || typeof profile.max !== 'number') return []
    return [
      expectation(
        'expect_column_values_to_be_between',
        { ...about, min_value: profile.min, max_value: profile.max },
        'warning',
      ),
    ]
  }
  const values = profile.topValues.map(({ value }) => value)
  const isDomain =
    column.type === 'string' &&
    values.length > 0 &&
    values.length < mostCategories &&
    profile.distinct <= mostCategories
  return isDomain
    ? [
        expectation(
          'expect_column_values_to_be_in_set',
          { ...about, value_set: [...values].sort() },
          'warning',
        ),
      ]
    : []
}

const expectation = (
  type: string,
  kwargs: ExpectationConfig['kwargs'],
  severity: ExpectationConfig['severity'] = 'critical',
): ExpectationConfig => ({ type, kwargs, severity, meta: {} })
