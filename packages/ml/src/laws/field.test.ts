import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as ml from '../index.ts'
import { PARITY_FUNCTIONS } from '../parity/functions.ts'
import { CALLS } from './calls.ts'
import { FIELD } from './field.ts'
import type { FieldItem } from './field-item.ts'

/**
 * Holds the table of the field: every item has functions that exist and that the laws call, says its source where the function
 * is declared, and is held by golden values or a test of its own. The page is written from the table by `vitest run -u`.
 */
const source = join(import.meta.dirname, '..')
const fixtures = join(source, '../fixtures')
const page = join(source, '../../../docs/reference/statistics.md')

const filesUnder = (folder: string, ends: string): readonly (readonly [string, string])[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ends))
    .sort()
    .map((file) => [file, readFileSync(join(folder, file), 'utf8')] as const)

const sources = filesUnder(source, '.ts').filter(([file]) => !file.endsWith('.test.ts'))
const tests = filesUnder(source, '.test.ts').filter(
  ([file]) => !file.startsWith('laws/') || file.includes('known-limits'),
)
const items = Object.values(FIELD).flat()
const exported: Readonly<Record<string, unknown>> = { ...ml }

const goldenCounts = new Map<string, number>()
const caseFiles = ['parity', 'reference'].flatMap((folder) =>
  filesUnder(join(fixtures, folder), '.json'),
)
for (const [, text] of caseFiles) {
  for (const { function: name } of (JSON.parse(text) as { cases: { function: string }[] }).cases)
    goldenCounts.set(name, (goldenCounts.get(name) ?? 0) + 1)
}

/** The comment above a declaration. */
const commentOf = (name: string): string => {
  const start = new RegExp(`^export (?:const|function|class|abstract class) ${name}\\b`, 'mu')
  for (const [, text] of sources) {
    const at = start.exec(text)?.index
    if (at === undefined) continue
    const before = text.slice(0, at).trimEnd()
    const comment = before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : ''
    return comment.replaceAll(/\s*\n\s*\*\s*/gu, ' ')
  }
  return ''
}

const testsOf = ({ functions }: FieldItem): readonly string[] => {
  const names = new RegExp(`\\b(?:${functions.join('|')})\\b`, 'u')
  return tests.flatMap(([file, text]) => (names.test(text) ? [file] : []))
}

describe('the field', () => {
  test.each(items.map((item) => [item.item, item] as const))('%s is there', (_, item) => {
    for (const name of item.functions) {
      expect(typeof exported[name], name).toBe('function')
      if (/^[a-z]/u.test(name)) expect(CALLS, `${name} is under no law`).toHaveProperty(name)
    }
    const comment = commentOf(item.functions[0]!)
    const years = item.source.match(/\b(?:1[89]|20)\d\d\b/gu)
    const said = years
      ? years.every((year) => comment.includes(year))
      : /by definition|documentation|ISO/iu.test(comment)
    expect(said, `${item.functions[0]} does not say its source: ${item.source}`).toBe(true)
    for (const name of item.golden ?? []) {
      expect(Object.keys(PARITY_FUNCTIONS)).toContain(name)
      expect(goldenCounts.get(name) ?? 0, `no golden value of ${name}`).toBeGreaterThan(0)
    }
    const held = (item.golden?.length ?? 0) + testsOf(item).length
    expect(held, `${item.item} is held by no golden value and no test`).toBeGreaterThan(0)
  })

  test('has every golden function, and every public statistic', () => {
    const named = new Set(items.flatMap(({ golden = [] }) => golden))
    const golden = [...goldenCounts.keys()].filter((name) => !name.startsWith('expect_'))
    expect(golden.filter((name) => !named.has(name))).toEqual([])
    const folders =
      /^(?:bandits|detectors|drift|estimation|explanations|fairness|metrics|outliers|profile|sampling|sequential|sketches)\//u
    const own = sources.filter(([file]) => folders.test(file)).map(([, text]) => text)
    const known = new Set([...items.flatMap(({ functions }) => functions), ...PARTS])
    const missing = Object.entries(ml).flatMap(([name, value]) => {
      const declared = new RegExp(`^export (?:const|function|class) ${name}\\b`, 'mu')
      const isOurs = typeof value === 'function' && own.some((text) => declared.test(text))
      return isOurs && !known.has(name) ? [name] : []
    })
    expect(missing).toEqual([])
  })

  test('stands in the reference as it is', async () => {
    await expect(written()).toMatchFileSnapshot(page)
  })
})

/** Parts of others' answers, which are no item of their own. */
const PARTS = [
  'allTo',
  'areProbabilities',
  'countCategories',
  'expectedConfusion',
  'expectedMetric',
  'expectedMetrics',
  'expectedRanking',
  'meanReward',
  'noLinearRewards',
  'pointsFromColumns',
  'pointsOf',
  'predictEnsemble',
  'realizedMetric',
  'realizedMulticlassMetric',
  'rewardVariance',
  'withExploration',
  'withLinearReward',
  'withReward',
]

const written = (): string => {
  const sections = Object.entries(FIELD).map(([area, list]) => {
    const rows = list.map((item) => {
      const golden = (item.golden ?? []).map((name) => `${name} (${goldenCounts.get(name)})`)
      const functions = item.functions.map((name) => `\`${name}\``).join(', ')
      const own = testsOf(item).map((file) => `\`${file}\``)
      return `| ${item.item} | ${functions} | ${item.source} | ${golden.join(', ')} | ${own.join(', ')} |`
    })
    return `## ${area}\n\n| what | functions | source | golden values | tests |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
  })
  return `# Statistics: what there is, from where, and what holds it

The functions of \`@kaizen/ml\` by part of the field. The page is written from \`packages/ml/src/laws/field.ts\` by its test, which
also holds that each function is there, says its source beside its declaration, and is held by what stands here:

- golden values of reference libraries, by name of the function in [the table of agreement](parity.md), with their number;
- tests in \`packages/ml/src\`;
- the laws of every public function: the same call gives the same answer and leaves its arguments alone (\`laws/exports.test.ts\`), the
  order of rows does not matter and merged parts are the whole (\`laws/laws.test.ts\`), missing, infinite, constant and empty columns
  give a defined result with its reason (\`laws/bad-columns.test.ts\`), and its comment says when it refuses (\`laws/docs.test.ts\`).

How often the tests reject, and how often intervals hold the truth, is simulated: see [statistical tests](statistical-tests.md). Units are
those of the values unless a comment says otherwise; columns are arrays of equal length, missing values are NaN or null.

${sections.join('\n')}`
}
