/**
 * All the tests: format, types, architecture and the build of the user interface, then the unit,
 * integration and end-to-end tests. `node scripts/test.ts [check|unit|integration|e2e]...` runs only
 * the parts named. The last line is `N passed, N failed` with the true totals; a part that finds no test at all has failed.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { skippedSuites, type Totals, totalsOf, type VitestReport } from './vitest-report.ts'

const root = join(import.meta.dirname, '..')

/** Where every service has to be there, as in CI, a test that skips has failed. */
const mustNotSkip = process.env['KAIZEN_REQUIRE_SERVICES'] === '1'

/** Suites that did not run, with the number of their tests. */
const skipped: [suite: string, tests: number][] = []

const checks: readonly string[] = [
  'biome check .',
  'tsc -p tsconfig.json',
  'tsc -p packages/web/tsconfig.json',
  'node scripts/check-architecture.ts',
  'scripts/run --ui true',
]

const parts: Readonly<Record<string, () => Totals>> = {
  check: runChecks,
  unit: () => runVitest('unit'),
  integration: () => runVitest('integration'),
  e2e: () => runVitest('e2e'),
}

function runChecks(): Totals {
  const failed = checks.filter((command) => !succeeds(command)).length
  return { passed: checks.length - failed, failed, skipped: 0 }
}

function runVitest(project: string): Totals {
  const folder = mkdtempSync(join(tmpdir(), 'kaizen-tests-'))
  const report = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  try {
    const success = succeeds(`vitest run --project ${project}`, reporters)
    const result = readReport(report)
    if (result !== undefined) skipped.push(...skippedSuites(result))
    return totalsOf(result, { success, mustNotSkip })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Runs a command of plain words before the user's eyes. */
function succeeds(command: string, more: readonly string[] = []): boolean {
  console.log(`\n> ${command}`)
  const [program = '', ...args] = command.split(' ')
  const { status, error } = spawnSync(program, [...args, ...more], { cwd: root, stdio: 'inherit' })
  if (error !== undefined) console.error(error.message)
  return status === 0
}

function readReport(path: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined // vitest stopped before it wrote one
  }
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
const unknown = chosen.find((name) => !(name in parts))
if (unknown !== undefined) {
  console.error(`no part is called '${unknown}'; there are ${Object.keys(parts).join(', ')}`)
  process.exit(2)
}

const rows: [part: string, totals: Totals, seconds: number][] = []
for (const name of chosen) {
  const start = performance.now()
  const totals = parts[name]?.() ?? { passed: 0, failed: 1, skipped: 0 }
  rows.push([name, totals, (performance.now() - start) / 1000])
}

console.log()
for (const [suite, tests] of skipped) console.log(`skipped: ${suite} (${tests})`)
for (const [name, totals, seconds] of rows) {
  console.log(`${name.padEnd(12)} ${counts(totals)} in ${seconds.toFixed(1)} s`)
}
const sum = (key: keyof Totals): number => rows.reduce((total, [, each]) => total + each[key], 0)
const all = { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
console.log(`\n${counts(all)}`)
process.exitCode = all.failed === 0 && all.passed > 0 ? 0 : 1

function counts(totals: Totals): string {
  const ran = `${totals.passed} passed, ${totals.failed} failed`
  return totals.skipped > 0 ? `${ran}, ${totals.skipped} skipped` : ran
}
