import { expect, it } from 'vitest'
import { seededRandom } from '../random/random.ts'
import { cusum } from './cusum.ts'
import type { OnlineDetector } from './detector.ts'
import { calibrateRunLength, runLength } from './run-length.ts'

/** Alarms with a constant chance: its run length is geometric. */
const geometric = (chance: number): OnlineDetector<null> => ({
  name: 'geometric',
  update: (value) => (value < chance ? 'drift' : 'stable'),
  snapshot: () => null,
})

it('the run length of a constant chance of alarm is one over the chance', () => {
  const found = runLength(
    () => geometric(0.02),
    (random) => random(),
    { runs: 4000, seed: 1 },
  )
  expect(Math.abs(found.mean - 50)).toBeLessThan(3)
  expect(Math.abs(found.median - Math.log(2) / 0.02)).toBeLessThan(3)
  expect(
    runLength(
      () => geometric(0),
      (random) => random(),
      { runs: 3, limit: 9 },
    ),
  ).toMatchObject({
    mean: 9,
    unalarmed: 3,
  })
})

it('a calibrated CUSUM keeps the asked time between false alarms, and sees a shift long before', () => {
  const random = seededRandom(5)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const values = Float64Array.from({ length: 3000 }, normal)
  const make = (h: number) => cusum({ h, warmUp: 100 })
  const { threshold, runLength: found } = calibrateRunLength(make, values, {
    target: 500,
    range: [1, 20],
    runs: 100,
    seed: 3,
  })
  expect(found.mean).toBeGreaterThanOrEqual(500)
  expect(found.mean).toBeLessThan(600)
  const shifted = runLength(
    () => make(threshold),
    (draw, i) => values[Math.floor(draw() * values.length)]! + (i < 150 ? 0 : 1.5),
    { runs: 100, seed: 4 },
  )
  expect(shifted.median).toBeLessThan(170)
})

it('refuses a target that the range does not reach', () => {
  const options = { target: 10, range: [0.1, 0.2], runs: 5 } as const
  expect(() => calibrateRunLength(geometric, Float64Array.of(0.5), options)).toThrow('not 10')
})
