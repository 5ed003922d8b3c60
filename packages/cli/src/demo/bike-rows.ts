import { readFile } from 'node:fs/promises'
import { KaizenError } from '@kaizen/contracts'
import Papa from 'papaparse'

/** One hour of the published data. */
export interface BikeRow {
  /** Start of the hour, milliseconds UTC. */
  readonly at: number
  /** Calendar and weather by column. */
  readonly inputs: Readonly<Record<string, number>>
  /** Hires in the hour: the ground truth. */
  readonly hires: number
}

const features = [
  'season',
  'yr',
  'mnth',
  'hr',
  'holiday',
  'weekday',
  'workingday',
  'weathersit',
  'temp',
  'atemp',
  'hum',
  'windspeed',
] as const
const hourMs = 3_600_000

/** Reads the published file in time order. */
export async function readBikeRows(path: string): Promise<readonly BikeRow[]> {
  const { data, errors } = Papa.parse<Record<string, string>>(await readFile(path, 'utf8'), {
    header: true,
    skipEmptyLines: true,
  })
  const [error] = errors
  if (error) throw new KaizenError('INVALID_DATA', `${path}, row ${error.row}: ${error.message}`)
  return data.map((record) => ({
    at: Date.parse(`${record['dteday']}T00:00:00Z`) + Number(record['hr']) * hourMs,
    inputs: Object.fromEntries(features.map((name) => [name, Number(record[name])])),
    hires: Number(record['cnt']),
  }))
}
