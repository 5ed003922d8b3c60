import { describe, expect, test } from 'vitest'
import { MlError } from '../ml-error.ts'
import { seededRandom } from '../random/random.ts'
import {
  coMomentsFromJson,
  coMomentsOf,
  correlationMatrix,
  covarianceMatrix,
  mergeCoMoments,
} from './co-moments.ts'

// numpy.cov and numpy.corrcoef of the three columns.
const columns = [
  [1, 2, 3, 4, 7],
  [2, 1, 4, 3, 9],
  [5, 5, 1, 2, 0],
]
const COVARIANCE = [5.3, 6.6, -4.55, 6.6, 9.7, -6.1, -4.55, -6.1, 5.3]
const CORRELATION = [0.9204922441828913, -0.858490566037736, -0.850757983259945]

const matrixOf = (found: ReturnType<typeof covarianceMatrix | typeof correlationMatrix>) => {
  if (found.status !== 'ok') throw new Error('no matrix')
  return found.matrix
}

describe('co-moments', () => {
  test('give the covariances and correlations of NumPy', () => {
    const found = coMomentsOf(columns)
    matrixOf(covarianceMatrix(found)).forEach((value, k) => {
      expect(value).toBeCloseTo(COVARIANCE[k]!, 12)
    })
    const r = matrixOf(correlationMatrix(found))
    expect([r[1], r[2], r[5]]).toEqual(CORRELATION.map((value) => expect.closeTo(value, 12)))
    expect([r[0], r[4], r[8]]).toEqual([1, 1, 1].map((one) => expect.closeTo(one, 12)))
  })

  test('of parts merge to those of the whole, in any order, also far from zero', () => {
    const random = seededRandom(5)
    const x = Float64Array.from({ length: 9000 }, () => 1e9 + random())
    const y = x.map((value) => 2 * (value - 1e9) + random() * (random() < 0.01 ? Number.NaN : 1))
    const part = (from: number, to: number) => coMomentsOf([x.slice(from, to), y.slice(from, to)])
    const whole = coMomentsOf([x, y])
    const parts = [part(0, 10), part(10, 4000), part(4000, 9000)] as const
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
    ]) {
      const merged = order.map((i) => parts[i]!).reduce(mergeCoMoments)
      expect([merged.rows, merged.incomplete]).toEqual([whole.rows, whole.incomplete])
      expect(matrixOf(correlationMatrix(merged))[1]).toBeCloseTo(
        matrixOf(correlationMatrix(whole))[1]!,
        9,
      )
    }
    expect(whole.incomplete).toBeGreaterThan(10)
  })

  test('are read back, and refused of another version', () => {
    const json = { kind: 'co-moments', version: 1, ...coMomentsOf(columns) } as const
    expect(coMomentsFromJson(JSON.parse(JSON.stringify(json)))).toEqual(coMomentsOf(columns))
    expect(() => coMomentsFromJson({ ...json, version: 2 as never })).toThrow(MlError)
    expect(() => coMomentsFromJson({ ...json, products: [1] })).toThrow(MlError)
  })

  test('say what is lacking', () => {
    expect(covarianceMatrix(coMomentsOf([[1], [2]]))).toMatchObject({ have: 1, need: 2 })
    expect(correlationMatrix(coMomentsOf([[Number.NaN], [2]]))).toMatchObject({ have: 0 })
    expect(
      matrixOf(
        correlationMatrix(
          coMomentsOf([
            [1, 1],
            [1, 2],
          ]),
        ),
      )[1],
    ).toBeNull()
    expect(() => coMomentsOf([[1], [1, 2]])).toThrow('1 and 2 rows')
    expect(() => mergeCoMoments(coMomentsOf([[1]]), coMomentsOf([[1], [2]]))).toThrow('columns')
  })
})
