import { type Comment, lineAt, mask } from './mask.ts'

/** One import, re-export or dynamic import (or `import()` type) of a source file. */
export interface Import {
  readonly kind: 'import' | 'export' | 'dynamic'
  readonly specifier: string
  /** Names as the other module exports them; `*` for all of them, `default` for its default. */
  readonly names: readonly string[]
  readonly line: number
}

export interface Scan {
  readonly imports: readonly Import[]
  /** The source without comments and contents of literals, line by line as it was. */
  readonly code: string
  readonly comments: readonly Comment[]
  /** Whether the file does nothing but pass on what others export. */
  readonly isBarrel: boolean
}

const literal = String.raw`(?<quote>["'\`])(?<specifier> *)\k<quote>`
const several = String.raw`\*\s*as\s+[\w$]+|\{[^}]*\}`
const statements: readonly { kind: Import['kind']; pattern: RegExp }[] = [
  {
    kind: 'import',
    pattern: statement(
      String.raw`import\s*(?:type\s+(?!from\s*["'\`]))?(?:(?<one>[\w$]+)\s*,?\s*)?(?<many>${several})?\s*from\s*${literal}`,
    ),
  },
  { kind: 'import', pattern: statement(String.raw`import\s*${literal}`) },
  {
    kind: 'export',
    pattern: statement(String.raw`export\s*(?:type\s+)?(?<many>\*|${several})\s*from\s*${literal}`),
  },
  { kind: 'dynamic', pattern: statement(String.raw`import\s*\(\s*${literal}`) },
]

function statement(pattern: string): RegExp {
  return new RegExp(String.raw`(?<![\w$.])${pattern}`, 'dg')
}

/** Finds every import of a TypeScript source, imports of types included. */
export function scanImports(source: string): Scan {
  const { code, comments } = mask(source)
  const imports: Import[] = []
  let rest = code
  for (const { kind, pattern } of statements) {
    for (const match of code.matchAll(pattern)) {
      const [start, end] = match.indices?.groups?.['specifier'] ?? [0, 0]
      imports.push({
        kind,
        specifier: source.slice(start, end),
        names: namesOf(match.groups?.['one'], match.groups?.['many']),
        line: lineAt(source, match.index),
      })
      if (kind === 'export') rest = rest.replace(match[0], '')
    }
  }
  imports.sort((a, b) => a.line - b.line)
  const isBarrel = imports.some(({ kind }) => kind === 'export') && rest.trim() === ''
  return { imports, code, comments, isBarrel }
}

/** `a, type b as c` inside braces gives `a` and `b`; no clause at all gives none. */
function namesOf(one: string | undefined, many: string | undefined): readonly string[] {
  const names = one === undefined ? [] : ['default']
  if (many?.startsWith('*')) return [...names, '*']
  const listed = (many ?? '').replace(/[{}]/g, '').split(',')
  return [
    ...names,
    ...listed
      .map(
        (each) =>
          each
            .trim()
            .replace(/^type\s+/, '')
            .split(/\s+/)[0] ?? '',
      )
      .filter(Boolean),
  ]
}
