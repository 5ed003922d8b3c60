import { columnListMismatch, columnSetMismatch } from '@kaizen/ml/validation'
import { identifier } from '../../storage/index.ts'
import {
  badArgument,
  columnArg,
  comparable,
  listArg,
  mostlyArg,
  numberArg,
  numericBoundsArg,
  textArg,
  textsArg,
} from './arguments.ts'
import {
  type Check,
  type Expectation,
  missingSql,
  type Outcome,
  observed,
  type RowCheck,
  shownSql,
  type TableShape,
} from './check.ts'
import { countOf, otherRelation } from './other-table.ts'

const fixed = (outcome: Outcome): Check => ({
  kind: 'figures',
  aggregates: () => [],
  judge: () => outcome,
})

const rowCount = (judge: (count: number) => boolean): Check => ({
  kind: 'figures',
  aggregates: (scope) => [`count(*) FILTER (${scope})`],
  judge: ([count]) => observed(judge(Number(count)), Number(count)),
})

const namesOf = ({ schema }: TableShape): readonly string[] => schema.map(({ name }) => name)

const matchesSet: Expectation = (table, args) => {
  const names = [...namesOf(table)].sort()
  const found = columnSetMismatch(names, textsArg(args, 'column_set'))
  const success =
    found.missing.length === 0 && (args['exact_match'] === false || found.unexpected.length === 0)
  return fixed({ success, result: { observed_value: names, ...found.details } })
}

const matchesList: Expectation = (table, args) => {
  const names = namesOf(table)
  const { success, details } = columnListMismatch(names, listArg(args, 'column_list'))
  return fixed({ success, result: { observed_value: names, ...details } })
}

const exists: Expectation = (table, args) => {
  const index = namesOf(table).indexOf(textArg(args, 'column'))
  const wanted = args['column_index'] ?? null
  return fixed({ success: index >= 0 && (wanted === null || wanted === index), result: {} })
}

const countEqualsOther: Expectation = (_table, args) => ({
  kind: 'own',
  async run(rows) {
    const own = await countOf(rows, rows.relation)
    const other = await countOf(rows, await otherRelation(rows, args))
    return observed(own === other, { self: own, other })
  },
})

/** Present values of a column that are no values of a column of another dataset: a foreign key. */
const inOtherTable: Expectation = (table, args) => {
  const column = columnArg(table, args)
  const otherColumn = textArg(args, 'other_column')
  const mostly = mostlyArg(args)
  return {
    kind: 'deferred',
    async resolve(rows): Promise<RowCheck> {
      const other = await otherRelation(rows, args)
      const schema = await rows.lake.describe(`SELECT * FROM ${other}`)
      const theirs = columnArg({ schema }, { other_column: otherColumn }, 'other_column')
      const [value, key] = comparable(column, theirs)
      return {
        kind: 'rows',
        ignored: missingSql(column),
        conforms: `${value} IN (SELECT ${key} FROM ${other} WHERE NOT ${missingSql(theirs)})`,
        of: [column],
        shown: shownSql(column),
        mostly,
      }
    },
  }
}

const hourMs = 3_600_000

/** The newest value of a column of times is at most so many hours old. */
const recent: Expectation = (table, args) => {
  const column = columnArg(table, args)
  if (column.type !== 'date' && column.type !== 'timestamp')
    throw badArgument(
      `column: "${column.name}" holds ${column.type} values`,
      'This expectation needs a column of dates or times.',
    )
  const hours = numberArg(args, 'max_age_hours')
  return {
    kind: 'own',
    async run({ lake, relation, now }) {
      const { columns } = await lake.query(
        `SELECT epoch_ms(max(CAST(${identifier(column.name)} AS TIMESTAMP))) FROM ${relation}`,
      )
      const newest = Number(columns[0]?.values[0] ?? Number.NaN)
      if (Number.isNaN(newest)) return observed(false, null)
      const ageHours = (now - newest) / hourMs
      return {
        success: ageHours <= hours,
        result: { observed_value: new Date(newest).toISOString(), details: { ageHours } },
      }
    },
  }
}

/** Expectations of a table as a whole: those of Great Expectations, and keys and age across tables. */
export const tableExpectations: Readonly<Record<string, Expectation>> = {
  expect_table_row_count_to_equal: (_table, args) => {
    const value = numberArg(args, 'value')
    return rowCount((count) => count === value)
  },
  expect_table_row_count_to_be_between: (_table, args) => rowCount(numericBoundsArg(args)),
  expect_table_row_count_to_equal_other_table: countEqualsOther,
  expect_table_column_count_to_equal: ({ schema }, args) =>
    fixed(observed(schema.length === numberArg(args, 'value'), schema.length)),
  expect_table_column_count_to_be_between: ({ schema }, args) =>
    fixed(observed(numericBoundsArg(args)(schema.length), schema.length)),
  expect_table_columns_to_match_set: matchesSet,
  expect_table_columns_to_match_ordered_list: matchesList,
  expect_column_to_exist: exists,
  expect_column_values_to_exist_in_other_table: inOtherTable,
  expect_column_max_to_be_recent: recent,
}
