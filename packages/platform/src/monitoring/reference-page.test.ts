import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Holds the page that says what monitoring does: what stands there is held by tests that are there. */
const repository = join(import.meta.dirname, '../../../..')
const page = readFileSync(join(repository, 'docs/reference/monitoring.md'), 'utf8')

const pathOf = (file: string): string =>
  join(repository, /^(?:packages|e2e)\//u.test(file) ? '' : 'packages/platform/src', file)

/** Rows of the tables, without their heads. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| what \|/u.test(line))
  .map((line) => line.slice(1, -1).split(' | '))
  .map((cells) => ({
    item: cells[0]!.trim(),
    places: cells.length > 2 ? [...cells[1]!.matchAll(/`([^`]+)`/gu)].map(([, path]) => path!) : [],
    held: [...cells.at(-1)!.matchAll(/`([^`]+)`: "([^"]+)"/gu)].map(
      ([, file, title]) => [file!, title!] as const,
    ),
  }))

/** A title stands as a text of its own, first in a call or by its name in a list of cases. */
const holds = (text: string, title: string): boolean => {
  const literal = title.replaceAll(/[$()*+.?[\\\]^{|}]/gu, '\\$&')
  return new RegExp(`(?:\\(\\s*|name: )(['"\`])${literal}\\1`, 'u').test(text)
}

describe('the page of monitoring', () => {
  it('has all of its tables', () => {
    expect(rows.length).toBeGreaterThan(70)
    expect(new Set(rows.map(({ item }) => item)).size).toBe(rows.length)
  })

  it.each(rows.map((row) => [row.item, row] as const))('%s is held', (_, { places, held }) => {
    expect(held.length).toBeGreaterThan(0)
    for (const path of places) expect(existsSync(pathOf(path)), path).toBe(true)
    for (const [file, title] of held) {
      expect(existsSync(pathOf(file)), file).toBe(true)
      expect(holds(readFileSync(pathOf(file), 'utf8'), title), `${file}: ${title}`).toBe(true)
    }
  })

  it('knows a title from a word in passing', () => {
    expect(holds("it('closes windows', () => {})", 'closes windows')).toBe(true)
    expect(holds("it.each([1])(\n  'closes %i', () => {})", 'closes %i')).toBe(true)
    expect(holds("[{ name: 'one row', rows }]", 'one row')).toBe(true)
    expect(holds("// 'closes windows'", 'closes windows')).toBe(false)
  })
})
