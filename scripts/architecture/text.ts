import { lineAt } from './mask.ts'
import type { Rule, Tree, Violation } from './tree.ts'

/** `any` where a type stands. Biome refuses it too; this one also refuses an excuse without reason. */
const anyType =
  /(?:[:<|&,(=]|=>|\b(?:as|extends|keyof|readonly|satisfies))\s*any(?=\s*(?:[[\]>,;)|&={}]|$))/gm

const machinePath =
  /(?<![\w.~-])(?:\/(?:work|root)|\/home\/[a-z][\w-]*|\/Users\/\w+|[A-Z]:\\Users)[/\\]/g

const registryHost =
  /\b(?:registry\.(?:npmjs|yarnpkg)\.\w+|npmjs\.(?:org|com)|pypi\.org|pythonhosted\.org|repo1?\.maven\.org|proxy\.golang\.org|crates\.io|rubygems\.org)\b/g

export const textRules: readonly Rule[] = [
  { name: 'suppression', check: suppression },
  { name: 'any', check: untyped },
  { name: 'mock', check: mock },
  { name: 'spread-literal', check: spreadLiteral },
  { name: 'machine-path', check: inText(machinePath, 'is a path of one machine') },
  {
    name: 'registry-host',
    check: inText(registryHost, 'names a package registry; leave it to npm or pip'),
  },
]

function* suppression({ sources }: Tree): Iterable<Violation> {
  for (const { path, comments } of sources) {
    for (const { text, line } of comments) {
      if (/@ts-(?:ignore|nocheck)\b/.test(text)) {
        yield { path, line, message: 'use @ts-expect-error with a reason' }
      } else if (/@ts-expect-error(?!.*[a-z]{3})/i.test(text)) {
        yield { path, line, message: '@ts-expect-error needs a reason behind it' }
      } else if (/biome-ignore/.test(text) && !/biome-ignore\S* [^:]+: *[^\s<]/.test(text)) {
        yield { path, line, message: 'biome-ignore needs a reason behind its colon' }
      }
    }
  }
}

function* untyped({ sources }: Tree): Iterable<Violation> {
  for (const { path, code, comments } of sources) {
    for (const { index, 0: match } of code.matchAll(anyType)) {
      const line = lineAt(code, index + match.length)
      const isExcused = comments.some(
        (each) =>
          /biome-ignore.*noExplicitAny:/.test(each.text) && [line, line - 1].includes(each.line),
      )
      if (!isExcused) yield { path, line, message: `'any' switches the checks off; use unknown` }
    }
  }
}

function* mock({ sources }: Tree): Iterable<Violation> {
  for (const { path, code, text } of sources) {
    for (const { index } of code.matchAll(/\bvi\s*\.\s*(?:mock|doMock)\s*\(/g)) {
      if (!/^[^)]*?['"`](?:\.|@kaizen\/)/.test(text.slice(index))) continue
      yield { path, line: lineAt(text, index), message: 'our own modules are not mocked; inject' }
    }
  }
}

/** `{ ...{ a, b } }`: what stands in a second literal escapes the check for unknown properties. */
function* spreadLiteral({ sources }: Tree): Iterable<Violation> {
  for (const { path, code } of sources) {
    for (const { index } of code.matchAll(/\.\.\.\{/g)) {
      yield { path, line: lineAt(code, index), message: 'write the properties into the literal' }
    }
  }
}

function inText(pattern: RegExp, message: string): Rule['check'] {
  return function* ({ files }): Iterable<Violation> {
    for (const { path, text } of files) {
      for (const { index, 0: match } of text.matchAll(pattern)) {
        yield { path, line: lineAt(text, index), message: `'${match}' ${message}` }
      }
    }
  }
}
