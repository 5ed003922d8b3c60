import { type RawBuilder, sql } from 'kysely'
import type { Dialect, Reader } from '../../storage/index.ts'
import type { MetricPoint } from '../model.ts'
import { numberList } from '../search/number-list.store.ts'
import type { TrackingTables } from '../tables.ts'
import { sampledPlaces } from './curve-sample.ts'
import { toPoint } from './metrics.store.ts'

type PointRow = TrackingTables['run_metric']

export interface SampleQuery {
  readonly runNumber: number
  readonly key: string
  /** How many, at most. */
  readonly points: number
  /** Only these steps, both ends among them. */
  readonly steps?: readonly [number, number] | undefined
}

const columns = sql`key, step, timestamp, value, is_nan`
const order = sql`order by step, timestamp, value, is_nan`
const backwards = sql`order by step desc, timestamp desc, value desc, is_nan desc`

/** The points of a curve at its sampled places. */
export async function sampleCurve(
  reader: Reader,
  dialect: Dialect,
  query: SampleQuery,
): Promise<readonly MetricPoint[]> {
  const [from, to] = query.steps ?? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
  const { runNumber, key, points } = query
  const curve = sql`run_number = ${runNumber} and key = ${key}`
  const within = sql`${curve} and step >= ${from} and step <= ${to}`
  const { rows: ends } = await sql<PointRow>`
    select * from (select ${columns} from run_metric where ${within} ${order} limit 2) as first
    union all
    select * from (select ${columns} from run_metric where ${within} ${backwards} limit 1) as last`.execute(
    reader,
  )
  const [first, second, last] = ends
  if (!first || !second || !last) return ends.slice(0, 1).map(toPoint)
  const regular = { reader, dialect, curve, points, first, last }
  const rows =
    (await evenSample(regular, second.step - first.step)) ??
    (await countedSample(reader, within, points))
  return rows.map(toPoint)
}

/**
 * What holds for nearly all curves makes them cheap: one point at each step, and steps at one distance. Then a place tells
 * a step. Whether that holds is not believed but counted, in an index, between each two sampled steps; the points between
 * are not read. Undefined where it does not hold, or the curve is not longer than its sample.
 */
async function evenSample(
  regular: {
    readonly reader: Reader
    readonly dialect: Dialect
    readonly curve: RawBuilder<unknown>
    readonly points: number
    readonly first: PointRow
    readonly last: PointRow
  },
  distance: number,
): Promise<readonly PointRow[] | undefined> {
  const { reader, dialect, curve, points, first, last } = regular
  const total = (last.step - first.step) / distance + 1
  if (distance < 1 || !Number.isSafeInteger(total) || total <= points) return undefined
  if (points === 1) return [last]
  const places = sampledPlaces(total, points)
  const steps = places.map((place) => first.step + place * distance)
  const { rows: parts } = await sql<{ points: number }>`
    select (select count(*) from run_metric where ${curve} and step >= part.begin and step < part.until) as points
    from (select number as begin, lead(number, 1, ${last.step + 1}) over (order by number) as until
      from (${numberList(dialect, steps)}) as sampled) as part
    order by part.begin`.execute(reader)
  const even = parts.every(
    (part, index) => part.points === (places[index + 1] ?? total) - (places[index] ?? 0),
  )
  if (!even) return undefined
  const rows = await pointsAt(reader, dialect, { curve, steps, most: 2 * points })
  // Where a part has several points at its first step and none at a later one, only the first of them is meant.
  const found = [...new Map(rows.toReversed().map((row) => [row.step, row])).values()].reverse()
  return found.length === points ? [...found.slice(0, -1), last] : undefined
}

/** Points at these steps, in the order of the curve. */
async function pointsAt(
  reader: Reader,
  dialect: Dialect,
  {
    curve,
    steps,
    most,
  }: {
    readonly curve: RawBuilder<unknown>
    readonly steps: readonly number[]
    readonly most: number
  },
): Promise<readonly PointRow[]> {
  const sampled = sql`(${numberList(dialect, steps)}) as sampled`
  // PostgreSQL knows little of a curve that is new, and would read all of it to find these points.
  const found =
    dialect === 'postgres'
      ? sql`select point.* from ${sampled} cross join lateral (
          select ${columns} from run_metric where ${curve} and step = sampled.number ${order} limit 1
        ) as point`
      : sql`select ${columns} from run_metric
          where ${curve} and step in (select number from ${sampled}) ${order} limit ${most}`
  const { rows } = await sql<PointRow>`select * from (${found}) as found ${order}`.execute(reader)
  return rows
}

/** Any curve: its points are counted, then numbered, in the database. */
async function countedSample(
  reader: Reader,
  within: RawBuilder<unknown>,
  points: number,
): Promise<readonly PointRow[]> {
  const { rows: some } = await sql<PointRow>`
    select ${columns} from run_metric where ${within} ${order} limit ${points + 1}`.execute(reader)
  if (some.length <= points) return some
  const { rows: counted } = await sql<{ total: number }>`
    select count(*) as total from run_metric where ${within}`.execute(reader)
  // Counted by itself: beside the places of the points the database would keep them all until the last is counted.
  const total = counted[0]?.total ?? 0
  const part = Math.floor(total / points)
  const longer = (total % points) * (part + 1)
  const firstOfPart = sql`case when place < ${sql.lit(longer)} then place % ${sql.lit(part + 1)}
    else (place - ${sql.lit(longer)}) % ${sql.lit(part)} end = 0`
  const { rows } = await sql<PointRow>`
    select ${columns} from (
      select ${columns}, row_number() over (${order}) - 1 as place from run_metric where ${within}
    ) as placed
    where place = ${sql.lit(total - 1)} or (place <> ${sql.lit(total - part)} and ${firstOfPart})
    ${order}`.execute(reader)
  return rows
}
