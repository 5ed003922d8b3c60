/**
 * `node bench/statistics/type-one-error.ts` draws samples under the null and under stated alternatives, counts how often each test
 * rejects at 5 %, and writes `docs/reference/statistical-tests.md`.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rejections, SCENARIOS, TESTS } from './rejections.ts'

const RUNS = 2000
const page = join(import.meta.dirname, '../../docs/reference/statistical-tests.md')

const percent = (share: number): string => `${(100 * share).toFixed(1)}`
const names = Object.keys(SCENARIOS) as (keyof typeof SCENARIOS)[]
const lines = Object.keys(TESTS).map((test) => {
  const cells = names.map((scenario) => {
    const share = rejections(test as keyof typeof TESTS, scenario, RUNS)
    return share === null ? '' : percent(share)
  })
  return `| ${test} | ${cells.join(' | ')} |`
})
const text = `# How often the tests reject

Written by \`node bench/statistics/type-one-error.ts\`: ${RUNS.toLocaleString('en-US')} pairs of samples each, 100 rows a side (permutation tests: 400
pairs of 40 rows, 99 relabellings), seeded. Rejections at the 5 % level, in per cent. Under the null ("same") a test should reject in at
most 5 %, up to ${(100 * 2 * Math.sqrt((0.05 * 0.95) / RUNS)).toFixed(1)} points of chance; the other columns are its power.

| test | ${names.map((name) => SCENARIOS[name].title).join(' | ')} |
|---|${names.map(() => '---:').join('|')}|
${lines.join('\n')}

Exact tests of counts and of tied values reject less often than 5 % under the null, since their statistic takes few values. Anderson-Darling's
tabulated levels are for values without ties: with five values it rejects too often. Mann-Whitney
and the t tests do not see another spread, nor are they meant to.
`
await writeFile(page, text)
process.stdout.write(text)
