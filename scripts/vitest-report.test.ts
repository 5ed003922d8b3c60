import { describe, expect, it } from 'vitest'
import { skippedSuites, totalsOf, type VitestReport } from './vitest-report.ts'

const green: VitestReport = {
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: [
    {
      status: 'passed',
      assertionResults: [
        { status: 'passed', ancestorTitles: ['window'], title: 'closes' },
        { status: 'skipped', ancestorTitles: ['store on PostgreSQL', 'paging'], title: 'first' },
        { status: 'skipped', ancestorTitles: ['store on PostgreSQL'], title: 'second' },
        { status: 'todo', ancestorTitles: [], title: 'restates' },
      ],
    },
  ],
}
const run = { success: true, mustNotSkip: false }

describe('totalsOf', () => {
  it('adds up a green run', () => {
    expect(totalsOf(green, run)).toEqual({ passed: 5, failed: 0, skipped: 3 })
  })

  it('counts skipped tests as failed where services are required', () => {
    expect(totalsOf(green, { ...run, mustNotSkip: true })).toEqual({
      passed: 5,
      failed: 3,
      skipped: 0,
    })
  })

  it('counts a file that cannot be loaded', () => {
    const broken = { ...green, testResults: [{ status: 'failed', assertionResults: [] }] }
    expect(totalsOf(broken, { ...run, success: false })).toEqual({
      passed: 5,
      failed: 1,
      skipped: 3,
    })
  })

  it('counts an error outside of the tests', () => {
    expect(totalsOf(green, { ...run, success: false }).failed).toBe(1)
  })

  it('fails without a report and without a test', () => {
    expect(totalsOf(undefined, run).failed).toBe(1)
    const nothing = { ...green, numPassedTests: 0, numPendingTests: 0, numTodoTests: 0 }
    expect(totalsOf(nothing, run).failed).toBe(1)
  })
})

describe('skippedSuites', () => {
  it('names each with the number of its tests', () => {
    expect([...skippedSuites(green)]).toEqual([
      ['store on PostgreSQL', 2],
      ['restates', 1],
    ])
  })
})
