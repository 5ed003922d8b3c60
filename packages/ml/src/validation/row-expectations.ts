import { MlError } from '../ml-error.ts'
import { codePoints } from '../profile/categorical-profile.ts'
import { isParseableDate } from './date-parsing.ts'
import {
  type Arguments,
  betweenOf,
  columnOf,
  type Expectation,
  examples,
  isMissing,
  mostlyOf,
  percent,
  presentNumbers,
  rowResult,
  setOf,
  type Value,
  type Values,
} from './expectation.ts'
import { likePattern, likePatterns } from './like-pattern.ts'
import { notOutlier } from './outlier-expectation.ts'
import { regexOf } from './python-regex.ts'
import { strftimePattern } from './strftime.ts'

type Present = string | number | boolean
type Conforms = (value: Present, row: number) => boolean

/** A check of each present value of a column, made from the arguments and the whole column. */
const eachValue =
  (make: (args: Arguments, column: Values) => Conforms): Expectation =>
  (table, args) => {
    const column = columnOf(table, args)
    const conforms = make(args, column)
    const unexpected: number[] = []
    let missing = 0
    for (let row = 0; row < column.length; row++) {
      const value = column[row]
      if (isMissing(value)) missing++
      else if (!conforms(value, row)) unexpected.push(row)
    }
    return rowResult({ total: column.length, missing, unexpected }, args, (row) => column[row])
  }

/** A check of missing values themselves: every row counts. */
const eachRow =
  (conforms: (value: Value) => boolean): Expectation =>
  (table, args) => {
    const column = columnOf(table, args)
    const unexpected: number[] = []
    for (let row = 0; row < column.length; row++) if (!conforms(column[row])) unexpected.push(row)
    const total = column.length
    return {
      success: total === 0 || (total - unexpected.length) / total >= mostlyOf(args),
      element_count: total,
      unexpected_count: unexpected.length,
      unexpected_percent: percent(unexpected.length, total),
      ...examples(unexpected, (row) => column[row] ?? null),
    }
  }

const regexListOf = ({ regex_list: list }: Arguments): RegExp[] => {
  if (Array.isArray(list)) return list.map(regexOf)
  throw new MlError('invalid_option', 'regex_list is no list', 'give a list of expressions')
}

const textOf = (value: Present): string => String(value)

/** Whether values, missing ones left out, do not fall (or rise, with sign -1). */
const monotone =
  (sign: 1 | -1) =>
  ({ strictly }: Arguments): Conforms => {
    let before: Present | null = null
    return (value) => {
      const last = before
      before = value
      if (last === null) return true
      const step = sign > 0 ? value > last : value < last
      return step || (strictly !== true && value === last)
    }
  }

const isOnce = (column: Values): ((value: Present) => boolean) => {
  const counts = new Map<Value, number>()
  for (let row = 0; row < column.length; row++) {
    counts.set(column[row], (counts.get(column[row]) ?? 0) + 1)
  }
  return (value) => counts.get(value) === 1
}

/** Where there is no deviation, as of one value or of equal ones, no value is far from the mean. */
const zScores = (args: Arguments, column: Values): Conforms => {
  const present = presentNumbers(column)
  const mean = present.reduce((sum, value) => sum + value, 0) / present.length
  const squares = present.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const deviation = Math.sqrt(squares / (present.length - 1))
  const threshold = Number(args['threshold'])
  return (value) => {
    const z = (Number(value) - mean) / deviation
    if (Number.isNaN(z)) return true
    return args['double_sided'] === false ? z < threshold : Math.abs(z) < Math.abs(threshold)
  }
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Expectations of single values, under the names of Great Expectations. */
export const ROW_EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  expect_column_values_to_not_be_null: eachRow((value) => !isMissing(value)),
  expect_column_values_to_be_null: eachRow((value) => isMissing(value)),
  expect_column_values_to_be_between: eachValue((args) => {
    const isBetween = betweenOf(args)
    return (value) => isBetween(value as number)
  }),
  expect_column_values_to_be_in_set: eachValue((args) => {
    const allowed = setOf(args)
    return (value) => allowed.has(value)
  }),
  expect_column_values_to_not_be_in_set: eachValue((args) => {
    const forbidden = setOf(args)
    return (value) => !forbidden.has(value)
  }),
  expect_column_values_to_be_unique: eachValue((_, column) => isOnce(column)),
  expect_column_values_to_be_increasing: eachValue(monotone(1)),
  expect_column_values_to_be_decreasing: eachValue(monotone(-1)),
  expect_column_value_lengths_to_be_between: eachValue((args) => {
    const isBetween = betweenOf(args)
    return (value) => isBetween(codePoints(textOf(value)))
  }),
  expect_column_value_lengths_to_equal: eachValue(
    ({ value: length }) =>
      (value) =>
        codePoints(textOf(value)) === length,
  ),
  expect_column_values_to_match_regex: eachValue(({ regex }) => {
    const pattern = regexOf(regex)
    return (value) => pattern.test(textOf(value))
  }),
  expect_column_values_to_not_match_regex: eachValue(({ regex }) => {
    const pattern = regexOf(regex)
    return (value) => !pattern.test(textOf(value))
  }),
  expect_column_values_to_match_regex_list: eachValue((args) => {
    const patterns = regexListOf(args)
    const needsAll = args['match_on'] === 'all'
    return (value) => {
      const matches = (pattern: RegExp) => pattern.test(textOf(value))
      return needsAll ? patterns.every(matches) : patterns.some(matches)
    }
  }),
  expect_column_values_to_not_match_regex_list: eachValue((args) => {
    const patterns = regexListOf(args)
    return (value) => !patterns.some((pattern) => pattern.test(textOf(value)))
  }),
  expect_column_values_to_match_strftime_format: eachValue(({ strftime_format: format }) => {
    const matches = strftimePattern(String(format))
    return (value) => {
      if (typeof value === 'string') return matches(value)
      throw new MlError(
        'invalid_input',
        `the column holds the number ${String(value)}`,
        'this expectation needs a column of texts',
      )
    }
  }),
  expect_column_values_to_be_dateutil_parseable: eachValue(
    () => (value) => isParseableDate(textOf(value)),
  ),
  expect_column_values_to_be_json_parseable: eachValue(() => (value) => isJson(textOf(value))),
  expect_column_value_z_scores_to_be_less_than: eachValue(zScores),
  expect_column_values_to_not_be_outliers: eachValue(notOutlier),
  expect_column_values_to_match_like_pattern: eachValue(({ like_pattern: pattern }) => {
    const matches = likePattern(pattern)
    return (value) => matches(textOf(value))
  }),
  expect_column_values_to_not_match_like_pattern: eachValue(({ like_pattern: pattern }) => {
    const matches = likePattern(pattern)
    return (value) => !matches(textOf(value))
  }),
  expect_column_values_to_match_like_pattern_list: eachValue((args) => {
    const patterns = likePatterns(args['like_pattern_list'])
    const needsAll = args['match_on'] === 'all'
    return (value) => {
      const matches = (one: (text: string) => boolean) => one(textOf(value))
      return needsAll ? patterns.every(matches) : patterns.some(matches)
    }
  }),
  expect_column_values_to_not_match_like_pattern_list: eachValue((args) => {
    const patterns = likePatterns(args['like_pattern_list'])
    return (value) => !patterns.some((matches) => matches(textOf(value)))
  }),
}
