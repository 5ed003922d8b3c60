import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KaizenError } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainDuckdb } from './duckdb-errors.ts'
import { openDuckdbLake } from './duckdb-lake.ts'
import type { Lake } from './lake.ts'

let folder: string
let lake: Lake
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-duckdb-errors-'))
  lake = openDuckdbLake({ folders: [folder], tempFolder: join(folder, 'temp') })
})
afterAll(async () => {
  await lake.close()
  await rm(folder, { recursive: true })
})

const header = 'day,price,sold\n'
const sound = '2024-01-01,1,2\n'.repeat(5000)

it.each([
  ['one short line', `${header}2024-05-01,1\n`, /^the CSV cannot be taken apart: .*fields/],
  [
    'a short line',
    `${header}${sound}2024-01-02,1\n`,
    /^line 5002 of the CSV: it has 2 fields where the header has 3$/,
  ],
  [
    'a long line',
    `${header}${sound}2024-01-02,1,2,3\n`,
    /^line 5002 of the CSV: it has 4 fields where/,
  ],
  [
    'an open quote',
    `${header}${sound}2024-01-02,"1,2\n`,
    /^line 5002 of the CSV: a quote is opened/,
  ],
  [
    'Latin text',
    Buffer.concat([Buffer.from(header), Buffer.from('\xe9t\xe9,1,2\n', 'latin1')]),
    /line \d of the CSV: it is not UTF-8/,
  ],
  [
    'text for a date',
    `${header}${sound}a,1\n`,
    /^line 5002 of the CSV: "a" in the column "day" is no DATE$/,
  ],
  ['a line of 3 MB', `a,b\n1,${'x'.repeat(3_000_000)}\n`, /of the CSV: it is longer/],
])('%s is explained in words of the data', async (_what, content, message) => {
  const path = join(folder, 'data.csv')
  await writeFile(path, content)
  const options = `header = true, delim = ',', quote = '"', escape = '"', comment = '', strict_mode = true, sample_size = -1`
  const failure = await lake
    .copyToParquet(`SELECT * FROM read_csv('${path}', ${options})`, join(folder, 'out.parquet'))
    .catch((thrown: unknown) => thrown)
  expect(failure).toMatchObject({
    code: 'INVALID_DATA',
    message: expect.stringMatching(message),
    hint: expect.any(String),
  })
  expect((failure as KaizenError).message).not.toMatch(/sniff|strict_mode|Error:/)
})

describe('a Parquet file', () => {
  let sound: Buffer
  beforeAll(async () => {
    const path = join(folder, 'sound.parquet')
    await lake.copyToParquet('SELECT range AS a, range::TEXT AS b FROM range(20000)', path)
    sound = await readFile(path)
  })

  it.each([
    ['of another kind', () => Buffer.from('a,b\n1,2\n'), /is not Parquet/],
    ['cut in the middle', () => sound.subarray(0, sound.length / 2), /its end is missing/],
    ['without its last bytes', () => sound.subarray(0, -4), /its end is missing/],
    [
      'with a lying footer',
      () => Buffer.concat([sound.subarray(0, -8), Buffer.from('ffffff7f50415231', 'hex')]),
      /states a length of its footer/,
    ],
    [
      'with spoiled pages',
      () => Buffer.concat([sound.subarray(0, 300), Buffer.alloc(3000, 7), sound.subarray(3300)]),
      /cannot be decompressed|the Parquet file/,
    ],
  ])('%s is explained without the name the server gave it', async (_what, content, message) => {
    await writeFile(join(folder, 'sent.parquet'), content())
    const failure = await lake
      .query(`SELECT sum(a), max(b) FROM read_parquet('${join(folder, 'sent.parquet')}')`)
      .catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    })
    expect((failure as KaizenError).message).not.toContain('sent.parquet')
  })
})

it('keeps no path of the machine and no class of an error', () => {
  const thrown = explainDuckdb(
    new Error("IO Error: Cannot open file '/srv/lake/a.parquet': x\n\nLINE 1: SELECT"),
  )
  expect(thrown).toMatchObject({ code: 'INVALID_DATA', message: "Cannot open file 'a.parquet': x" })
  const full = explainDuckdb(new Error('IO Error: write failed: No space left on device'))
  expect(full).toMatchObject({ code: 'STORAGE_FULL', hint: expect.any(String) })
})

it('tells what to do when a query needs more memory than it may use', async () => {
  await using small = new AsyncDisposableStack()
  const tight = openDuckdbLake({
    folders: [folder],
    tempFolder: join(folder, 'temp'),
    memoryLimitMb: 20,
  })
  small.defer(() => tight.close())
  await expect(
    tight.query(`SELECT list(repeat('x', 1000) || i) FROM range(1000000) t(i)`),
  ).rejects.toMatchObject({
    code: 'TOO_LARGE',
    message: expect.not.stringMatching(/DuckDB|Memory Error/),
    hint: expect.stringContaining('fewer rows'),
  })
})
