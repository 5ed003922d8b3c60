/**
 * All the tests: formatting, types and architecture, then unit, integration and end-to-end tests.
 * `node scripts/test.ts [check|unit|integration|e2e]...` runs only the parts named. The last line
 * is `N passed, N failed` with the true totals; a part that finds no test at all has failed.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Totals {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const root = join(import.meta.dirname, '..')

/** Where every service has to be there, as in CI, a test that skips has failed. */
const mustNotSkip = process.env['KAIZEN_REQUIRE_SERVICES'] === '1'

const checks: readonly (readonly [program: string, ...args: string[]])[] = [
  ['biome', 'check', '.'],
  ['tsc', '-p', 'tsconfig.json'],
  ['tsc', '-p', 'packages/web/tsconfig.json'],
  ['node', 'scripts/check-architecture.ts'],
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
    const success = succeeds(['vitest', 'run', `--project=${project}`, ...reporters])
    return totalsOf(readReport(report), success)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function succeeds([program, ...args]: readonly [string, ...string[]]): boolean {
  console.log(`\n> ${[program, ...args.filter((arg) => !arg.startsWith('--'))].join(' ')}`)
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' })
  if (error !== undefined) console.error(error.message)
  return status === 0
}

/** The fields read here of vitest's JSON report. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: unknown[] }[]
}

function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined // vitest stopped before it wrote one
  }
}

/**
 * A file that cannot be loaded holds no test that could fail, and an error outside of the tests
 * belongs to none: both count as a failure, as does a run that found nothing to run.
 */
function totalsOf(report: Report | undefined, success: boolean): Totals {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  const passed = report.numPassedTests
  const skipped = report.numPendingTests + report.numTodoTests
  const failed = report.numFailedTests + broken
  if (failed === 0 && (!success || passed + skipped === 0)) return { passed, failed: 1, skipped }
  return mustNotSkip ? { passed, failed: failed + skipped, skipped: 0 } : { passed, failed, skipped }
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
for (const [name, { passed, failed, skipped }, seconds] of rows) {
  const counts = [`${passed} passed`, `${failed} failed`, `${skipped} skipped`]
  console.log(`${name.padEnd(12)} ${counts.join(', ')} in ${seconds.toFixed(1)} s`)
}
const sum = (key: keyof Totals): number => rows.reduce((total, [, each]) => total + each[key], 0)
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`)
process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1
