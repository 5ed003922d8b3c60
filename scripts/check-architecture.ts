/**
 * Holds the house to its plan (docs/adr/0002-import-table.md): who may import whom, what lives in
 * which room, how files are named. `node scripts/check-architecture.ts [root]` prints each
 * violation as `path:line: message [rule]` and exits 1 if there is any.
 */
import { resolve } from 'node:path'
import { circleRule } from './architecture/circles.ts'
import { fileRules } from './architecture/files.ts'
import { importRules } from './architecture/imports.ts'
import { textRules } from './architecture/text.ts'
import { type Rule, readTree, type Violation } from './architecture/tree.ts'

export const rules: readonly Rule[] = [...importRules, circleRule, ...fileRules, ...textRules]

export function checkArchitecture(root: string): (Violation & { readonly rule: string })[] {
  const tree = readTree(root)
  return rules.flatMap(({ name, check }) =>
    Array.from(check(tree), (violation) => ({ ...violation, rule: name })),
  )
}

if (import.meta.main) {
  const root = resolve(process.argv[2] ?? `${import.meta.dirname}/..`)
  const violations = checkArchitecture(root)
  for (const { path, line, message, rule } of violations) {
    console.error(`${path}${line === undefined ? '' : `:${line}`}: ${message} [${rule}]`)
  }
  console.log(
    violations.length === 0
      ? `Architecture: ${rules.length} rules hold`
      : `Architecture: ${violations.length} violations`,
  )
  process.exitCode = violations.length === 0 ? 0 : 1
}
