import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lake, literal, openDuckdbLake, schemaOf, type Table } from '../../storage/index.ts'
import type { ReadableVersion } from '../model.ts'
import { profileColumns } from '../profile/profile.ts'
import { reportOn } from './report.ts'
import { reportPage } from './report-page.ts'

const rows = 400
/** Numbers that look random and are always the same. */
const noise =
  (seed: number) =>
  (row: number): number => {
    const x = Math.sin(row * 12.9898 + seed * 78.233) * 43758.5453
    return x - Math.floor(x)
  }
const numbers = (name: string, of: (row: number) => number): Table['columns'][number] => ({
  name,
  type: 'number',
  values: Float64Array.from({ length: rows }, (_, row) => of(row)),
})
const integers = (name: string, of: (row: number) => number): Table['columns'][number] => ({
  name,
  type: 'integer',
  values: Float64Array.from({ length: rows }, (_, row) => of(row)),
})
const texts = (name: string, of: (row: number) => string | null): Table['columns'][number] => ({
  name,
  type: 'string',
  values: Array.from({ length: rows }, (_, row) => of(row)),
})

const luhn = (digits: string): string => {
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}
const y = (row: number): number => noise(1)(row) * 10
/** Every fault once; the last ten rows repeat the first ten. */
const planted: Table = {
  rowCount: rows,
  columns: [
    numbers('y', (row) => y(row % 390)),
    numbers('leak', (row) => y(row % 390) ** 3),
    numbers('twin a', (row) => noise(2)(row % 390)),
    numbers('twin b', (row) => 2 * noise(2)(row % 390) + 1),
    numbers('constant', () => 7),
    numbers('empty', () => Number.NaN),
    numbers('holes', (row) => ((row % 390) % 3 === 0 ? Number.NaN : noise(3)(row % 390))),
    numbers('holes too', (row) => ((row % 390) % 3 === 0 ? Number.NaN : noise(4)(row % 390))),
    numbers('wild', (row) => (row % 390 < 12 ? 1e6 : noise(5)(row % 390))),
    integers('id', (row) => 1000 + (row % 390)),
    texts('key', (row) => `user-${row % 390}`),
    texts('mail', (row) => `person.${row % 390}@example.org`),
    texts('iban', () => 'DE89370400440532013000'),
    integers('card', (row) => Number(luhn(`41111111${String(row % 390).padStart(7, '0')}`))),
    texts('rare', (row) => (row % 390 === 5 ? 'yes' : 'no')),
    texts('city', (row) => `city ${(row % 390) % 60}`),
    texts('group', (row) => ((row % 390) % 2 === 0 ? 'even' : 'odd')),
    texts('group too', (row) => ((row % 390) % 2 === 0 ? 'E' : 'O')),
  ],
}
/** Nothing to say about: independent, complete, of few values or spread without tails. */
const clean: Table = {
  rowCount: rows,
  columns: [
    numbers('y', (row) => noise(6)(row)),
    numbers('a', (row) => noise(7)(row)),
    numbers('b', (row) => noise(8)(row)),
    texts('colour', (row) => ['red', 'green', 'blue'][Math.floor(noise(9)(row) * 3)] ?? 'red'),
    integers('ms', (row) => 1_700_000_000_000 + Math.floor(noise(10)(row) * 200) * 7),
  ],
}

describe('a report', () => {
  let folder: string
  let lake: Lake

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-planted-'))
    lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
  })
  afterAll(async () => {
    await lake.close()
    await rm(folder, { recursive: true })
  })

  const report = async (name: string, table: Table, target: string | undefined) => {
    const path = join(folder, `${name}.parquet`)
    await lake.writeTable(table, path)
    const relation = `read_parquet(${literal(path)})`
    const schema = schemaOf(table)
    const profile = await profileColumns(lake, relation, schema)
    const version = {
      dataset: name,
      version: 1,
      schema,
      profile,
      rowCount: table.rowCount,
      relation,
    }
    return reportOn(lake, version as unknown as ReadableVersion, target)
  }

  it('finds every fault that was planted, and its file tells each', async () => {
    const found = await report('planted', planted, 'y')
    const told = (kind: string) =>
      found.alerts.filter((alert) => alert.kind === kind).map(({ columns }) => columns.join('+'))
    expect(told('leakage')).toEqual(['leak'])
    expect(told('redundant')).toEqual(expect.arrayContaining(['twin a+twin b', 'group+group too']))
    expect(told('constant')).toEqual(expect.arrayContaining(['constant', 'iban']))
    expect(told('empty')).toEqual(['empty'])
    expect(told('missing')).toEqual(['holes', 'holes too'])
    expect(told('outliers')).toEqual(['wild'])
    expect(told('key-like')).toEqual(expect.arrayContaining(['id', 'key', 'mail']))
    expect(told('personal-data').sort()).toEqual(['card', 'iban', 'mail'])
    expect(told('imbalance')).toEqual(['rare'])
    expect(told('many-categories')).toEqual(['city'])
    expect(told('duplicate-rows')).toHaveLength(1)
    expect(found.duplicateRows).toBe(10)
    // Missing values are in no cell.
    const holes = found.columns.find(({ name }) => name === 'holes')
    expect(holes?.histogram?.counts.reduce((sum, count) => sum + count, 0)).toBe(266)
    expect(found.missingPatterns).toContainEqual({
      columns: ['empty', 'holes', 'holes too'],
      rows: 134,
    })
    expect(found.personalData.find(({ kind }) => kind === 'email')?.examples[0]).toMatch(/^p•+.*g$/)
    const strength = (
      list: typeof found.associations | typeof found.pearson,
      a: string,
      b: string,
    ) => list.find((pair) => [a, b].includes(pair.a) && [a, b].includes(pair.b))?.value
    expect(strength(found.pearson, 'twin a', 'twin b')).toBeCloseTo(1, 12)
    expect(strength(found.associations, 'y', 'leak')).toBeCloseTo(1, 12)
    expect(strength(found.associations, 'group', 'group too')).toBeCloseTo(1, 12)
    expect(found.associations.some(({ method }) => method === 'correlation-ratio')).toBe(true)

    expect(found.textForms.find(({ column }) => column === 'city')).toEqual({
      column: 'city',
      rows: 400,
      distinct: 1,
      forms: [{ form: 'a 9', rows: 400 }],
    })

    const page = reportPage(found)
    for (const { message } of found.alerts) expect(page).toContain(escaped(message))
    for (const part of [
      'histogram',
      '25 %',
      '95 %',
      'Pearson',
      'spearman',
      'Missing together',
      'Outliers',
      'Personal data',
      'Forms of texts',
      'What goes with y',
      '10 duplicate rows',
    ])
      expect(page, part).toContain(part)
    expect(page).not.toContain('person.1@example.org')
    expect(page).not.toMatch(/41111111\d{8}/)
    const whole = reportPage(await report('planted', planted, undefined))
    expect(whole).toContain('cramers-v')
    expect(whole).toContain('correlation-ratio')
  })

  it('says nothing of a table without faults', async () => {
    const found = await report('clean', clean, 'y')
    expect(found.alerts).toEqual([])
    expect(reportPage(found)).toContain('Nothing stands out.')
  })

  it('relates the target with every one of many columns', async () => {
    const wide: Table = {
      rowCount: rows,
      columns: [
        ...Array.from({ length: 120 }, (_, i) => numbers(`c${i}`, noise(20 + i))),
        texts('class', (row) => (y(row) > 5 ? 'high' : 'low')),
        numbers('late leak', (row) => y(row) * 2),
        numbers('y', y),
      ],
    }
    const found = await report('wide', wide, 'y')
    expect(
      found.alerts.filter(({ kind }) => kind === 'leakage').map(({ columns }) => columns),
    ).toEqual([['late leak']])
    expect(found.associations.filter(({ a, b }) => a === 'y' || b === 'y')).toHaveLength(122)
    expect(reportPage(found)).toContain('and 71 more')
    const byClass = await report('wide', wide, 'class')
    expect(byClass.associations.filter(({ a, b }) => a === 'class' || b === 'class')).toHaveLength(
      122,
    )
  })
})

const escaped = (message: string): string =>
  message.replaceAll('&', '&amp;').replaceAll("'", '&#39;').replaceAll('"', '&quot;')
