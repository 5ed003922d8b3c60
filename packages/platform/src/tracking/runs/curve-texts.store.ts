import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Reader } from '../../storage/index.ts'
import type { HistoryCursor } from './history-cursor.ts'

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
    const part = await partOf(reader, query, after, size)
    if (part.points > 0) texts.push(part.text)
    points += part.points
    left -= size
    if (!part.last) return { text: texts.join(), points }
    after = part.last
    if (left > 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  const more = after !== undefined && (await hasMore(reader, query, after))
  return { text: texts.join(), points, ...(more && after ? { next: after } : {}) }
}

interface CurvePart {
  readonly text: string
  readonly points: number
  /** The last of them, where they are as many as were asked for. */
  readonly last?: HistoryCursor
}

/**
 * The next `size` points. What all points have alike is between them as the database joins them: it is not put together
 * for each.
 */
async function partOf(
  reader: Reader,
  query: CurveTextQuery,
  after: HistoryCursor | undefined,
  size: number,
): Promise<CurvePart> {
  const begin = `{"key":${JSON.stringify(query.key)},"value":`
  const fields = Object.entries(query.more ?? {})
  const end = `${fields.map(([name, text]) => `,"${name}":${JSON.stringify(text)}`).join('')}}`
  const { rows } = await sql<{ text: string | null; points: number }>`
    select string_agg(point, cast(${`${end},${begin}`} as text)) as text, count(*) as points from (
      select ${metricValue(sql.ref('is_nan'), sql.ref('value'))}
        || ',"timestamp":' || timestamp || ',"step":' || step as point
      from run_metric where ${conditions(query, after)} ${order} limit ${size}
    ) as written`.execute(reader)
  const { text, points } = rows[0] ?? { text: null, points: 0 }
  if (text === null || points === 0) return { text: '', points: 0 }
  const whole = `${begin}${text}${end}`
  // A quote within a name or text is written with a backslash, so no point holds the beginning of another.
  const last = points < size ? {} : { last: positionOf(whole.slice(whole.lastIndexOf(begin))) }
  return { text: whole, points, ...last }
}

/** The cursor that stands at a point, by its text. */
function positionOf(point: string): HistoryCursor {
  const { step, timestamp, value } = JSON.parse(point) as Readonly<
    Record<'step' | 'timestamp', number>
  > & { readonly value: number | 'NaN' }
  return value === 'NaN' ? [step, timestamp, 0, 1] : [step, timestamp, value, 0]
}

async function hasMore(
  reader: Reader,
  query: CurveTextQuery,
  after: HistoryCursor,
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from run_metric where ${conditions(query, after)} limit 1`.execute(reader)
  return rows.length > 0
}

const order = sql`order by step, timestamp, value, is_nan`

function conditions(
  { runNumber, key }: CurveTextQuery,
  after: HistoryCursor | undefined,
): RawBuilder<SqlBool> {
  const curve = sql<SqlBool>`run_number = ${runNumber} and key = ${key}`
  return after
    ? sql<SqlBool>`${curve} and (step, timestamp, value, is_nan) > (${sql.join([...after])})`
    : curve
}
