import { describe, expect, it } from 'vitest'
import { categoricalColumn, numericColumn } from '../data/column.ts'
import { type Table, tableOf, takeRows } from '../data/table.ts'
import { restoreModel, trainers } from '../estimators/trainers.ts'
import { seededRandom } from '../random/random.ts'
import { solveSymmetric } from './cholesky.ts'
import { minimiseByLbfgs } from './lbfgs.ts'
import { minimiseByNewton } from './newton.ts'

/** Forty rows by formula, so that the reference below can make them too; float32 like any feature. */
const rows = Array.from({ length: 40 }, (_, i) => i)
const features = [
  rows.map((i) => Math.sin(i)),
  rows.map((i) => Math.cos(1.7 * i)),
  rows.map((i) => ((i * 7) % 11) / 5),
]
const y = rows.map(
  (i) =>
    2 * features[0]![i]! - features[1]![i]! + 0.5 * features[2]![i]! + 3 + 0.3 * Math.sin(5 * i),
)
const median = (y.toSorted((a, b) => a - b)[19]! + y.toSorted((a, b) => a - b)[20]!) / 2
const table = tableOf([
  ...features.map((values, i) => numericColumn(`x${i}`, values)),
  numericColumn('y', y),
  numericColumn(
    'above',
    y.map((value) => Number(value > median)),
  ),
  numericColumn(
    'third',
    y.map((value) => (value < 2.2 ? 0 : value < 4.2 ? 1 : 2)),
  ),
  numericColumn(
    'w',
    rows.map((i) => 1 + (i % 3)),
  ),
])
const common = { features: ['x0', 'x1', 'x2'], scale: 'none' } as const

const numbersOf = (model: {
  predict(table: Table): ReturnType<ReturnType<typeof restoreModel>['predict']>
}) => {
  const prediction = model.predict(table)
  return prediction.task === 'regression' ? prediction.values : prediction.probabilities
}

describe('ridge regression', () => {
  it('agrees with scikit-learn 1.9.1, weights included', () => {
    const model = trainers.linear.fit(table, 'y', { ...common, l2: 2.5, weightColumn: 'w' })
    const expected = [2.0944089753531046, 5.430048694230578, 5.932337294279704]
    for (const [row, value] of expected.entries()) {
      expect(numbersOf(model)[row]).toBeCloseTo(value, 6)
    }
  })

  it('does not depend on scaling without a penalty', () => {
    const plain = trainers.linear.fit(table, 'y', { ...common, l2: 0 })
    const scaled = trainers.linear.fit(table, 'y', { ...common, scale: 'standard', l2: 0 })
    for (const [row, value] of numbersOf(plain).entries()) {
      expect(numbersOf(scaled)[row]).toBeCloseTo(value, 10)
    }
  })

  it('refuses dependent features without a penalty, and takes them with one', () => {
    const doubled = tableOf([...table.columns, numericColumn('again', features[0]!)])
    const names = ['x0', 'again']
    expect(() => trainers.linear.fit(doubled, 'y', { features: names, l2: 0 })).toThrow(
      'depend on each other',
    )
    const ranking = trainers.linear
      .fit(doubled, 'y', { features: names, l2: 1 })
      .featureImportance()
    expect(ranking[0]?.importance).toBeCloseTo(0.5, 10)
  })

  it('undoes log1p of the target', () => {
    const grown = tableOf([
      numericColumn('x', rows),
      numericColumn(
        'y',
        rows.map((i) => Math.expm1(0.1 * i + 1)),
      ),
    ])
    const model = trainers.linear.fit(grown, 'y', { targetTransform: 'log1p', l2: 0 })
    const prediction = model.predict(grown)
    if (prediction.task !== 'regression') throw new Error('expected a regression')
    for (const [i, value] of prediction.values.entries()) {
      expect(value / Math.expm1(0.1 * i + 1)).toBeCloseTo(1, 8)
    }
  })
})

describe('logistic regression', () => {
  it('agrees with scikit-learn 1.9.1 on two classes, weights included', () => {
    const model = trainers.logistic.fit(table, 'above', {
      ...common,
      l2: 0.7,
      weightColumn: 'w',
      tolerance: 1e-10,
    })
    const expected = [0.16915349751975453, 0.9699175599521712, 0.977972868202248]
    for (const [row, value] of expected.entries()) {
      expect(numbersOf(model)[2 * row + 1]).toBeCloseTo(value, 6)
    }
  })

  it('agrees with scikit-learn 1.9.1 on three classes', () => {
    const model = trainers.logistic.fit(table, 'third', { ...common, l2: 0.7, tolerance: 1e-10 })
    const expected = [
      [0.7158743580386288, 0.23835947938141802, 0.04576616257995328],
      [0.005744192263997364, 0.18828116116164154, 0.8059746465743611],
      [0.0005034754691646769, 0.04417637294463915, 0.9553201515861961],
      [0.13408862644080238, 0.693529480724746, 0.1723818928344516],
    ].flat()
    for (const [at, value] of expected.entries()) {
      expect(numbersOf(model)[at]).toBeCloseTo(value, 6)
    }
  })

  it('counts a row of weight two like two rows', () => {
    const twice = rows.flatMap((row) => Array<number>(1 + (row % 3)).fill(row))
    const weighted = trainers.logistic.fit(table, 'above', { ...common, weightColumn: 'w' })
    const repeated = trainers.logistic.fit(takeRows(table, twice), 'above', common)
    for (const [at, value] of numbersOf(repeated).entries()) {
      expect(numbersOf(weighted)[at]).toBeCloseTo(value, 6)
    }
  })

  it('finds the same model by L-BFGS when there are too many parameters for Newton', () => {
    const random = seededRandom(2)
    const many = Array.from({ length: 1200 }, (_, i) => `k${i % 600}`)
    const labels = many.map((_, i) => Number(random() < (i % 600) / 600))
    const wide = tableOf([categoricalColumn('c', many), numericColumn('k', labels)])
    const train = (l2: number) => trainers.logistic.fit(wide, 'k', { l2, features: ['c'] })
    // 600 columns: Newton. The same rows as three classes: 1803 parameters, L-BFGS.
    expect(train(1).training.iterations).toBeLessThan(15)
    const three = tableOf([
      categoricalColumn('c', many),
      numericColumn(
        'k',
        labels.map((label, i) => (i === 0 ? 2 : label)),
      ),
    ])
    const prediction = trainers.logistic.fit(three, 'k', { l2: 1 }).predict(three)
    if (prediction.task !== 'classification') throw new Error('expected classes')
    // With a free intercept, probabilities match the shares of the classes on average.
    let share = 0
    for (let row = 0; row < 1200; row++) share += prediction.probabilities[row * 3 + 1]! / 1200
    const actual = labels.reduce((sum, label, i) => sum + (i === 0 ? 0 : label), 0) / 1200
    expect(share).toBeCloseTo(actual, 4)
  })

  it('says so when it does not converge', () => {
    expect(() => trainers.logistic.fit(table, 'third', { ...common, maxIterations: 1 })).toThrow(
      'did not converge in 1',
    )
  })

  it('survives JSON', () => {
    const model = trainers.logistic.fit(table, 'third', common)
    const restored = restoreModel(JSON.parse(JSON.stringify(model)))
    expect(restored.toOnnx()).toEqual(model.toOnnx())
    expect(numbersOf(restored)).toEqual(numbersOf(model))
  })

  it.each([
    ['l2', { l2: -1 }],
    ['tolerance', { tolerance: 0 }],
    ['impute', { impute: 'mode' }],
    ['impute', { impute: { constant: 'x' } }],
    ['scale', { scale: { constant: 1 } }],
    ['encode', { encode: 'hash' }],
    ['trees', { trees: 1 }],
  ])('refuses option %s of %o', (name, options) => {
    expect(() => trainers.logistic.fit(table, 'above', options as object)).toThrow(`'${name}'`)
  })
})

describe('solvers', () => {
  it('solve a symmetric system, and see one that has no solution', () => {
    const solution = solveSymmetric(Float64Array.of(4, 0, 2, 3), Float64Array.of(8, 7))
    expect(solution?.[0]).toBeCloseTo(1.25, 12)
    expect(solution?.[1]).toBeCloseTo(1.5, 12)
    expect(solveSymmetric(Float64Array.of(1, 0, 1, 1), Float64Array.of(1, 1))).toBeNull()
  })

  it('find the same minimum of a narrow valley', () => {
    const objective = (point: Float64Array, gradient: Float64Array): number => {
      const [a, b] = [point[0]! - 3, point[1]! + 1]
      gradient[0] = 4 * a ** 3 + a + 0.5 * b
      gradient[1] = 200 * b + 0.5 * a
      return a ** 4 + a ** 2 / 2 + 100 * b ** 2 + 0.5 * a * b
    }
    const start = new Float64Array(2)
    const stop = { tolerance: 1e-9, maxIterations: 200 }
    const byLbfgs = minimiseByLbfgs(objective, start, {
      ...stop,
      preconditioner: Float64Array.of(1, 1),
    })
    const curvature = (point: Float64Array, hessian: Float64Array): void => {
      hessian.set([12 * (point[0]! - 3) ** 2 + 1, 0, 0.5, 200])
    }
    const byNewton = minimiseByNewton(objective, curvature, start, stop)
    for (const found of [byLbfgs, byNewton]) {
      expect(found.converged).toBe(true)
      expect(found.point[0]).toBeCloseTo(3, 7)
      expect(found.point[1]).toBeCloseTo(-1, 7)
    }
    expect(start).toEqual(new Float64Array(2))
  })
})
