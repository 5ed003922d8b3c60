import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/reference/serving.md'), 'utf8')
const pathOf = (file: string): string =>
  join(root, /^(?:packages|e2e)\//.test(file) ? file : `packages/platform/src/${file}`)

/** What the page says of one item. */
interface Row {
  readonly item: string
  readonly files: readonly string[]
  readonly tests: readonly { readonly file: string; readonly title: string }[]
}

const rows: readonly Row[] = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what |'))
  .map((line) => {
    const [item = '', where = '', heldBy = ''] = line.slice(2).split(' | ')
    return {
      item,
      files: [...where.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
      tests: heldBy.split('<br>').map((test) => {
        const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(test) ?? []
        return { file, title }
      }),
    }
  })

/** Whether a file has a test of a name, in any of the quotes that names stand in. */
const hasTest = (text: string, title: string): boolean =>
  ["'", '"', '`'].some((quote) => text.includes(`(${quote}${title}${quote}`)) ||
  ["'", '"', '`'].some((quote) => text.includes(`  ${quote}${title}${quote},`))

describe('the table of serving', () => {
  it.each(rows)('names files and tests that are there: $item', ({ files, tests }) => {
    expect(files.filter((file) => !existsSync(pathOf(file)))).toEqual([])
    const missing = tests.filter(
      ({ file, title }) =>
        !existsSync(pathOf(file)) || !hasTest(readFileSync(pathOf(file), 'utf8'), title),
    )
    expect(missing).toEqual([])
  })

  it('holds every item by a test, and knows a test that is not there', () => {
    expect(rows.length).toBeGreaterThan(60)
    expect(rows.filter(({ tests }) => tests.length === 0)).toEqual([])
    expect(hasTest("it('is so', () => {})", 'is so')).toBe(true)
    expect(hasTest("it('is so', () => {})", 'is')).toBe(false)
  })
})
