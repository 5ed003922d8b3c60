import { describe, expect, test } from 'vitest'
import { averagePrecision } from '../metrics/index.ts'
import { requireOk } from '../outcome.ts'
import { seededRandom } from '../random/random.ts'
import { estimateCbpe, fitCbpe, realizedMetric, samplingError } from './index.ts'

const random = seededRandom(12)
const ROWS = 4000
const drawn = (rows: number) => {
  const score = Float64Array.from({ length: rows }, () => random())
  const label = score.map((s) => (random() < s ** 2 ? 1 : 0))
  return { label, score, isPredicted: score.map((s) => (s >= 0.5 ? 1 : 0)) }
}

describe('sampling errors', () => {
  test('of average precision is the spread that it has over samples of that size', () => {
    const size = 400
    const found = Array.from({ length: 300 }, () => {
      const { label, score } = drawn(size)
      return requireOk(averagePrecision(label, score)).averagePrecision
    })
    const mean = found.reduce((sum, value) => sum + value, 0) / found.length
    const spread = Math.sqrt(found.reduce((sum, v) => sum + (v - mean) ** 2, 0) / found.length)
    const error = samplingError('average_precision', drawn(ROWS), size)
    expect(error / spread).toBeGreaterThan(0.7)
    expect(error / spread).toBeLessThan(1.4)
  })

  test('grow as rows become fewer than those of a chunk', () => {
    const { label, score } = drawn(ROWS)
    const fit = requireOk(
      fitCbpe(label, score, { metric: 'recall', chunkSize: 1000, calibrate: false }),
    )
    const [whole, quarter] = [1000, 250].map((n) => requireOk(estimateCbpe(fit, score.slice(0, n))))
    expect(quarter!.samplingError).toBeCloseTo(2 * whole!.samplingError, 12)
    expect(quarter!.lowerConfidence).toBeLessThan(quarter!.value - 3 * whole!.samplingError)
  })
})

test('chunks of one class or one decision say nothing of precision and recall', () => {
  const score = [0.6, 0.7, 0.8]
  for (const metric of ['precision', 'recall', 'f1'] as const) {
    expect(realizedMetric(metric, [1, 0, 1], score, 0.5)).toBeNaN()
    expect(realizedMetric(metric, [1, 1, 1], [0.2, 0.7, 0.8], 0.5)).toBeNaN()
    expect(realizedMetric(metric, [1, 0, 1], [0.2, 0.7, 0.8], 0.5)).toBeGreaterThan(0)
  }
  expect(realizedMetric('accuracy', [1, 0, 1], score, 0.5)).toBeCloseTo(2 / 3, 12)
  expect(realizedMetric('average_precision', [1, 1, 1], score, 0.5)).toBe(1)
  expect(realizedMetric('average_precision', [0, 0, 0], score, 0.5)).toBeNaN()
})
