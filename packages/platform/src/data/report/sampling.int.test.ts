import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Lake, literal, openDuckdbLake } from '../../storage/index.ts'
import { sampleOf } from './report.ts'

let folder: string
let lake: Lake
const rows = 1_000_000
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-sampling-'))
  lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
  const path = join(folder, 'rows.parquet')
  await lake.copyToParquet(
    `SELECT i, i % 10 AS tenth, i % 24 AS hour FROM range(${rows}) t(i)`,
    path,
  )
})
afterAll(async () => {
  await lake.close()
  await rm(folder, { recursive: true })
})

const sampled = (most: number): string =>
  sampleOf(`read_parquet(${literal(join(folder, 'rows.parquet'))})`, rows, most)
const column = async (sql: string): Promise<number[]> =>
  Array.from((await lake.query(sql)).columns[0]!.values, Number)

it.each([
  [100_000, 'tenth', 10],
  [41_667, 'hour', 24],
  [500_000, 'tenth', 10],
])('a sample of %i rows holds each %s as often as the rows do', async (most, of, kinds) => {
  const counts = await column(`SELECT count(*) FROM ${sampled(most)} GROUP BY ${of}`)
  expect(counts).toHaveLength(kinds)
  const total = counts.reduce((sum, count) => sum + count, 0)
  expect(Math.abs(total - rows / Math.ceil(rows / most))).toBeLessThanOrEqual(1)
  // Five standard errors of a share drawn at random.
  const expected = total / kinds
  for (const count of counts)
    expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected))
})

it('a sample is the same every time, in the order of the rows, and all of few rows', async () => {
  const [first, again] = [
    await column(`SELECT i FROM ${sampled(5000)}`),
    await column(`SELECT i FROM ${sampled(5000)}`),
  ]
  expect(again).toEqual(first)
  expect(first.toSorted((a, b) => a - b)).toEqual(first)
  expect(await column(`SELECT count(*) FROM ${sampled(rows)}`)).toEqual([rows])
})
