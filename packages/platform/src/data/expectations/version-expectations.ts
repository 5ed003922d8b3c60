import type { Column } from '@kaizen/contracts'
import { badArgument, numericBoundsArg } from './arguments.ts'
import {
  type Arguments,
  type Expectation,
  observed,
  type RowSource,
  type VersionShape,
} from './check.ts'
import { countOf, otherRelation } from './other-table.ts'

/** What may become of the type of a column: nothing, what holds all values that were there before, or anything. */
const typeChanges = ['none', 'widening', 'any'] as const
type TypeChanges = (typeof typeChanges)[number]

/** Types that hold every value of another. */
const wider: Readonly<Partial<Record<Column['type'], readonly Column['type'][]>>> = {
  integer: ['number', 'string'],
  number: ['string'],
  boolean: ['string'],
  date: ['timestamp', 'string'],
  timestamp: ['string'],
}

interface SchemaChange {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly retyped: readonly {
    readonly column: string
    readonly from: Column['type']
    readonly to: Column['type']
  }[]
}

/** Columns that came, went or hold another type since an earlier version. */
export function schemaChange(before: readonly Column[], after: readonly Column[]): SchemaChange {
  const [old, now] = [before, after].map((schema) => new Map(schema.map((c) => [c.name, c.type])))
  const names = (of: readonly Column[], without: ReadonlyMap<string, unknown> | undefined) =>
    of.flatMap(({ name }) => (without?.has(name) ? [] : [name]))
  return {
    added: names(after, old),
    removed: names(before, now),
    retyped: before.flatMap(({ name, type }) => {
      const to = now?.get(name)
      return to === undefined || to === type ? [] : [{ column: name, from: type, to }]
    }),
  }
}

function allowanceArg(args: Arguments, key: string, customary: boolean): boolean {
  const given = args[key] ?? customary
  if (typeof given === 'boolean') return given
  throw badArgument(`${key} is ${JSON.stringify(given)}`, 'Give true or false.')
}

function typeChangesArg(args: Arguments): TypeChanges {
  const given = args['allow_type_changes'] ?? 'none'
  const found = typeChanges.find((each) => each === given)
  if (found) return found
  throw badArgument(
    `allow_type_changes is ${JSON.stringify(given)}`,
    `Give one of ${typeChanges.join(', ')}.`,
  )
}

/** The version to compare with: a given one, or the one before. Null where there is none before. */
function earlierArg(rows: RowSource, args: Arguments): Promise<VersionShape | null> {
  const version = args['since_version']
  if (version !== undefined && !(Number.isSafeInteger(version) && Number(version) > 0))
    throw badArgument(`since_version is ${String(version)}`, 'Give the number of a version.')
  return rows.earlier(version === undefined ? undefined : Number(version))
}

/** A first version has nothing to differ from. */
const firstOfAll = { success: true, result: { observed_value: null, details: { since: null } } }

/** Columns stay, with their types; new ones may come unless told otherwise. */
const compatibleSchema: Expectation = ({ schema }, args) => {
  const mayAdd = allowanceArg(args, 'allow_new_columns', true)
  const mayRemove = allowanceArg(args, 'allow_missing_columns', false)
  const mayRetype = typeChangesArg(args)
  return {
    kind: 'own',
    async run(rows) {
      const before = await earlierArg(rows, args)
      if (before === null) return firstOfAll
      const change = schemaChange(before.schema, schema)
      const isHeld = change.retyped.every(
        ({ from, to }) =>
          mayRetype === 'any' || (mayRetype === 'widening' && (wider[from]?.includes(to) ?? false)),
      )
      const success =
        isHeld &&
        (mayAdd || change.added.length === 0) &&
        (mayRemove || change.removed.length === 0)
      return {
        success,
        result: { observed_value: { ...change }, details: { since: before.version } },
      }
    },
  }
}

/** Rows over those of another count; of none there is no ratio. */
const ratioOf = (rows: number, others: number): number | null => (others > 0 ? rows / others : null)

/** As many rows as the version before, within a share: a volume that neither collapses nor explodes. */
const volume: Expectation = (_table, args) => {
  const isWithin = numericBoundsArg(args)
  return {
    kind: 'own',
    async run(rows) {
      const before = await earlierArg(rows, args)
      if (before === null) return firstOfAll
      const own = await countOf(rows, rows.relation)
      const ratio = ratioOf(own, before.rowCount)
      return {
        success: ratio !== null && isWithin(ratio),
        result: {
          observed_value: ratio,
          details: { self: own, other: before.rowCount, since: before.version },
        },
      }
    },
  }
}

/** Rows over those of another dataset, such as positions over orders. */
const ratioToOther: Expectation = (_table, args) => {
  const isWithin = numericBoundsArg(args)
  return {
    kind: 'own',
    async run(rows) {
      const own = await countOf(rows, rows.relation)
      const other = await countOf(rows, await otherRelation(rows, args))
      const ratio = ratioOf(own, other)
      const { success, result } = observed(ratio !== null && isWithin(ratio), ratio)
      return { success, result: { ...result, details: { self: own, other } } }
    },
  }
}

/** Expectations of a version beside those before it, and of counts beside those of other datasets. */
export const versionExpectations: Readonly<Record<string, Expectation>> = {
  expect_table_schema_to_be_compatible_with_previous_version: compatibleSchema,
  expect_table_row_count_ratio_to_previous_version_to_be_between: volume,
  expect_table_row_count_ratio_to_other_table_to_be_between: ratioToOther,
}
