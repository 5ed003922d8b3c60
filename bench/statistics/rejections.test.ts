import { expect, it } from 'vitest'
import { rejections, SCENARIOS, TESTS } from './rejections.ts'

const tests = Object.keys(TESTS) as (keyof typeof TESTS)[]
const scenarios = Object.keys(SCENARIOS) as (keyof typeof SCENARIOS)[]
const RUNS = 150
/** Five per cent, and three standard deviations of chance. */
const MOST = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / RUNS)

it.each(tests)('%s keeps its level under the null', (test) => {
  for (const scenario of scenarios.filter((name) => name.startsWith('same'))) {
    const share = rejections(test, scenario, RUNS)
    // It takes the reference for the truth, which a sample of the same size is not.
    if (test === 'chi-square, reference exact') continue
    // Anderson-Darling's tabulated levels are for values without ties.
    if (test === 'anderson-darling' && scenario === 'sameTied') continue
    if (share !== null) expect(share, scenario).toBeLessThanOrEqual(MOST)
  }
})

it.each(tests)('%s sees the alternative that it is for', (test) => {
  const shares = ['shifted', 'otherShare'] as const
  const power = Math.max(...shares.map((scenario) => rejections(test, scenario, RUNS) ?? 0))
  // A linear pass over 50 pairs sees little; it is for samples that no matrix of all pairs can hold. Descriptors are many tests at once.
  const least = { 'mmd, linear time': 0.07, 'text descriptors': 0.02 }[test as string] ?? 0.2
  expect(power).toBeGreaterThan(least)
})
