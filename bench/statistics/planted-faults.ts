/** Real series with faults planted at a known row. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { seededRandom } from '@kaizen/ml'
import { columnReaderOver } from '@kaizen/ml/parity'

export const ROWS = 6000
export const FAULT_AT = 4000
const LEARNED = 1000

export interface FaultyStream {
  readonly series: string
  readonly fault: string
  /** In standard deviations of the first rows. */
  readonly values: Float64Array
  /** 1 where a value lies more than two deviations from the mean of the first rows. */
  readonly errors: Uint8Array
}

interface Fault {
  readonly name: string
  /** The value of a row at or after the fault. */
  readonly of: (
    value: number,
    at: { readonly since: number; readonly other: number; readonly draw: () => number },
  ) => number
}

/** Ten ways in which a column goes wrong, in units of its standard deviation. */
const FAULTS: readonly Fault[] = [
  { name: 'shift by one deviation', of: (z) => z + 1 },
  { name: 'spread doubled', of: (z) => 2 * z },
  { name: 'slow rise to two deviations', of: (z, { since }) => z + Math.min(2, since / 500) },
  { name: 'noise of one deviation', of: (z, { draw }) => z + (draw() + draw() + draw() - 1.5) * 2 },
  { name: 'stuck at one value', of: () => 0.5 },
  {
    name: 'a fifth missing, filled with a low default',
    of: (z, { draw }) => (draw() < 0.2 ? -3 : z),
  },
  { name: 'another unit', of: (z) => 2.54 * z + 3 },
  { name: 'another column in its place', of: (_, { other }) => other },
  { name: 'sign lost', of: (z) => Math.abs(z) },
  { name: 'outliers in one of twenty rows', of: (z, { draw }) => (draw() < 0.05 ? z + 6 : z) },
]

const unpacked = (name: string): string =>
  gunzipSync(readFileSync(join(import.meta.dirname, '../data', `${name}.gz`))).toString('utf8')
const plain = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../packages/ml/fixtures', name), 'utf8')

const standardised = (values: readonly number[]): Float64Array => {
  const learned = values.slice(0, LEARNED)
  const mean = learned.reduce((sum, value) => sum + value, 0) / LEARNED
  const variance = learned.reduce((sum, value) => sum + (value - mean) ** 2, 0) / LEARNED
  return Float64Array.from(values, (value) => (value - mean) / Math.sqrt(variance))
}

/** A column less its value a season before, so that the hour and the day do not look like drift. */
const seriesOf = (
  file: string,
  [column, lag]: readonly [column: string, lag: number],
): Float64Array => {
  const read = columnReaderOver(file.startsWith('bike') ? plain : unpacked)
  const values = read(file, column) as readonly number[]
  const less = values
    .slice(lag, lag + ROWS)
    .map((value, i) => (lag > 0 ? value - values[i]! : value))
  return standardised(less)
}

const SERIES = [
  {
    name: 'bike, hires an hour, less a week before',
    file: 'bike-sharing-hourly.csv',
    column: ['cnt', 168],
    other: ['hum', 0],
  },
  {
    name: 'electricity, demand, less a day before',
    file: 'electricity-nsw.csv',
    column: ['nswdemand', 48],
    other: ['nswprice', 0],
  },
  {
    name: 'census, hours a week',
    file: 'adult-train.csv',
    column: ['hours_per_week', 0],
    other: ['education_num', 0],
  },
] as const

/** Every series without a fault and with each. */
export const faultyStreams = (): FaultyStream[] =>
  SERIES.flatMap(({ name: series, file, column, other }) => {
    const [values, swapped] = [seriesOf(file, column), seriesOf(file, other)]
    return [{ name: 'none', of: (z: number) => z }, ...FAULTS].map((fault): FaultyStream => {
      const draw = seededRandom(3)
      const faulty = values.map((z, i) =>
        i < FAULT_AT ? z : fault.of(z, { since: i - FAULT_AT, other: swapped[i]! + 1, draw }),
      )
      return {
        series,
        fault: fault.name,
        values: faulty,
        errors: Uint8Array.from(faulty, (z) => (Math.abs(z) > 2 ? 1 : 0)),
      }
    })
  })
