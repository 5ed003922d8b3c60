import { type Column, KaizenError } from '@kaizen/contracts'
import { identifier } from '../storage/index.ts'
import { isZeroWithout, stepSql, windowSql } from './aggregate-sql.ts'
import { isAggregated, reachUsOf, windowedOf } from './aggregates.ts'
import type { SelectedView, Selection } from './model.ts'
import { outputNames } from './selection.ts'
import { featureColumn, keyColumn, keySql, timeSql } from './view-relation.ts'

/** The rows that features are wanted for. */
export interface Spine {
  /** In SQL, in their order. */
  readonly relation: string
  readonly schema: readonly Column[]
  readonly eventTime: string
  /** Bounds of their times in microseconds; null where there is none. */
  readonly fromUs: string | null
  readonly toUs: string | null
}

/** A view with its rows in SQL, as `numberedRows` selects them. */
export interface JoinedRows {
  readonly selected: SelectedView
  readonly rows: string
  readonly ttlUs: number | null
}

export interface JoinPlan {
  readonly spine: Spine
  readonly views: readonly JoinedRows[]
  readonly selection: Selection
  readonly asOf: 'event' | 'available'
  readonly fullNames: boolean
}

/** What the joined rows hold beside their columns: how each view was met. */
export const metColumn = (index: number): string => `__kaizen_met_${index}`

/** A value of the selection's `reads`. */
export const readColumn = (index: number): string => `__kaizen_read_${index}`
/** The number of a row in the order of the spine, and its time. */
export const rowColumn = '__kaizen_row'
export const timeColumn = '__kaizen_t'

/** SQL of the times of the spine. */
export const spineTimeSql = (schema: readonly Column[], eventTime: string): string =>
  timeSql({ column: eventTime }, schema, 'rows')

/**
 * The point-in-time join in SQL. Each row of the spine comes back once, in its order, with the columns it had, its number and
 * time, the selection's `reads` as they were at its time, and `metColumn` of each view: 0 for nothing found, 1 for values that are older than
 * the view's `ttl`, 2 for values, 3 for values that became known after the row's time.
 */
export function joinSql(plan: JoinPlan): string {
  const { spine, views, selection, fullNames } = plan
  const own = spine.schema.map(({ name }) => name)
  outputNames(selection, { full: fullNames, taken: own })
  const reads = selection.reads.map(
    ({ view, feature }, i) =>
      `CASE WHEN ${isFresh(views[view]!, view)} THEN ${readSql(views[view]!, view, feature)} END AS ${readColumn(i)}`,
  )
  const keys = views.flatMap(({ selected }, v) =>
    selected.view.joinKeys.map(
      (key, k) =>
        `${keySql({ ...key, name: selected.columns[k]! }, spine.schema, 'rows')} AS ${spineKey(v, k)}`,
    ),
  )
  const time = spineTimeSql(spine.schema, spine.eventTime)
  const spineSql = `spine AS (SELECT *, ${[...keys, `${time} AS ${timeColumn}`, `row_number() OVER () AS ${rowColumn}`].join(', ')} FROM ${spine.relation})`
  const joins = views.map(({ selected }, v) => joinOf(selected, v))
  const select = [
    ...own.map((name) => `spine.${identifier(name)}`),
    `spine.${rowColumn}`,
    `spine.${timeColumn}`,
    ...reads,
    ...views.map((view, v) => `${metSql(view, v)} AS ${metColumn(v)}`),
  ]
  const withs = [spineSql, ...views.flatMap((view, v) => candidates(plan, view, v))]
  return `WITH ${withs.join(', ')} SELECT ${select.join(', ')} FROM spine ${joins.join(' ')} ORDER BY spine.__kaizen_row`
}

const spineKey = (view: number, key: number): string => `__kaizen_k${view}_${key}`

/** In a window without rows there is nothing: no rows are counted. */
function readSql({ selected }: JoinedRows, v: number, feature: number): string {
  const column = `v${v}.${featureColumn(feature)}`
  const { aggregate } = selected.view.definition.features[feature]!
  if (!aggregate) return column
  return isZeroWithout(windowedOf(selected.view.definition.features[feature]!))
    ? `coalesce(${column}, 0)`
    : column
}

/** Equal keys, and the newest row at or before the time of the spine; a key or time that is missing meets nothing. */
function joinOf({ view }: SelectedView, v: number): string {
  if (isAggregated(view.definition))
    return `LEFT JOIN v${v} ON v${v}.${rowColumn} = spine.${rowColumn}`
  const equal = view.joinKeys.map((_, k) => `spine.${spineKey(v, k)} = v${v}.${keyColumn(k)}`)
  return `ASOF LEFT JOIN v${v} ON ${[...equal, `spine.__kaizen_t >= v${v}.a`].join(' AND ')}`
}

/** The newest row is the only one that can be young enough: any other is older still. */
const isFresh = ({ selected, ttlUs }: JoinedRows, v: number): string =>
  isAggregated(selected.view.definition)
    ? isAsked(selected, v)
    : ttlUs === null
      ? `v${v}.t IS NOT NULL`
      : `v${v}.t >= spine.__kaizen_t - to_microseconds(${ttlUs})`

/** A key or time that is missing asks for nothing. */
const isAsked = ({ view }: SelectedView, v: number): string =>
  [`spine.${timeColumn}`, ...view.joinKeys.map((_, k) => `spine.${spineKey(v, k)}`)]
    .map((column) => `${column} IS NOT NULL`)
    .join(' AND ')

const metSql = (view: JoinedRows, v: number): string =>
  `CASE WHEN v${v}.t IS NULL THEN 0 WHEN NOT (${isFresh(view, v)}) THEN 1 WHEN v${v}.c > spine.__kaizen_t THEN 3 ELSE 2 END`

/** The rows of a view that can be met, one for each key and time, with the time `a` from which on they stand. */
function candidates(plan: JoinPlan, { selected, rows, ttlUs }: JoinedRows, v: number): string[] {
  const keys = selected.view.joinKeys.map((_, k) => keyColumn(k))
  const features = selected.features.map(featureColumn)
  const conditions = ['t IS NOT NULL', ...keys.map((key) => `${key} IS NOT NULL`)]
  const { fromUs, toUs } = plan.spine
  if (toUs === null) conditions.push('FALSE')
  else conditions.push(`t <= make_timestamp(${toUs})`)
  const { definition } = selected.view
  const oldestUs = isAggregated(definition) ? reachUsOf(definition) : ttlUs
  if (oldestUs !== null && fromUs !== null)
    conditions.push(`t >= make_timestamp(${fromUs}) - to_microseconds(${oldestUs})`)
  if (isAggregated(selected.view.definition))
    return windows(
      plan,
      { selected, rows: `SELECT * FROM (${rows}) WHERE ${conditions.join(' AND ')}` },
      v,
    )
  const base = `SELECT * FROM (${rows}) WHERE ${conditions.join(' AND ')}`
  const by = (...columns: string[]): string => [...keys, ...columns].join(', ')
  // Of rows of one time the one that was created last stands, and of those the one that was stored last.
  if (plan.asOf === 'event' || selected.view.definition.source.created === null) {
    return [
      `v${v} AS (SELECT ${by('t AS a', 't', 'c', ...features)} FROM (${base}) QUALIFY row_number() OVER (PARTITION BY ${by('t')} ORDER BY c DESC NULLS LAST, rn DESC) = 1)`,
    ]
  }
  const partition = keys.length === 0 ? '' : `PARTITION BY ${keys.join(', ')} `
  return [
    `b${v} AS (${base} AND c IS NOT NULL)`,
    // At each time that something became known: the newest row of all that are known by then.
    `r${v} AS (SELECT ${by('greatest(t, c) AS a', 't', 'c', 'rn')}, max({'t': t, 'c': c, 'rn': rn}) OVER (${partition}ORDER BY greatest(t, c), t, c, rn ROWS UNBOUNDED PRECEDING).rn AS best FROM b${v})`,
    `d${v} AS (SELECT ${by('a', 'best')} FROM r${v} QUALIFY row_number() OVER (PARTITION BY ${by('a')} ORDER BY t DESC, c DESC, rn DESC) = 1)`,
    `v${v} AS (SELECT ${keys.map((key) => `d${v}.${key}, `).join('')}d${v}.a, b${v}.t, b${v}.c${features.map((feature) => `, b${v}.${feature}`).join('')} FROM d${v} JOIN b${v} ON b${v}.rn = d${v}.best)`,
  ]
}

/** @throws INVALID_DATA where the rows lack a column */
export function checkSpine(schema: readonly Column[], eventTime: string): void {
  if (schema.some(({ name }) => name.toLowerCase().startsWith('__kaizen_')))
    throw new KaizenError('INVALID_DATA', 'names of columns that begin with __kaizen_ are reserved')
  spineTimeSql(schema, eventTime)
}

/** For each row of the spine that has rows in the longest of a view's windows, the aggregates over its windows. */
function windows(
  { asOf }: JoinPlan,
  { selected, rows }: Pick<JoinedRows, 'selected' | 'rows'>,
  v: number,
): string[] {
  const { definition, joinKeys } = selected.view
  const wanted = selected.features.map((place) => {
    const feature = definition.features[place]!
    return { place, feature, ...windowedOf(feature) }
  })
  const startOf = ({ windowUs, stepUs }: { windowUs: number; stepUs: number }): string =>
    `make_timestamp(${stepSql(`epoch_us(${timeColumn}) - ${windowUs}`, stepUs)} * ${stepUs})`
  const starts = wanted.map((one) => `${startOf(one)} AS s${one.place}`)
  const first = wanted.map(({ place }) => `s.s${place}`)
  const keys = joinKeys.map((_, k) => spineKey(v, k))
  const on = [
    ...keys.map((key, k) => `e.${keyColumn(k)} = s.${key}`),
    `e.t <= s.${timeColumn}`,
    `e.t >= ${first.length === 1 ? first[0] : `least(${first.join(', ')})`}`,
    ...(asOf === 'available' && definition.source.created !== null
      ? [`e.c <= s.${timeColumn}`]
      : []),
  ]
  const values = wanted.map(
    ({ place, feature }) =>
      `${windowSql(feature, featureColumn(place), `s${place}`)} AS ${featureColumn(place)}`,
  )
  const spineColumns = [rowColumn, timeColumn, ...keys].join(', ')
  return [
    `e${v} AS (${rows})`,
    `s${v} AS (SELECT ${spineColumns}, ${starts.join(', ')} FROM spine)`,
    `w${v} AS (SELECT s.${rowColumn}, e.*${first.map((start) => `, ${start}`).join('')} FROM s${v} s JOIN e${v} e ON ${on.join(' AND ')})`,
    `v${v} AS (SELECT ${rowColumn}, max(t) AS t, max(c) AS c, ${values.join(', ')} FROM w${v} GROUP BY ${rowColumn})`,
  ]
}
