import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as ml from '../index.ts'

/** Every public function and class must say what it does, and when it refuses. */
const root = join(import.meta.dirname, '..')
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('index.ts'),
  )
  .map((file) => readFileSync(join(root, file), 'utf8'))

const names = Object.entries(ml).flatMap(([name, value]) =>
  typeof value === 'function' ? [name] : [],
)

interface Declared {
  readonly comment: string
  readonly body: string
}

const declared = (name: string): Declared => {
  const start = new RegExp(`^export (?:const|function|class|abstract class) ${name}\\b`, 'mu')
  for (const source of sources) {
    const at = start.exec(source)?.index
    if (at === undefined) continue
    const before = source.slice(0, at).trimEnd()
    const comment = before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : ''
    const rest = source.slice(at)
    const end = rest.search(/\n(?:\}|\/\*\*|export |const )/u)
    return { comment, body: end < 0 ? rest : rest.slice(0, end) }
  }
  throw new Error(`no source declares ${name}`)
}

const wordsOf = (comment: string): readonly string[] => comment.match(/[\p{L}\p{N}]+/gu) ?? []

describe('public functions', () => {
  test('are many', () => expect(names.length).toBeGreaterThan(150))

  test.each(names)('%s says what it does', (name) => {
    const { comment } = declared(name)
    expect(comment, `${name} has no comment`).not.toBe('')
    expect(wordsOf(comment).length, `the comment of ${name} is bare`).toBeGreaterThanOrEqual(5)
    expect(comment.replaceAll(/\s*\*\/$/gu, '').trimEnd(), `${name}: a sentence ends`).toMatch(
      /[.:!)]$/u,
    )
  })

  test.each(names)('%s says when it throws', (name) => {
    const { comment, body } = declared(name)
    if (!body.includes('throw new MlError')) return
    expect(comment, `${name} throws, its comment does not say when`).toMatch(/@throws|[Rr]efuse/u)
  })
})
