import { expect, it } from 'vitest'
import { coverage, INTERVALS } from './coverage.ts'
import { DETECTORS, healthyRun } from './false-alarms.ts'
import { GUARANTEES, rejectionRate } from './guarantees.ts'

const RUNS = 200
const chance = (share: number, runs = RUNS): number => 3 * Math.sqrt((share * (1 - share)) / runs)

it.each(Object.keys(GUARANTEES))('%s keeps its level where nothing differs', (name) => {
  const runs = Math.min(RUNS, GUARANTEES[name]?.most === 300 ? 60 : RUNS)
  expect(rejectionRate(name, 'null', runs)).toBeLessThanOrEqual(0.05 + chance(0.05, runs))
})

it.each(Object.keys(GUARANTEES))('%s sees its alternative', (name) => {
  expect(rejectionRate(name, 'alternative', 40)).toBeGreaterThan(0.4)
})

it.each(Object.entries(INTERVALS))('%s holds the truth as often as is known of it', (name, at) => {
  const runs = name.startsWith('bootstrap') ? 100 : RUNS
  expect(coverage(name, runs)).toBeGreaterThanOrEqual(at.least - chance(at.least, runs))
})

it.each(Object.keys(DETECTORS))('%s runs longer without a change than with one', (name) => {
  const { healthy, changed } = healthyRun(name, 15, 3000)
  expect(changed.unalarmed).toBe(0)
  expect(changed.median).toBeLessThan(healthy.median)
})
