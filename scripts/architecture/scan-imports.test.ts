import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanImports } from './scan-imports.ts'

const found = (source: string) =>
  scanImports(source).imports.map(({ kind, specifier, names }) => [kind, specifier, ...names])

describe('scanImports', () => {
  it('finds every form of import and the names it takes', () => {
    expect(
      found(`import 'side-effect'
import one from 'default'
import * as all from "namespace"
import { a, type b as c } from 'named'
import one, { d } from 'both'
import type { E } from 'types'
import type from 'named-type'
import { json } from './x.json' with { type: 'json' }
export { f, g as h } from 'passed-on'
export * from 'all'
export * as i from 'all-as'
export type { J } from 'passed-type'
const later = await import('dynamic')
type K = import('./type.ts').K
`),
    ).toEqual([
      ['import', 'side-effect'],
      ['import', 'default', 'default'],
      ['import', 'namespace', '*'],
      ['import', 'named', 'a', 'b'],
      ['import', 'both', 'default', 'd'],
      ['import', 'types', 'E'],
      ['import', 'named-type', 'default'],
      ['import', './x.json', 'json'],
      ['export', 'passed-on', 'f', 'g'],
      ['export', 'all', '*'],
      ['export', 'all-as', '*'],
      ['export', 'passed-type', 'J'],
      ['dynamic', 'dynamic'],
      ['dynamic', './type.ts'],
    ])
  })

  it('keeps statements apart that have no semicolons', () => {
    expect(found("export { a }\nimport b from 'b'\nexport const c = 1")).toEqual([
      ['import', 'b', 'default'],
    ])
  })

  it.each([
    ['a line comment', "// import a from 'no'"],
    ['a block comment', "/* import a from 'no'\n */"],
    ['a string', `const a = "import a from 'no'"`],
    ['a template', "const a = `\nimport a from 'no'\n`"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source to scan
    ['a template in a substitution', "const a = `${b ? `import 'no'` : ''} import('no')`"],
    ['a regular expression', "const a = /import 'no'/.test(b)"],
    ['a regular expression with quotes', "const a = /['\"`]/\n// import 'no'"],
    ['a method', "a.import('no')"],
  ])('sees none in %s', (_, source) => {
    expect(found(`${source}\nimport yes from 'yes'`)).toEqual([['import', 'yes', 'default']])
  })

  it('sees one in a substitution of a template', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source to scan
    expect(found("const a = `${{ b: await import('yes') }} import('no')`")).toEqual([
      ['dynamic', 'yes'],
    ])
  })

  it('takes a slash after a value for a division', () => {
    expect(found("const a = b / 2\nimport 'yes'\nconst c = d / 2")).toEqual([['import', 'yes']])
  })

  it('survives an apostrophe in JSX text', () => {
    expect(found("const a = <p>Don't</p>\nimport 'yes'")).toEqual([['import', 'yes']])
  })

  it('tells the line', () => {
    expect(scanImports("/*\n\n*/\nimport 'x'").imports[0]?.line).toBe(4)
  })

  it('calls a file a barrel that only passes on', () => {
    expect(
      scanImports("/** All. */\nexport * from './a.ts'\nexport { b } from './b.ts'").isBarrel,
    ).toBe(true)
    expect(scanImports("export * from './a.ts'\nexport const b = 1").isBarrel).toBe(false)
    expect(scanImports('export const b = 1').isBarrel).toBe(false)
  })

  it('keeps length and lines of any text', () => {
    fc.assert(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source to scan
      fc.property(fc.string({ unit: fc.constantFrom(...'ab/*\'"`${}[]\\\n ;=') }), (source) => {
        const { code } = scanImports(source)
        expect(code.length).toBe(source.length)
        expect(code.split('\n').length).toBe(source.split('\n').length)
      }),
    )
  })
})
