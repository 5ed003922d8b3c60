import { setImmediate } from 'node:timers/promises'
import type { Column } from '@kaizen/contracts'
import {
  comparePartitions,
  expectedShares,
  isParseableDate,
  strftimePattern,
} from '@kaizen/ml/validation'
import { identifier, literal } from '../../storage/index.ts'
import {
  badArgument,
  columnArg,
  listArg,
  mostlyArg,
  numberArg,
  numericArg,
  textArg,
  textColumnArg,
} from './arguments.ts'
import {
  type Arguments,
  type Expectation,
  missingSql,
  numberSql,
  type RowCheck,
  type RowSource,
  shownSql,
  valueSql,
} from './check.ts'

/** Distinct values that are judged one by one at most. */
const mostJudged = 200_000
/** Values that are judged before others may use the event loop. */
const judgedAtOnce = 2_000

/**
 * A check of text that SQL cannot do alone: SQL passes what it surely can, and only the distinct values that remain
 * are judged one by one.
 */
const eachText =
  (
    make: (args: Arguments) => {
      readonly passes: (value: string) => string
      readonly conforms: (text: string) => boolean
    },
  ): Expectation =>
  (table, args) => {
    const column = textColumnArg(table, args)
    const { passes, conforms } = make(args)
    const mostly = mostlyArg(args)
    return {
      kind: 'deferred',
      async resolve(rows): Promise<RowCheck> {
        const name = identifier(column.name)
        const unexpected = await nonconforming(rows, column, { passes: passes(name), conforms })
        const path = rows.scratchFile()
        await rows.lake.writeTable(
          {
            rowCount: unexpected.length,
            columns: [{ name: 'value', type: 'string', values: unexpected }],
          },
          path,
        )
        return {
          kind: 'rows',
          ignored: missingSql(column),
          conforms: `${name} NOT IN (SELECT value FROM read_parquet(${literal(path)}))`,
          of: [column],
          shown: shownSql(column),
          mostly,
        }
      },
    }
  }

/** Distinct values that neither SQL nor the judgement of each passes. */
async function nonconforming(
  { lake, relation }: RowSource,
  column: Column,
  by: { readonly passes: string; readonly conforms: (text: string) => boolean },
): Promise<readonly string[]> {
  const name = identifier(column.name)
  const { columns } = await lake.query(
    `SELECT DISTINCT ${name} FROM ${relation} WHERE ${name} IS NOT NULL AND NOT coalesce(${by.passes}, FALSE) LIMIT ${mostJudged + 1}`,
  )
  const doubtful = (columns[0]?.values ?? []) as readonly string[]
  if (doubtful.length > mostJudged)
    throw badArgument(
      `more than ${mostJudged} distinct values of "${column.name}" are in a form of their own`,
      'Bring the column into one form, or check it with a regular expression.',
    )
  const unexpected: string[] = []
  for (const [index, text] of doubtful.entries()) {
    if (index % judgedAtOnce === 0) await setImmediate()
    if (!by.conforms(text)) unexpected.push(text)
  }
  return unexpected
}

interface QuantileRanges {
  readonly quantiles: readonly number[]
  readonly ranges: readonly (readonly [number | null, number | null])[]
}

function quantileRangesOf(args: Arguments): QuantileRanges {
  const given = args['quantile_ranges']
  const { quantiles, value_ranges: ranges } = (given ?? {}) as Readonly<Record<string, unknown>>
  const isBound = (bound: unknown): boolean => bound === null || typeof bound === 'number'
  if (
    Array.isArray(quantiles) &&
    Array.isArray(ranges) &&
    quantiles.length === ranges.length &&
    quantiles.every((q) => typeof q === 'number' && q >= 0 && q <= 1) &&
    ranges.every((range) => Array.isArray(range) && range.length === 2 && range.every(isBound))
  )
    return { quantiles, ranges }
  throw badArgument(
    'quantile_ranges does not pair quantiles with ranges',
    'Give { "quantiles": [0.05, 0.5], "value_ranges": [[0, 10], [5, null]] }.',
  )
}

/** The element whose position among n is nearest to q (n − 1); of two as near, that of even position. */
const nearestPosition = (q: number, n: number): number => {
  const exact = q * (n - 1)
  const low = Math.floor(exact)
  const rest = exact - low
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low
}

const quantilesBetween: Expectation = (table, args) => {
  const column = numericArg(table, args)
  const { quantiles, ranges } = quantileRangesOf(args)
  return {
    kind: 'own',
    async run({ lake, relation }) {
      const present = `SELECT CAST(${identifier(column.name)} AS DOUBLE) AS value FROM ${relation} WHERE NOT ${missingSql(column)}`
      const counted = await lake.query(`SELECT count(*) FROM (${present})`)
      const n = Number(counted.columns[0]?.values[0])
      if (n === 0 || quantiles.length === 0)
        return { success: n > 0, result: { observed_value: { quantiles, values: [] } } }
      // The share that makes the discrete quantile of SQL the element at the position.
      const shares = quantiles.map((q) => (nearestPosition(q, n) + 0.5) / n)
      const { columns } = await lake.query(
        `SELECT to_json(quantile_disc(value, [${shares.join(', ')}])) FROM (${present})`,
      )
      const values = JSON.parse(String(columns[0]?.values[0])) as number[]
      const held = values.map((value, i) => {
        const [low, high] = ranges[i] ?? [null, null]
        return (low === null || value >= low) && (high === null || value <= high)
      })
      return {
        success: held.every(Boolean),
        result: { observed_value: { quantiles, values }, details: { success_details: held } },
      }
    },
  }
}

interface Cell {
  readonly condition: string
  readonly weight: number
}

/** The cells of a partition object: values of a category, or intervals of numbers with what lies beyond them. */
function cellsOf(column: Column, args: Arguments): readonly Cell[] {
  const partition = (args['partition_object'] ?? {}) as Readonly<Record<string, unknown>>
  const name = identifier(column.name)
  const weights = listArg(partition, 'weights').map(Number)
  if (weights.some((weight) => !(weight >= 0)))
    throw badArgument('partition_object.weights holds no weights', 'Give weights of 0 or more.')
  if (partition['values'] !== undefined) {
    const values = listArg(partition, 'values')
    if (values.length !== weights.length)
      throw badArgument(
        'partition_object has other values than weights',
        'Give one weight a value.',
      )
    return values.map((value, i) => ({
      condition: `${name} = ${valueSql(column, value) ?? 'NULL'}`,
      weight: weights[i] as number,
    }))
  }
  const bins = listArg(partition, 'bins').map(Number)
  if (
    bins.length !== weights.length + 1 ||
    bins.some((bin, i) => !(bin > (bins[i - 1] ?? -Infinity)))
  )
    throw badArgument(
      'partition_object.bins are not the edges of the weights',
      'Give one more bin than weights, rising.',
    )
  const last = weights.length - 1
  return weights.map((weight, i) => ({
    condition: `(${name} >= ${numberSql(bins[i] as number)} AND ${name} ${i === last ? '<=' : '<'} ${numberSql(bins[i + 1] as number)})`,
    weight,
  }))
}

/** Rows that lie below and above the intervals. */
async function tailsOf(
  { lake, relation }: RowSource,
  column: Column,
  bins: readonly number[],
): Promise<readonly [below: number, above: number]> {
  const name = identifier(column.name)
  const { columns } = await lake.query(
    `SELECT count(*) FILTER (${name} < ${numberSql(bins[0] as number)}), count(*) FILTER (${name} > ${numberSql(bins.at(-1) as number)}) FROM ${relation} WHERE NOT ${missingSql(column)}`,
  )
  const [below = 0, above = 0] = columns.map(({ values }) => Number(values[0]))
  return [below, above]
}

/** Categories that the partition does not name, with their rows. */
async function unnamed(
  { lake, relation }: RowSource,
  column: Column,
  named: readonly unknown[],
): Promise<{ readonly values: readonly unknown[]; readonly counts: readonly number[] }> {
  const name = identifier(column.name)
  const known = named.flatMap((value) => valueSql(column, value) ?? [])
  const others = known.length > 0 ? ` AND ${name} NOT IN (${known.join(', ')})` : ''
  const { columns } = await lake.query(
    `SELECT to_json(${shownSql(column)}), CAST(count(*) AS DOUBLE) FROM ${relation} WHERE NOT ${missingSql(column)}${others} GROUP BY ${name} ORDER BY ${name}`,
  )
  return {
    values: Array.from<unknown, unknown>(columns[0]?.values ?? [], (text) =>
      JSON.parse(String(text)),
    ),
    counts: Array.from(columns[1]?.values ?? [], Number),
  }
}

/**
 * Kullback–Leibler divergence of the observed shares from those of a partition, in nats. Values that no cell holds
 * make it infinite, unless `tail_weight_holdout` keeps a share for them; `internal_weight_holdout` keeps one for
 * intervals of no weight.
 */
const klDivergence: Expectation = (table, args) => {
  const column = columnArg(table, args)
  const threshold = numberArg(args, 'threshold')
  const cells = cellsOf(column, args)
  const weights = cells.map(({ weight }) => weight)
  const holdout = (key: string) => (args[key] === undefined ? 0 : numberArg(args, key))
  const [tail, internal] = ['tail_weight_holdout', 'internal_weight_holdout'].map(holdout)
  const holdouts = { tail: tail ?? 0, internal: internal ?? 0 }
  const isContinuous = Object.hasOwn((args['partition_object'] ?? {}) as object, 'bins')
  if (!isContinuous && holdouts.internal > 0)
    throw badArgument(
      'internal_weight_holdout is for intervals of numbers',
      'Leave it out for categories; tail_weight_holdout keeps a share for those that the partition does not name.',
    )
  return {
    kind: 'own',
    async run(rows) {
      const counts = cells.map(({ condition }) => `count(*) FILTER (${condition})`)
      const { columns } = await rows.lake.query(`SELECT ${counts.join(', ')} FROM ${rows.relation}`)
      const observed = columns.map(({ values }) => Number(values[0]))
      const { value, details } = isContinuous
        ? await againstIntervals(rows, column, { weights, holdouts, observed, args })
        : await againstCategories(rows, column, { weights, holdouts, observed, args })
      return {
        success: value !== null && value <= threshold,
        result: { observed_value: value, details },
      }
    },
  }
}

interface Partitioned {
  readonly weights: readonly number[]
  readonly holdouts: { readonly tail: number; readonly internal: number }
  /** Rows by cell. */
  readonly observed: readonly number[]
  readonly args: Arguments
}

const partitionList = (args: Arguments, key: 'bins' | 'values'): readonly unknown[] =>
  listArg((args['partition_object'] ?? {}) as Readonly<Record<string, unknown>>, key)

async function againstIntervals(rows: RowSource, column: Column, given: Partitioned) {
  const bins = partitionList(given.args, 'bins').map(Number)
  const { cells, tails } = expectedShares(given.weights, given.holdouts, true)
  return comparePartitions(
    { bins },
    {
      observed: given.observed,
      expected: cells,
      observedTails: await tailsOf(rows, column, bins),
      expectedTails: [tails / 2, tails / 2],
    },
  )
}

async function againstCategories(rows: RowSource, column: Column, given: Partitioned) {
  const values = partitionList(given.args, 'values')
  const { values: unknown, counts } = await unnamed(rows, column, values)
  const { cells, tails } = expectedShares(given.weights, given.holdouts, unknown.length > 0)
  return comparePartitions(
    { values: [...values, ...unknown] },
    {
      observed: [...given.observed, ...counts],
      expected: [...cells, ...counts.map(() => tails / unknown.length)],
    },
  )
}

/** Expectations that ask more than one pass over the rows can answer, under the names of Great Expectations. */
export const ownExpectations: Readonly<Record<string, Expectation>> = {
  expect_column_quantile_values_to_be_between: quantilesBetween,
  expect_column_kl_divergence_to_be_less_than: klDivergence,
  expect_column_values_to_be_dateutil_parseable: eachText(() => ({
    passes: (value) => `TRY_CAST(${value} AS TIMESTAMP) IS NOT NULL`,
    conforms: isParseableDate,
  })),
  expect_column_values_to_match_strftime_format: eachText((args) => ({
    passes: () => 'FALSE',
    conforms: strftimePattern(textArg(args, 'strftime_format')),
  })),
}
