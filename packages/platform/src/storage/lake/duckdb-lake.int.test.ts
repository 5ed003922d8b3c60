import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbLake } from './duckdb-lake.ts'
import { type Lake, literal } from './lake.ts'
import type { Table } from './table.ts'

describe('DuckDB lake', () => {
  let folder: string
  let lake: Lake

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lake-'))
    lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
  })
  afterAll(async () => {
    await lake.close()
    await rm(folder, { recursive: true })
  })

  const table: Table = {
    rowCount: 3,
    columns: [
      { name: 'n', type: 'number', values: Float64Array.of(1.5, Number.NaN, -3) },
      { name: 'i', type: 'integer', values: Float64Array.of(1, 2, Number.NaN) },
      { name: 'at', type: 'timestamp', values: Float64Array.of(0, 1_300_000_000_123, Number.NaN) },
      { name: 'day', type: 'date', values: ['2011-01-01', null, '2012-02-29'] },
      { name: 'quo"ted', type: 'string', values: ['a', null, 'ü'] },
      { name: 'flag', type: 'boolean', values: [true, false, null] },
    ],
  }

  it('reads back what it wrote, missing values and odd names included', async () => {
    const path = join(folder, 'round-trip.parquet')
    await lake.writeTable(table, path)
    expect(await lake.query(`SELECT * FROM read_parquet(${literal(path)})`)).toEqual(table)
  })

  it('reads back columns in which nothing stands, each of its type, and a table of nothing else', async () => {
    const path = join(folder, 'missing.parquet')
    const numbers = new Float64Array(3).fill(Number.NaN)
    const nothing: Table['columns'] = [
      { name: 'text', type: 'string', values: [null, null, null] },
      { name: 'number', type: 'number', values: numbers },
      { name: 'day', type: 'date', values: [null, null, null] },
      { name: 'at', type: 'timestamp', values: numbers },
    ]
    for (const columns of [
      [{ name: 'n', type: 'integer', values: Float64Array.of(1, 2, 3) }, ...nothing] as const,
      nothing,
    ]) {
      await lake.writeTable({ rowCount: 3, columns }, path)
      expect(await lake.query(`SELECT * FROM read_parquet(${literal(path)})`)).toEqual({
        rowCount: 3,
        columns,
      })
    }
  })

  it('reads columns of numbers in one pass, null as NaN', async () => {
    const sql = `SELECT CAST(i AS DOUBLE) AS a, CASE WHEN i % 3000 = 0 THEN NULL ELSE i / 2 END AS b FROM range(7000) t(i) ORDER BY i`
    const old = new Float64Array(7000).fill(5)
    const [a, b] = await lake.numberColumns(sql, { mostRows: 8000, spare: [old] })
    const [reused] = await lake.numberColumns(sql, { mostRows: 7000, spare: [old] })
    expect(reused).toBe(old)
    expect(reused).toEqual(a)
    expect(a).toEqual(Float64Array.from({ length: 7000 }, (_, i) => i))
    expect(b).toEqual(
      Float64Array.from({ length: 7000 }, (_, i) => (i % 3000 === 0 ? Number.NaN : i / 2)),
    )
  })

  it('scans a query in order, as many rows at a time as are asked for', async () => {
    const sql = `SELECT CAST(i AS DOUBLE) AS n, 'r' || i AS t FROM range(9000) r(i) ORDER BY i`
    const sizes = async (leastRows?: number): Promise<number[]> => {
      const found: number[] = []
      let next = 0
      for await (const { rowCount, columns } of lake.scan(sql, leastRows ? { leastRows } : {})) {
        expect(columns[0]?.values[0]).toBe(next)
        next += rowCount
        expect(columns[1]?.values.at(-1)).toBe(`r${next - 1}`)
        found.push(rowCount)
      }
      return found
    }
    expect(await sizes()).toEqual([2048, 2048, 2048, 2048, 808])
    expect(await sizes(4000)).toEqual([4096, 4096, 808])
    expect(await sizes(10_000)).toEqual([9000])
  })

  it('binds values', async () => {
    const answer = await lake.query('SELECT ? AS a, ? AS b', [7, "x'; drop"])
    expect(answer.columns[1]?.values).toEqual(["x'; drop"])
  })

  it('refuses files outside its folders without naming their folder', async () => {
    await expect(lake.query("SELECT * FROM read_csv('/etc/passwd')")).rejects.toMatchObject({
      code: 'INVALID_DATA',
    })
    await expect(lake.query("SELECT * FROM read_csv('/etc/passwd')")).rejects.not.toThrow(/etc/)
  })

  it('refuses to change its own configuration', async () => {
    await expect(lake.query('SET enable_external_access = true')).rejects.toMatchObject({
      code: 'INVALID_DATA',
    })
  })

  it('tells a truncated Parquet file from a whole one', async () => {
    const path = join(folder, 'truncated.parquet')
    await writeFile(path, Buffer.from('PAR1 this is not the end'))
    await expect(lake.query(`SELECT * FROM read_parquet(${literal(path)})`)).rejects.toMatchObject({
      code: 'INVALID_DATA',
    })
  })
})
