/**
 * `node bench/statistics/type-one-error.ts` draws samples under the null and under stated alternatives, counts how often each test
 * rejects at 5 %, and writes `docs/reference/statistical-tests.md`.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { coverage, INTERVALS } from './coverage.ts'
import { DETECTORS, healthyRun } from './false-alarms.ts'
import { GUARANTEES, rejectionRate } from './guarantees.ts'
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
const guarantees = Object.entries(GUARANTEES).map(([name, { kind, alternative }]) => {
  const [level, power] = [
    rejectionRate(name, 'null', RUNS),
    rejectionRate(name, 'alternative', RUNS),
  ]
  return `| ${name} | ${kind} | ${percent(level)} | ${alternative} | ${percent(power)} |`
})
const intervals = Object.entries(INTERVALS).map(
  ([name, { about }]) => `| ${name} | ${about} | ${percent(coverage(name, RUNS))} |`,
)
const alarms = Object.keys(DETECTORS).map((name) => {
  const { sees } = DETECTORS[name]!
  const { healthy, changed } = healthyRun(name, 200)
  const reached =
    healthy.unalarmed > 0 ? `over ${Math.round(healthy.mean)}` : Math.round(healthy.mean)
  return `| ${name} | ${sees} | ${reached} | ${percent(healthy.unalarmed / healthy.runs)} | ${changed.median} | ${percent(changed.unalarmed / changed.runs)} |`
})
const text = `# How often the tests reject

Written by \`node bench/statistics/type-one-error.ts\`: ${RUNS.toLocaleString('en-US')} pairs of samples each, 100 rows a side (permutation tests, exact
Mann-Whitney and text descriptors: 400 pairs of 40 rows, 99 relabellings), seeded. Rejections at the 5 % level, in per cent. Under the null ("same") a test should reject in at
most 5 %, up to ${(100 * 2 * Math.sqrt((0.05 * 0.95) / RUNS)).toFixed(1)} points of chance; the other columns are its power.

| test | ${names.map((name) => SCENARIOS[name].title).join(' | ')} |
|---|${names.map(() => '---:').join('|')}|
${lines.join('\n')}

Exact tests of counts and of tied values reject less often than 5 % under the null, since their statistic takes few values. Anderson-Darling's
tabulated levels are for values without ties: with five values it rejects too often. Mann-Whitney
and the t tests do not see another spread, nor are they meant to. The chi-square test that takes the reference's shares for exact is
for references far larger than what is compared with them: with a reference of as many rows it rejects several times too often, and the
contingency form is the one to take (\`chi-square-contingency\`). Text descriptors are many tests at once, corrected by Bonferroni though they
depend on each other, so that they reject seldom.

## Paired, sequential and many tests

The same, of tests that compare models, arms and streams: rejections at 5 % where nothing differs, and at the stated alternative.
Those of "every look" are looked at after each of 300 observations (sprt: 1,000; group sequential: five looks; the Bernoulli
sequence every tenth; asymptotic ones from the 30th on), and a run counts as rejected if any look
rejects. "Many tests" are 20 paired t tests at once: a run counts if any of them rejects where none should. Their power is that of
any rejection where 5 of the 20 differ.

| test | looks | same | alternative | sees it |
|---|---|---:|---|---:|
${guarantees.join('\n')}

## Intervals

The share of 95 % intervals that hold the truth, in per cent. Wald's interval of a share and the bootstrap of a skewed mean hold
it less often than they say, as is known of them: the product uses Wilson's, and BCa where it resamples.

| interval | of | holds the truth |
|---|---|---:|
${intervals.join('\n')}

## Online detectors

200 streams each, with the detectors' defaults: values are standard normal and rise by one deviation, errors come in one of five
values and then in one of two. "Until a false alarm" is the mean number of healthy values, each stream ended at 20,000;
"delay" the median number of values from the change after 500 healthy ones. A detector that alarms within those 500 counts its delay as
any other does: read both columns together. \`calibrateDetector\` sets the threshold for a wanted run length instead.

| detector | sees | until a false alarm | streams without, % | delay | not seen in 2,000, % |
|---|---|---:|---:|---:|---:|
${alarms.join('\n')}
`
await writeFile(page, text)
process.stdout.write(text)
