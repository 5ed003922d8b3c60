import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** What newcomers read: the pages at the root and everything in `docs/`. */
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
]

/** Targets of links and pictures that are files of the repository. */
const linksOf = (text: string): readonly string[] =>
  [...text.matchAll(/\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))

describe('what newcomers read', () => {
  it.each(pages)('%s leads nowhere that does not exist', (page) => {
    const broken = linksOf(read(page)).filter(
      (target) => !existsSync(join(root, dirname(page), target)),
    )
    expect(broken).toEqual([])
  })

  it('leads to every page of the documentation', () => {
    const reached = new Set<string>()
    const follow = (page: string): void => {
      if (reached.has(page)) return
      reached.add(page)
      for (const target of linksOf(read(page))) {
        const path = join(dirname(page), target)
        if (path.endsWith('.md') && existsSync(join(root, path))) follow(path)
      }
    }
    follow('README.md')
    expect(pages.filter((page) => !reached.has(page))).toEqual([])
  })

  it('shows the loop of the example as it is', () => {
    const snippet = /```ts\n(const renew[\s\S]*?)```/.exec(read('README.md'))?.[1] ?? 'no snippet'
    expect(read('examples/bike-sharing/kaizen.ts')).toContain(snippet)
  })
})
