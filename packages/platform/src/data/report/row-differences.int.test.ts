import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Column } from '@kaizen/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Lake, openDuckdbLake } from '../../storage/index.ts'
import type { ReadableVersion } from '../model.ts'
import { compareRows } from './row-differences.ts'

let folder: string
let lake: Lake

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-differences-'))
  lake = openDuckdbLake({ folders: [folder], tempFolder: folder, memoryLimitMb: 48 })
})
afterAll(async () => {
  await lake.close()
  await rm(folder, { recursive: true })
})

const version = (relation: string, rowCount: number, schema: readonly Column[]): ReadableVersion =>
  ({ relation, rowCount, schema: [...schema] }) as unknown as ReadableVersion
const column = (name: string, type: Column['type']): Column => ({ name, type, nullable: true })

/** Two versions by the text of their rows, as `VALUES` has it. */
function sides(before: string, after: string) {
  const schema = [column('id', 'integer'), column('x', 'number'), column('s', 'string')]
  const of = (rows: string) =>
    version(`(SELECT * FROM (VALUES ${rows}) AS t(id, x, s))`, rows.split('),').length, schema)
  return { before: of(before), after: of(after), shared: schema }
}

it('counts rows as often as they stand there, and shows them as often', async () => {
  const pair = sides(
    "(1, 1.5, 'a'), (1, 1.5, 'a'), (1, 1.5, 'a'), (2, NULL, NULL), (3, 0.0, '')",
    "(1, 1.5, 'a'), (2, NULL, NULL), (3, 0.0, NULL)",
  )
  expect(await compareRows(lake, { ...pair, key: [] })).toEqual({
    before: 5,
    after: 3,
    removed: 3,
    added: 1,
    changed: null,
    examples: {
      columns: ['id', 'x', 's'],
      removed: [
        [1, 1.5, 'a'],
        [1, 1.5, 'a'],
        [3, 0, ''],
      ],
      added: [[3, 0, null]],
    },
  })
})

it('by a key, a row whose values differ has changed', async () => {
  const pair = sides(
    "(1, 1.0, 'a'), (2, 2.0, 'b'), (2, 2.0, 'b'), (4, 4.0, 'd')",
    "(1, 1.0, 'z'), (2, 2.5, 'b'), (5, 4.0, 'd')",
  )
  expect(await compareRows(lake, { ...pair, key: ['id'] })).toMatchObject({
    changed: 2,
    removed: 2,
    added: 1,
  })
})

it('finds no difference between a version and itself in another order', async () => {
  const pair = sides("(1, 1.0, 'a'), (2, NULL, 'b')", "(2, NULL, 'b'), (1, 1.0, 'a')")
  expect(await compareRows(lake, { ...pair, key: ['id'] })).toMatchObject({
    changed: 0,
    removed: 0,
    added: 0,
    examples: { removed: [], added: [] },
  })
})

it('compares more rows than its memory holds', async () => {
  const rows = 300_000
  const schema = [column('id', 'integer'), column('text', 'string')]
  // Each row is over 200 bytes wide: held whole, both sides would take more than twice the memory there is.
  const of = (from: number) =>
    version(
      `(SELECT range AS id, repeat(md5(CAST(range AS VARCHAR)), 6) AS text FROM range(${from}, ${from + rows}))`,
      rows,
      schema,
    )
  const found = await compareRows(lake, {
    before: of(0),
    after: of(10),
    shared: schema,
    key: ['id'],
  })
  expect(found).toMatchObject({ removed: 10, added: 10, changed: 0 })
  expect(found.examples.added.map(([id]) => id)).toEqual(
    Array.from({ length: 10 }, (_, i) => rows + i),
  )
}, 120_000)
