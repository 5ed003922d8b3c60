import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ColumnProfile } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lake, literal, openDuckdbLake } from '../../storage/index.ts'
import { profileColumns } from './profile.ts'

type Mode = 'together' | 'counted'

const rows = 120_000
const levels = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]

/** Columns that are hard to cut into equal cells, each by what makes it so. */
const columns: Readonly<Record<string, (row: number, u: number) => number | null>> = {
  uniform: (_, u) => u,
  one: () => 4.25,
  ties: (row) => row % 3,
  skewed: (_, u) => Math.exp(40 * (u - 0.5)),
  outlier: (row, u) => (row === 7 ? 1e300 : u),
  widest: (row, u) => (row === 7 ? 1.5e308 : row === 8 ? -1.5e308 : u),
  tiny: (_, u) => u * 1e-310,
  holes: (row, u) => (row % 10 === 0 ? null : row % 10 === 1 ? Number.POSITIVE_INFINITY : u),
  empty: () => null,
}

/** A sequence in [0, 1) that fills it evenly (Weyl's, of the golden ratio). */
const fraction = (row: number): number => (row * 0.618_033_988_749_894_9) % 1

let folder: string
let lake: Lake
let relation: string
let profiles: Readonly<Record<Mode, ReadonlyMap<string, ColumnProfile>>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-profile-'))
  lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
  const path = join(folder, 'rows.parquet')
  const names = Object.keys(columns)
  await lake.writeTable(
    {
      rowCount: rows,
      columns: names.map((name) => ({
        name,
        type: 'number' as const,
        values: Float64Array.from({ length: rows }, (_, row) => valueAt(name, row) ?? Number.NaN),
      })),
    },
    path,
  )
  relation = `(SELECT *, CAST(floor(uniform * 1000) AS VARCHAR) AS text, CAST(floor(uniform * 110000) AS BIGINT) AS id FROM read_parquet(${literal(path)}))`
  profiles = { together: await profile(rows), counted: await profile(1000) }
})
afterAll(async () => {
  await lake.close()
  await rm(folder, { recursive: true })
})

const valueAt = (name: string, row: number): number | null =>
  columns[name]?.(row, fraction(row)) ?? null

const profile = async (exactRows: number) => {
  const schema = await lake.describe(`SELECT * FROM ${relation}`)
  const profiles = await profileColumns(lake, relation, schema, { exactRows })
  return new Map(profiles.map((column) => [column.name, column]))
}

describe.each<Mode>(['together', 'counted'])('a profile of columns %s', (mode) => {
  it('has the quantiles of the sorted values, whatever their distribution', () => {
    for (const name of Object.keys(columns)) {
      const sorted = Float64Array.from(
        Array.from({ length: rows }, (_, row) => valueAt(name, row)).filter(
          (value) => value !== null && Number.isFinite(value),
        ) as number[],
      ).sort()
      const expected = levels.map((level) => {
        const place = (sorted.length - 1) * level
        const low = sorted[Math.floor(place)] ?? Number.NaN
        const high = sorted[Math.ceil(place)] ?? Number.NaN
        return low + (high - low) * (place - Math.floor(place))
      })
      const { quantiles, min, max } = profiles[mode].get(name) ?? {}
      if (sorted.length === 0) {
        expect([name, quantiles, min, max]).toEqual([name, null, null, null])
        continue
      }
      expect([name, min, max]).toEqual([name, sorted[0], sorted.at(-1)])
      quantiles?.forEach((value, index) => {
        const wanted = expected[index] as number
        expect(Math.abs(value - wanted), `${name} at ${levels[index]}`).toBeLessThanOrEqual(
          1e-12 * Math.abs(wanted),
        )
      })
      expect(quantiles).toHaveLength(levels.length)
    }
  })

  it('counts rows, what is missing and few distinct values exactly', () => {
    const found = profiles[mode]
    expect(found.get('holes')).toMatchObject({ count: rows, missing: rows / 10 })
    expect(found.get('empty')).toMatchObject({ missing: rows, distinct: 0, histogram: null })
    expect(found.get('ties')?.distinct).toBe(3)
    expect(found.get('one')).toMatchObject({ distinct: 1, mean: 4.25, standardDeviation: 0 })
    expect(found.get('text')).toMatchObject({ distinct: 1000, quantiles: null })
    const { counts = [] } = found.get('uniform')?.histogram ?? {}
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(rows)
  })
})

it('estimates many distinct values within 5 %, and never more than there are values', () => {
  const exact = profiles.together.get('id')?.distinct ?? 0
  expect(exact).toBeGreaterThan(100_000)
  const estimated = profiles.counted.get('id')?.distinct ?? 0
  expect(Math.abs(estimated / exact - 1)).toBeLessThan(0.05)
  expect(profiles.counted.get('uniform')?.distinct).toBeLessThanOrEqual(rows)
})
