import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random/random.ts'
import { calibrateDetector, DETECTOR_NAMES } from './calibrate-detector.ts'

const random = seededRandom(8)
const bits = Float64Array.from({ length: 2000 }, () => (random() < 0.2 ? 1 : 0))
const numbers = Float64Array.from({ length: 2000 }, () => random() + random() + random())
const ofNumbers = new Set(['adwin', 'cusum', 'kswin', 'pageHinkley'])

/** ADWIN's bound is careful: below 2000 there is no setting. KSWIN is slow to run. */
const targets: Readonly<Record<string, readonly [target: number, runs: number]>> = {
  adwin: [3000, 12],
  kswin: [150, 6],
}

describe('calibrateDetector', () => {
  it.each(DETECTOR_NAMES)('%s runs as long as asked between false alarms', (name) => {
    const values = ofNumbers.has(name) ? numbers : bits
    const [target, runs] = targets[name] ?? [300, 20]
    const found = calibrateDetector(name, values, { target, runs, seed: 2 })
    expect(found.detector).toBe(name)
    expect(found.runLength.mean).toBeGreaterThanOrEqual(target)
    expect(found.runLength.mean).toBeLessThan(3 * target)
    expect(found.threshold).toBeGreaterThan(0)
  })
})
