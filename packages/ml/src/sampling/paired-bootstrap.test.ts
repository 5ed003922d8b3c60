import { describe, expect, test } from 'vitest'
import { MlError } from '../ml-error.ts'
import { seededRandom } from '../random/random.ts'
import { pairedBootstrap } from './paired-bootstrap.ts'

const random = seededRandom(3)
const noise = Float64Array.from({ length: 400 }, () => random() - 0.5)
const lossA = noise.map((x) => 10 + x)
const options = { resamples: 1000, confidence: 0.95, seed: 1 }

describe('pairedBootstrap', () => {
  test('bounds a clear improvement away from zero', () => {
    const lossB = noise.map((x, i) => 9.5 + 0.9 * x + 0.01 * (i % 7))
    const result = pairedBootstrap(lossA, lossB, options)
    if (result.status !== 'ok') throw new Error('no result')
    expect(result.meanDifference).toBeCloseTo(result.meanA - result.meanB, 12)
    expect(result.interval[0]).toBeGreaterThan(0.4)
    expect(result.interval[0]).toBeLessThan(result.lowerBound)
    expect(result.lowerBound).toBeLessThan(result.meanDifference)
    expect(result.probabilityOfImprovement).toBe(1)
  })

  test('covers the truth about as often as it says', () => {
    const draw = seededRandom(11)
    let covered = 0
    for (let run = 0; run < 200; run++) {
      const a = Float64Array.from({ length: 60 }, () => draw())
      const b = Float64Array.from({ length: 60 }, () => draw())
      const result = pairedBootstrap(a, b, { resamples: 300, confidence: 0.9, seed: run })
      if (result.status === 'ok' && result.interval[0] <= 0 && result.interval[1] >= 0) covered++
    }
    expect(covered).toBeGreaterThan(165)
    expect(covered).toBeLessThan(195)
  })

  test('is determined by its seed and leaves the losses alone', () => {
    const [a, b] = [lossA.slice(), noise.slice()]
    const first = pairedBootstrap(a, b, options)
    expect(pairedBootstrap(a, b, options)).toEqual(first)
    expect(pairedBootstrap(a, b, { ...options, seed: 2 })).not.toEqual(first)
    expect([a, b]).toEqual([lossA, noise])
  })

  test('equal losses give even odds and a zero interval', () => {
    expect(pairedBootstrap(lossA, lossA, options)).toMatchObject({
      interval: [0, 0],
      probabilityOfImprovement: 0.5,
      effectSize: 0,
    })
  })

  test('widens for losses that come in runs when blocks are drawn', () => {
    const runs = Float64Array.from({ length: 480 }, (_, i) => Math.sin(i / 20))
    const zeros = new Float64Array(480)
    const width = (blockLength: number) => {
      const result = pairedBootstrap(runs, zeros, { ...options, blockLength })
      return result.status === 'ok' ? result.interval[1] - result.interval[0] : Number.NaN
    }
    expect(width(24)).toBeGreaterThan(2 * width(1))
  })

  test('refuses too few rows and impossible options', () => {
    expect(pairedBootstrap([1, 2], [1, 2], options)).toMatchObject({
      status: 'insufficient',
      have: 2,
      need: 10,
    })
    expect(() => pairedBootstrap(lossA, noise.slice(1), options)).toThrow(MlError)
    expect(() => pairedBootstrap(lossA, noise, { ...options, confidence: 1 })).toThrow(MlError)
    expect(() => pairedBootstrap(lossA, noise, { ...options, resamples: 0 })).toThrow(MlError)
  })
})
