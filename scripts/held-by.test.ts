import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** A row of a table whose last column says which tests hold it. */
interface HeldRow {
  readonly what: string
  readonly tests: readonly { readonly file: string; readonly title: string }[]
}

const cellsOf = (line: string): readonly string[] =>
  line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))

/**
 * Rows of the tables whose last heading is `held by the tests`: tests as `` `FILE`: TITLE ``, several with `<br>` between them. A title is
 * the text of `it` or `test` as it stands in the file, or the first words of it and `…`; of Python the name of a function.
 */
function heldRows(page: string): readonly HeldRow[] {
  const rows: HeldRow[] = []
  let inTable = false
  for (const line of page.split('\n')) {
    if (!line.startsWith('|')) {
      inTable = false
      continue
    }
    const cells = cellsOf(line)
    if (cells.at(-1) === 'held by the tests') inTable = true
    else if (inTable && !/^-+$/.test(cells[0] ?? '')) {
      const tests = (cells.at(-1) ?? '').split('<br>').map((text) => {
        const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(text.trim()) ?? []
        return { file, title }
      })
      rows.push({ what: cells[0] ?? '', tests })
    }
  }
  return rows
}

/** What is wrong with a row: a test that there is not. */
function faultsOf({ what, tests }: HeldRow, read: (file: string) => string | undefined) {
  return tests.flatMap(({ file, title }) => {
    if (file === '') return [`"${what}" names no test as \`FILE\`: TITLE`]
    const source = read(file)
    if (source === undefined) return [`"${what}" names ${file}, which there is not`]
    if (file.endsWith('.py') && source.includes(`def ${title}(`)) return []
    const begins = title.endsWith('…')
    const text = begins ? title.slice(0, -1) : title
    const found = ["'", '"', '`'].some((quote) => {
      const written = text.replaceAll(quote, `\\${quote}`)
      return source.includes(`${quote}${written}${begins ? '' : quote}`)
    })
    return found ? [] : [`"${what}" names "${title}", which ${file} does not hold`]
  })
}

const pages = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .map((path) => ({ path, rows: heldRows(readFileSync(join(root, path), 'utf8')) }))
  .filter(({ rows }) => rows.length > 0)

describe('tables of what is held by which test', () => {
  it.each(pages)('$path names tests that there are', ({ rows }) => {
    const read = (file: string) =>
      existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : undefined
    expect(rows.flatMap((row) => faultsOf(row, read))).toEqual([])
  })

  it('are read, and their faults are found', () => {
    const page = [
      '| what | held by the tests |',
      '|---|---|',
      "| a | `a.test.ts`: holds a<br>`a.test.ts`: it's b… |",
      '| b | `none.test.ts`: holds b |',
      '| c | `a.test.ts`: holds c |',
      '| d | nothing |',
      '',
      '| e | `a.test.ts`: of another table |',
    ].join('\n')
    const rows = heldRows(page)
    expect(rows.map(({ what }) => what)).toEqual(['a', 'b', 'c', 'd'])
    const source = "it('holds a', f)\nit(\"it's b and more\", f)"
    const read = (file: string) => (file === 'a.test.ts' ? source : undefined)
    expect(rows.map((row) => faultsOf(row, read).length)).toEqual([0, 1, 1, 1])
  })
})
