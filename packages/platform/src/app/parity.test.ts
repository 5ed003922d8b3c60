import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { runParityFolder } from './parity.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

/** A folder `cases` of the given files, and what lies beside it. */
async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'kaizen-parity-'))
  folders.push(root)
  await mkdir(join(root, 'cases'))
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text)
  return join(root, 'cases')
}

const ks = (id: string, statistic: number, current: unknown) => ({
  id,
  function: 'ks',
  parameters: { method: 'asymptotic' },
  inputs: { reference: [1, 2, 3, 4], current },
  expected: { statistic },
  tolerance: { abs: 1e-12 },
})

const fileOf = (...cases: readonly object[]): string =>
  JSON.stringify({ schemaVersion: 1, family: 'drift', cases })

it('tells right from wrong, and counts an unknown function as failed', async () => {
  const folder = await folderOf({
    'data.csv': 'x\n1\n2\n3\n4\n',
    'cases/drift.json': fileOf(
      ks('same', 0, { file: 'data.csv', column: 'x', from: 0, to: 4 }),
      ks('wrong', 0.5, [1, 2, 3, 4]),
      { ...ks('unknown', 0, [1]), function: 'no-such-test' },
    ),
    'cases/other-schema.json': '{"format": "another/1", "cases": [{"rows": []}]}',
  })
  const files = await Array.fromAsync(runParityFolder(folder))
  expect(files.map(({ file, family }) => [file, family])).toEqual([['drift.json', 'drift']])
  expect(files[0]?.results.map(({ id, passed }) => [id, passed])).toEqual([
    ['same', true],
    ['wrong', false],
    ['unknown', false],
  ])
  expect(files[0]?.results[1]?.differences).toEqual(['statistic: expected 0.5, got 0'])
  expect(files[0]?.results[2]?.differences[0]).toContain('no-such-test')
})

it('refuses a folder without cases', async () => {
  const folder = await folderOf({ 'cases/a.json': '{}' })
  await expect(Array.fromAsync(runParityFolder(folder))).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

it('counts what it cannot read as failed, and goes on', async () => {
  const folder = await folderOf({
    'cases/a.json': '{"cases":',
    'cases/b.json': JSON.stringify({
      schemaVersion: 1,
      cases: [
        null,
        { id: 'no function', inputs: {}, expected: {} },
        { ...ks('inherited', 0, [1]), function: 'constructor' },
        { ...ks('no column', 0, { file: 'b.json', column: 'x' }), tolerance: undefined },
        ks('no sample', 0, 7),
        ks('no values', 0, { sequence: 'arithmetic', start: 0, step: 1, n: -3 }),
        ks('right', 0, [1, 2, 3, 4]),
      ],
    }),
  })
  const [a, b] = await Array.fromAsync(runParityFolder(folder))
  expect(a?.results).toEqual([
    { id: 'a.json', passed: false, differences: ['the file is not JSON'] },
  ])
  expect(b?.results.map(({ id, passed }) => [id, passed])).toEqual([
    ['b.json#0', false],
    ['b.json#1', false],
    ['inherited', false],
    ['no column', false],
    ['no sample', false],
    ['no values', false],
    ['right', true],
  ])
})

it('reads no data file outside of the folder and its parent', async () => {
  const folder = await folderOf({
    'cases/a.json': fileOf(ks('escape', 0, { file: '../../x.csv', column: 'x', from: 0, to: 1 })),
  })
  const [file] = await Array.fromAsync(runParityFolder(folder))
  expect(file?.results[0]).toMatchObject({ passed: false })
  expect(file?.results[0]?.differences[0]).toContain('neither in')
})
