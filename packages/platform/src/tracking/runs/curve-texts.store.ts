import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Reader } from '../../storage/index.ts'
import type { TrackingTables } from '../tables.ts'
import type { HistoryCursor } from './history-cursor.ts'

type PointRow = TrackingTables['run_metric']

/** Points of a curve as the protocol writes them in JSON, with commas between. */
export interface CurveText {
  readonly text: string
  readonly points: number
  /** The last of them, where more follow. */
  readonly next?: HistoryCursor
}

export interface CurveTextQuery {
  readonly runNumber: number
  readonly key: string
  readonly after?: HistoryCursor | undefined
  readonly limit?: number | undefined
  /** What each point has beside its own fields. */
  readonly more?: Readonly<Record<string, string>> | undefined
}

/** So many points are read at a time; others are answered between. */
const pointsAtOnce = 10_000

/** The value of a point as JSON, where a NaN is a text. */
export const metricValue = (
  isNan: RawBuilder<unknown>,
  value: RawBuilder<unknown>,
): RawBuilder<unknown> => sql`case when ${isNan} = 1 then '"NaN"' else cast(${value} as text) end`

const order = sql`order by step, timestamp, value, is_nan`

/**
 * A curve as text, in the order of step, time and value. The database writes it: a point never becomes an object, and a
 * long curve costs a quarter of what its objects and their text would. Both databases write each number so that the same
 * number is read.
 */
export async function readCurveText(reader: Reader, query: CurveTextQuery): Promise<CurveText> {
  const texts: string[] = []
  let points = 0
  let after = query.after
  let left = query.limit ?? Number.POSITIVE_INFINITY
  while (left > 0) {
    const size = Math.min(left, pointsAtOnce)
    const [last, following] = await pointsFrom(reader, query, after, size)
    const part = await textOf(reader, query, after, last)
    if (part.points > 0) texts.push(part.text)
    points += part.points
    left -= size
    if (!last || !following) return { text: texts.join(), points }
    after = last
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { text: texts.join(), points, ...(after ? { next: after } : {}) }
}

const beyond = (after: HistoryCursor | undefined): readonly RawBuilder<SqlBool>[] =>
  after ? [sql<SqlBool>`(step, timestamp, value, is_nan) > (${sql.join([...after])})`] : []

const conditions = (
  { runNumber, key }: CurveTextQuery,
  more: readonly RawBuilder<SqlBool>[],
): RawBuilder<unknown> =>
  sql.join([sql`run_number = ${runNumber} and key = ${key}`, ...more], sql` and `)

/** The last of the next `size` points and the one after it. */
async function pointsFrom(
  reader: Reader,
  query: CurveTextQuery,
  after: HistoryCursor | undefined,
  size: number,
): Promise<readonly HistoryCursor[]> {
  const { rows } = await sql<PointRow>`select step, timestamp, value, is_nan from run_metric
    where ${conditions(query, beyond(after))} ${order}
    limit 2 offset ${size - 1}`.execute(reader)
  return rows.map(({ step, timestamp, value, is_nan }) => [step, timestamp, value, is_nan])
}

async function textOf(
  reader: Reader,
  query: CurveTextQuery,
  after: HistoryCursor | undefined,
  last: HistoryCursor | undefined,
): Promise<CurveText> {
  const upTo = last
    ? [sql<SqlBool>`(step, timestamp, value, is_nan) <= (${sql.join([...last])})`]
    : []
  const begin = `{"key":${JSON.stringify(query.key)},"value":`
  const fields = Object.entries(query.more ?? {})
  const end = `${fields.map(([name, text]) => `,"${name}":${JSON.stringify(text)}`).join('')}}`
  const { rows } = await sql<{ text: string | null; points: number }>`
    select string_agg(point, ',') as text, count(*) as points from (
      select cast(${begin} as text) || ${metricValue(sql.ref('is_nan'), sql.ref('value'))}
        || ',"timestamp":' || timestamp || ',"step":' || step || cast(${end} as text) as point
      from run_metric where ${conditions(query, [...beyond(after), ...upTo])} ${order}
    ) as written`.execute(reader)
  return { text: rows[0]?.text ?? '', points: rows[0]?.points ?? 0 }
}
