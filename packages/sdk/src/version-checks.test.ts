import { describe, expect, it } from 'vitest'
import {
  compatibleSchema,
  foreignKey,
  freshness,
  rowsBeside,
  steadyVolume,
} from './version-checks.ts'

describe('checks over versions and datasets', () => {
  it.each([
    [
      freshness('day', { maxAgeHours: 24 }),
      'expect_column_max_to_be_recent',
      { column: 'day', max_age_hours: 24 },
    ],
    [
      foreignKey('land', { dataset: 'lands', column: 'code' }),
      'expect_column_values_to_exist_in_other_table',
      { column: 'land', other_table_name: 'lands', other_column: 'code' },
    ],
    [
      rowsBeside('labels'),
      'expect_table_row_count_to_equal_other_table',
      { other_table_name: 'labels' },
    ],
    [
      rowsBeside('orders', { min: 1 }),
      'expect_table_row_count_ratio_to_other_table_to_be_between',
      { other_table_name: 'orders', min_value: 1 },
    ],
    [
      steadyVolume({ min: 0.5, max: 2 }),
      'expect_table_row_count_ratio_to_previous_version_to_be_between',
      { min_value: 0.5, max_value: 2 },
    ],
    [
      compatibleSchema({ typeChanges: 'widening' }),
      'expect_table_schema_to_be_compatible_with_previous_version',
      { allow_new_columns: true, allow_missing_columns: false, allow_type_changes: 'widening' },
    ],
  ])('%j', (made, type, kwargs) => {
    expect(made).toEqual({ type, kwargs, severity: 'critical', meta: {} })
  })

  it('may be told to warn', () => {
    expect(freshness('day', { maxAgeHours: 1 }, { severity: 'warning' }).severity).toBe('warning')
  })
})
