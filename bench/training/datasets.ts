import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { type Cell, type Column, columnFromCells, type Table, tableOf } from '@kaizen/ml'

const root = new URL('../../', import.meta.url)

/** The lines of a plain comma-separated file (no quoting), gzipped or not. */
const readCells = (path: string): string[][] => {
  const bytes = readFileSync(new URL(path, root))
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => line.split(',').map((cell) => cell.trim()))
}

const columnOfCells = (
  lines: readonly (readonly string[])[],
  index: number,
  name: string,
  kind: 'numeric' | 'categorical',
): Column => {
  const cells = lines.map((line): Cell => {
    const cell = line[index] ?? ''
    if (cell === '?' || cell === '') return null
    return kind === 'numeric' ? Number(cell) : cell.replace(/\.$/, '')
  })
  return columnFromCells(name, cells, kind)
}

const adultColumns = {
  age: 'numeric',
  workclass: 'categorical',
  fnlwgt: 'numeric',
  education: 'categorical',
  education_num: 'numeric',
  marital_status: 'categorical',
  occupation: 'categorical',
  relationship: 'categorical',
  race: 'categorical',
  sex: 'categorical',
  capital_gain: 'numeric',
  capital_loss: 'numeric',
  hours_per_week: 'numeric',
  native_country: 'categorical',
  income: 'categorical',
} as const

/** US census 1994, the published split: 32,561 rows for training, 16,281 for testing; target `income`. */
export const readAdult = (part: 'train' | 'test'): Table => {
  const lines = readCells(`bench/data/adult-${part}.csv.gz`)
  const columns = Object.entries(adultColumns)
  return tableOf(columns.map(([name, kind], index) => columnOfCells(lines, index, name, kind)))
}

const readWithHeader = (path: string, skipped: readonly string[]): Table => {
  const [header, ...lines] = readCells(path)
  const names = (header ?? []).entries().filter(([, name]) => !skipped.includes(name))
  return tableOf([...names].map(([index, name]) => columnOfCells(lines, index, name, 'numeric')))
}

/** Hourly bike hire in Washington D.C.: 17,379 rows, target `cnt`; what adds up to it is left out. */
export const readBike = (): Table =>
  readWithHeader('examples/bike-sharing/data/bike-sharing-hourly.csv', [
    'instant',
    'dteday',
    'casual',
    'registered',
  ])

/** New South Wales electricity market: 45,312 rows in time order, target `class` (0 or 1). */
export const readElectricity = (): Table => readWithHeader('bench/data/electricity-nsw.csv.gz', [])
