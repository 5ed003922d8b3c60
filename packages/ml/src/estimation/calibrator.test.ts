import { describe, expect, test } from 'vitest'
import { directLossSamplingError, estimateCbpe, fitCbpe } from './index.ts'

const score = [0.1, 0.2, 0.3, 0.35, 0.5, 0.6, 0.65, 0.8, 0.9, 0.95]
const label = [0, 0, 1, 0, 0, 1, 0, 1, 1, 1]

describe('calibration by Platt', () => {
  const options = { metric: 'accuracy', chunkSize: 5, calibrate: true } as const

  test("expects the accuracy that scikit-learn's probabilities give", () => {
    const reference = fitCbpe(label, score, { ...options, calibrator: 'platt' })
    if (reference.status !== 'ok') throw new Error('no reference')
    // a and b of scikit-learn 1.9.1, _SigmoidCalibration().fit(score, label).
    expect(reference.calibration).toMatchObject({
      a: expect.closeTo(-3.627657674, 3),
      b: expect.closeTo(1.940011254, 3),
    })
    const kept = JSON.parse(JSON.stringify(reference)) as typeof reference
    expect(estimateCbpe(kept, score)).toMatchObject({ value: expect.closeTo(0.6924817114, 5) })
  })

  test('is isotonic unless asked, and refuses labels of one class', () => {
    expect(fitCbpe(label, score, options)).toMatchObject({
      calibration: { values: expect.anything() },
    })
    const ones = label.map(() => 1)
    expect(fitCbpe(ones, score, { ...options, calibrator: 'platt' })).toMatchObject({
      status: 'insufficient',
      what: 'rows of each class',
    })
  })
})

describe('the sampling error of an estimated loss', () => {
  const rows = { label: [1, 2, 3, 4, 5, 6], prediction: [1.1, 2.5, 2.7, 4.4, 4.5, 6.9] }

  test.each([
    ['mae', 0.034399612400917164],
    ['rmse', 0.03587324346365929],
  ] as const)('of %s is that of NumPy', (metric, expected) => {
    expect(directLossSamplingError(metric, rows, 50)).toEqual({
      status: 'ok',
      samplingError: expect.closeTo(expected, 12),
    })
  })

  test('is lacking without rows', () => {
    const none = { label: [], prediction: [] }
    expect(directLossSamplingError('mae', none, 50)).toMatchObject({ have: 0, need: 2 })
  })
})
