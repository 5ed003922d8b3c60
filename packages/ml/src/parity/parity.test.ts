import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { columnReaderOver } from './data-file.ts'
import { type ParityCase, runParityCases } from './run-parity-cases.ts'

const fixtures = new URL('../../fixtures/', import.meta.url)
const readColumn = columnReaderOver((file) => readFileSync(new URL(file, fixtures), 'utf8'))
const files = ['parity', 'reference'].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, fixtures)).flatMap((name) =>
    name.endsWith('.json') ? [`${folder}/${name}`] : [],
  ),
)
const only = process.env['PARITY']

test.each(files.filter((file) => !only || file.includes(only)))(
  '%s',
  (file) => {
    const text = readFileSync(new URL(file, fixtures), 'utf8')
    const { cases } = JSON.parse(text) as { readonly cases: readonly ParityCase[] }
    const results = runParityCases(cases, { readColumn })
    const failed = results.filter((result) => !result.passed)
    const details = failed.map(({ id, differences }) => `${id}\n  ${differences.join('\n  ')}`)
    console.log(`${file}: ${results.length - failed.length} passed, ${failed.length} failed`)
    expect(details).toEqual([])
    expect(results.length).toBeGreaterThan(0)
  },
  120_000,
)
