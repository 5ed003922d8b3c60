/** `node bench/statistics/parity-page.ts` runs the golden cases and writes `docs/reference/parity.md`. */
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { columnReaderOver, type ParityCase, runParityCases } from '@kaizen/ml/parity'

const root = join(import.meta.dirname, '../..')
const fixtures = join(root, 'packages/ml/fixtures')
const readColumn = columnReaderOver((file) => readFileSync(join(fixtures, file), 'utf8'))

interface CaseFile {
  readonly libraries: readonly string[]
  readonly cases: readonly ParityCase[]
}

const lines: string[] = []
const total = { passed: 0, cases: 0 }
for (const folder of ['parity', 'reference']) {
  for (const name of readdirSync(join(fixtures, folder)).filter((file) => file.endsWith('.json'))) {
    const text = readFileSync(join(fixtures, folder, name), 'utf8')
    const { cases, libraries } = JSON.parse(text) as CaseFile
    const passed = new Map<string, [passed: number, cases: number]>()
    runParityCases(cases, { readColumn }).forEach((result, i) => {
      const counts = passed.get(cases[i]!.function) ?? [0, 0]
      passed.set(cases[i]!.function, [counts[0] + (result.passed ? 1 : 0), counts[1] + 1])
    })
    for (const [name, [right, all]] of passed) {
      total.passed += right
      total.cases += all
      lines.push(`| ${folder} | ${name} | ${right} of ${all} |`)
    }
    lines.push(`| ${folder} | *${name}* | against ${libraries.join(', ')} |`)
  }
}
const page = `# Agreement with the reference libraries

Written by \`node bench/statistics/parity-page.ts\`: ${total.passed} of ${total.cases} golden values agree within their tolerance. \`parity\`
are chosen cases, \`reference\` cases over random inputs; both lie in \`packages/ml/fixtures\` with their provenance and are
run by \`make test\`. \`./kaizen dev parity FOLDER\` runs any folder of the same schema.

| set | function | agree |
|---|---|---|
${lines.join('\n')}
`
await writeFile(join(root, 'docs/reference/parity.md'), page)
