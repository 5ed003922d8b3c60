import type { ExpectationConfig, ExpectationOutcome } from '@kaizen/contracts'
import { isKaizenError } from '@kaizen/contracts'
import {
  listUnexpected,
  type ResultFormat,
  readResultFormat,
  type UnexpectedRows,
} from '@kaizen/ml/validation'
import type { Lake } from '../../storage/index.ts'
import { columnArg } from './arguments.ts'
import {
  type Check,
  type DeferredCheck,
  derivedColumn,
  everyRow,
  type Outcome,
  percentOf,
  type RowCheck,
  type RowSource,
  rowIndex,
  shownSql,
  type TableShape,
} from './check.ts'
import { expectationOf } from './expectations.ts'
import { scopeSql } from './row-condition.ts'

/** The rows to validate, and what expectations of several tables need. */
export interface Batch
  extends TableShape,
    Pick<RowSource, 'other' | 'earlier' | 'scratchFile' | 'now'> {
  readonly lake: Lake
  /** A relation of all rows in their order. */
  readonly relation: string
}

export interface Validated {
  readonly outcomes: readonly ExpectationOutcome[]
  /** SQL of the rows that broke a row by row expectation; undefined where none did. */
  readonly failedRows: string | undefined
}

interface Listing extends ResultFormat {
  /** Unexpected rows that `COMPLETE` lists of one expectation. */
  readonly most: number
}

/** Rows that a validation lists in all, and of one expectation. */
const mostListedTogether = 100_000
const mostListedOfOne = 10_000

const mostListed = (expectations: number): number =>
  Math.max(100, Math.min(mostListedOfOne, Math.floor(mostListedTogether / expectations)))

interface Prepared {
  readonly config: ExpectationConfig
  readonly check: Exclude<Check, DeferredCheck>
  /** True for the rows that the expectation looks at. */
  readonly scope: string
}

/**
 * Checks all expectations against the rows of a batch. What one pass can answer is answered by one pass together;
 * whatever fails to be checked is an outcome with the exception, as in Great Expectations.
 */
export async function validateBatch(
  batch: Batch,
  configs: readonly ExpectationConfig[],
  format: ResultFormat = readResultFormat(undefined),
): Promise<Validated> {
  const listing = { ...format, most: mostListed(configs.length) }
  const prepared: (Prepared | ExpectationOutcome)[] = []
  for (const config of configs) prepared.push(await resolved(batch, prepare(batch, config)))
  const ready = prepared.filter((each): each is Prepared => 'check' in each)
  const together = await onePass(batch, ready)
  const outcomes: ExpectationOutcome[] = []
  const failing: Prepared[] = []
  for (const each of prepared) {
    const outcome =
      'check' in each
        ? await attempt(each.config, () => outcomeOf(batch, each, { together, listing }))
        : each
    outcomes.push(outcome)
    const isRaised = outcome.exception_info.raised_exception
    if ('check' in each && !outcome.success && !isRaised && each.check.kind === 'rows')
      failing.push(each)
  }
  return { outcomes, failedRows: failedRowsSql(batch, failing) }
}

interface Unresolved extends Omit<Prepared, 'check'> {
  readonly check: Check
}

/** A check that must ask first has asked; what it cannot find is its outcome. */
async function resolved(
  batch: Batch,
  each: Unresolved | ExpectationOutcome,
): Promise<Prepared | ExpectationOutcome> {
  if (!('check' in each)) return each
  const { check, scope, config } = each
  if (check.kind !== 'deferred') return { ...each, check }
  try {
    return { ...each, check: await check.resolve({ ...batch, relation: inScope(batch, scope) }) }
  } catch (failure) {
    return raised(config, failure)
  }
}

const inScope = ({ relation }: Batch, scope: string): string =>
  scope === everyRow ? relation : `(SELECT * FROM ${relation} WHERE ${scope})`

function prepare(batch: Batch, config: ExpectationConfig): Unresolved | ExpectationOutcome {
  try {
    return {
      config,
      check: expectationOf(config.type)(batch, config.kwargs),
      scope: scopeSql(batch, config.kwargs['row_condition']),
    }
  } catch (failure) {
    return raised(config, failure)
  }
}

/** Aggregates of the common pass by expectation. */
type Aggregates = ReadonlyMap<Prepared, readonly unknown[]>

/** One scan for the figures and for the row by row checks that need no other rows. */
async function onePass(batch: Batch, prepared: readonly Prepared[]): Promise<Aggregates> {
  const parts = prepared.flatMap((each) => {
    const aggregates = aggregatesOf(each)
    return aggregates.length > 0 ? [{ each, aggregates }] : []
  })
  if (parts.length === 0) return new Map()
  try {
    return await scan(batch, parts)
  } catch {
    // One expectation that SQL refuses, such as a broken regular expression, is told by itself.
    const alone = await Promise.all(
      parts.map(async (part) => [...(await scan(batch, [part]).catch(() => new Map()))]),
    )
    return new Map(alone.flat())
  }
}

async function scan(
  { lake, relation }: Batch,
  parts: readonly { readonly each: Prepared; readonly aggregates: readonly string[] }[],
): Promise<Aggregates> {
  const all = parts.flatMap(({ aggregates }) => aggregates)
  const { columns } = await lake.query(
    `SELECT ${all.map((sql) => `to_json(${sql})`).join(', ')} FROM ${relation}`,
  )
  let at = 0
  return new Map(
    parts.map(({ each, aggregates }) => {
      const values = columns.slice(at, at + aggregates.length).map(({ values: [v] }) => jsonOf(v))
      at += aggregates.length
      return [each, values]
    }),
  )
}

function aggregatesOf({ check, scope }: Prepared): readonly string[] {
  if (check.kind === 'figures') return check.aggregates(scope)
  if (check.kind !== 'rows') return []
  return check.derived === undefined ? rowCounts(check, scope) : scopeCounts(check, scope)
}

/** Rows in scope, and rows that are left out. `count_if` costs half of what a filter of the count does. */
const scopeCounts = ({ ignored }: RowCheck, scope: string): readonly string[] =>
  scope === everyRow
    ? ['count(*)', `count_if(${ignored})`]
    : [`count_if(${scope})`, `count_if(${scope} AND ${ignored})`]

/** Those, and the rows that are not as expected. */
const rowCounts = (check: RowCheck, scope: string): readonly string[] => [
  ...scopeCounts(check, scope),
  `count_if(${failingSql(check, scope)})`,
]

const failingSql = ({ ignored, conforms }: RowCheck, scope: string): string =>
  [
    ...(scope === everyRow ? [] : [scope]),
    `NOT (${conforms})`,
    ...(ignored === 'FALSE' ? [] : [`NOT ${ignored}`]),
  ].join(' AND ')

async function outcomeOf(
  batch: Batch,
  each: Prepared,
  { together, listing }: { readonly together: Aggregates; readonly listing: Listing },
): Promise<Outcome> {
  const { check, scope } = each
  const figures = ({ success, result }: Outcome): Outcome => ({
    success,
    result: listing.format === 'BOOLEAN_ONLY' ? {} : result,
  })
  if (check.kind === 'own')
    return figures(await check.run({ ...batch, relation: inScope(batch, scope) }))
  const known = together.get(each)
  if (check.kind === 'figures')
    return figures(check.judge(known ?? (await aggregatesAlone(batch, aggregatesOf(each)))))
  const [total, missing, unexpected] = known ?? (await aggregatesAlone(batch, aggregatesOf(each)))
  const counts = {
    total: Number(total),
    missing: Number(missing),
    unexpected: Number(unexpected ?? (await countUnexpected(batch, check, scope))),
  }
  return rowOutcome(batch, { check, scope, counts }, listing)
}

/** The aggregates of one expectation; only reached when it has none, or when SQL refuses them. */
async function aggregatesAlone(
  { lake, relation }: Batch,
  aggregates: readonly string[],
): Promise<readonly unknown[]> {
  if (aggregates.length === 0) return []
  const { columns } = await lake.query(`SELECT ${aggregates.join(', ')} FROM ${relation}`)
  return columns.map(({ values }) => values[0])
}

/** Unexpected rows of a check that derives a value from all of them. */
async function countUnexpected(
  { lake, relation }: Batch,
  check: RowCheck,
  scope: string,
): Promise<number> {
  const inScope = scope === everyRow ? relation : `(SELECT * FROM ${relation} WHERE ${scope})`
  for (const query of check.surely?.(inScope) ?? []) {
    const { columns } = await lake.query(query)
    if (columns[0]?.values[0] === true) return 0
  }
  const { columns } = await lake.query(
    `SELECT count_if(${failingSql(check, scope)}) FROM ${derivedRelation(relation, check, scope)}`,
  )
  return Number(columns[0]?.values[0])
}

/** The rows in scope with their position and, where the check needs it, the value that it derives from all of them. */
function derivedRelation(relation: string, { derived }: RowCheck, scope: string): string {
  const numbered = `(SELECT *, row_number() OVER () - 1 AS ${rowIndex} FROM ${relation})`
  if (derived === undefined) return numbered
  return `(SELECT *, ${derived} AS ${derivedColumn} FROM (SELECT * FROM ${numbered} WHERE ${scope}))`
}

interface CountedRows {
  readonly check: RowCheck
  readonly scope: string
  readonly counts: { readonly total: number; readonly missing: number; readonly unexpected: number }
}

async function rowOutcome(batch: Batch, rows: CountedRows, listing: Listing): Promise<Outcome> {
  const { check, counts } = rows
  const { total, missing, unexpected } = counts
  const present = total - missing
  const success = present === 0 || (present - unexpected) / present >= check.mostly
  if (listing.format === 'BOOLEAN_ONLY') return { success, result: {} }
  const ofPresent = percentOf(unexpected, present)
  const figures = {
    element_count: total,
    unexpected_count: unexpected,
    unexpected_percent: ofPresent,
    // What looks at missing values themselves leaves none out.
    ...(check.countsMissing
      ? {}
      : {
          missing_count: missing,
          missing_percent: percentOf(missing, total),
          unexpected_percent_total: percentOf(unexpected, total),
          unexpected_percent_nonmissing: ofPresent,
        }),
  }
  const listed = unexpected === 0 ? noRows(listing) : await unexpectedRows(batch, rows, listing)
  return { success, result: { ...figures, ...listUnexpected(listed, listing) } }
}

const noRows = ({ indexColumns }: Listing): UnexpectedRows => ({
  values: [],
  positions: [],
  ...(indexColumns.length > 0 ? { named: [] } : {}),
})

/** The first unexpected rows, as many as the format lists. */
async function unexpectedRows(
  { lake, relation, schema }: Batch,
  { check, scope }: CountedRows,
  { format, examples, indexColumns, most }: Listing,
): Promise<UnexpectedRows> {
  const names = [...check.of, ...indexColumns.map((column) => columnArg({ schema }, { column }))]
  const isNamed = indexColumns.length > 0 && format !== 'BASIC'
  const { columns } = await lake.query(
    `SELECT ${[rowIndex, `to_json(${check.shown})`, ...(isNamed ? names.map((column) => `to_json(${shownSql(column)})`) : [])].join(', ')} FROM ${derivedRelation(relation, check, scope)} WHERE ${failingSql(check, scope)} ORDER BY ${rowIndex} LIMIT ${format === 'COMPLETE' ? most : examples}`,
  )
  const [positions, values, ...named] = columns.map((column) => column.values)
  return {
    positions: Array.from(positions ?? [], Number),
    values: Array.from(values ?? [], jsonOf),
    ...(isNamed
      ? {
          named: Array.from({ length: positions?.length ?? 0 }, (_, row) =>
            Object.fromEntries(names.map(({ name }, i) => [name, jsonOf(named[i]?.[row])])),
          ),
        }
      : {}),
  }
}

/** Rows that broke any of the checks, each once, in their order. */
function failedRowsSql({ relation }: Batch, failing: readonly Prepared[]): string | undefined {
  if (failing.length === 0) return undefined
  const parts = failing.map(
    ({ check, scope }) =>
      `SELECT ${rowIndex} FROM ${derivedRelation(relation, check as RowCheck, scope)} WHERE ${failingSql(check as RowCheck, scope)}`,
  )
  return `SELECT * EXCLUDE (${rowIndex}) FROM (SELECT *, row_number() OVER () - 1 AS ${rowIndex} FROM ${relation}) WHERE ${rowIndex} IN (${parts.join(' UNION ')}) ORDER BY ${rowIndex}`
}

/** A value that SQL gave as JSON; what JSON cannot hold, such as NaN, is missing. */
function jsonOf(text: unknown): unknown {
  if (typeof text !== 'string') return null
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function attempt(
  config: ExpectationConfig,
  work: () => Promise<Outcome>,
): Promise<ExpectationOutcome> {
  try {
    const { success, result } = await work()
    return {
      success,
      expectation_config: config,
      result: result as ExpectationOutcome['result'],
      exception_info: { raised_exception: false, exception_message: null },
    }
  } catch (failure) {
    return raised(config, failure)
  }
}

/** What was wrong with the expectation is its outcome; what is wrong with the server is not. */
function raised(config: ExpectationConfig, failure: unknown): ExpectationOutcome {
  if (!isKaizenError(failure) || !told.has(failure.kind)) throw failure
  return {
    success: false,
    expectation_config: config,
    result: {},
    exception_info: { raised_exception: true, exception_message: failure.message },
  }
}

const told: ReadonlySet<string> = new Set(['invalid', 'not_found', 'unsupported', 'too_large'])
