export interface Totals {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The fields read here of vitest's JSON report. */
export interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly {
      readonly status: string
      /** The suites around the test, outermost first, which say why they skip. */
      readonly ancestorTitles: readonly string[]
      readonly title: string
    }[]
  }[]
}

/** What the run itself says, beside its report. */
export interface Run {
  readonly success: boolean
  /** Whether a skipped test counts as failed. */
  readonly mustNotSkip: boolean
}

/**
 * A file that cannot be loaded holds no test that could fail, and an error outside of the tests
 * belongs to none: both count as a failure, as does a run that wrote no report or found no test.
 */
export function totalsOf(report: VitestReport | undefined, run: Run): Totals {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  const passed = report.numPassedTests
  const skipped = report.numPendingTests + report.numTodoTests
  const failed = report.numFailedTests + broken
  if (failed === 0 && (!run.success || passed + skipped === 0))
    return { passed, failed: 1, skipped }
  return run.mustNotSkip
    ? { passed, failed: failed + skipped, skipped: 0 }
    : { passed, failed, skipped }
}

/** Which suites were skipped, with the number of tests in each. */
export function skippedSuites(report: VitestReport): ReadonlyMap<string, number> {
  const suites = new Map<string, number>()
  for (const { assertionResults } of report.testResults) {
    for (const { status, ancestorTitles, title } of assertionResults) {
      if (status === 'passed' || status === 'failed') continue
      const suite = ancestorTitles[0] ?? title
      suites.set(suite, (suites.get(suite) ?? 0) + 1)
    }
  }
  return suites
}
