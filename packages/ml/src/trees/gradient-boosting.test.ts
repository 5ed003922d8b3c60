import { describe, expect, it } from 'vitest'
import { type Column, categoricalColumn, numericColumn } from '../data/column.ts'
import { type Table, tableOf, takeRows } from '../data/table.ts'
import type { FittedModel } from '../estimators/estimator.ts'
import { restoreModel } from '../estimators/trainers.ts'
import { permutation, type Random, seededRandom } from '../random/random.ts'
import { gradientBoosting } from './gradient-boosting.ts'

const uniform = (rows: number, random: Random): Float64Array =>
  Float64Array.from({ length: rows }, random)

/** Two numbers, one with gaps, a category, and a target that depends on all of them. */
const makeTable = (rows: number, seed = 1): Table => {
  const random = seededRandom(seed)
  const [a, b] = [uniform(rows, random), uniform(rows, random)]
  const kinds = ['p', 'q', 'r', 's', 't', 'u']
  const category = Array.from(a, () => kinds[Math.floor(random() * kinds.length)]!)
  const y = a.map((value, row) => {
    const effect = { p: 0, q: 3, r: -2, s: 1, t: 4, u: -1 }[category[row]!]!
    return 4 * value + Math.sin(6 * b[row]!) + effect + 0.2 * random()
  })
  const gappy = b.map((value) => (random() < 0.1 ? Number.NaN : value))
  return tableOf([
    numericColumn('a', a),
    numericColumn('b', gappy),
    categoricalColumn('c', category),
    numericColumn('y', y),
  ])
}

const valuesOf = (model: FittedModel, table: Table): Float64Array => {
  const prediction = model.predict(table)
  if (prediction.task !== 'regression') throw new Error('expected a regression')
  return prediction.values
}

const withColumn = (table: Table, column: Column): Table => tableOf([...table.columns, column])

const table = makeTable(800)
const options = { iterations: 20, minSamplesLeaf: 5 }

describe('gradient boosting', () => {
  it('learns numbers, gaps and categories', () => {
    const fresh = makeTable(400, 2)
    const predicted = valuesOf(gradientBoosting.fit(table, 'y', { iterations: 100 }), fresh)
    const actual = fresh.columns[3]!
    if (actual.kind !== 'numeric') throw new Error('expected numbers')
    const mean =
      Float64Array.from(actual.values).reduce((sum, value) => sum + value, 0) / fresh.rowCount
    let [residual, total] = [0, 0]
    predicted.forEach((value, row) => {
      residual += (value - actual.values[row]!) ** 2
      total += (actual.values[row]! - mean) ** 2
    })
    expect(1 - residual / total).toBeGreaterThan(0.97)
  })

  it('gives the same model under the same seed and another under another', () => {
    const train = (seed: number): string =>
      JSON.stringify(
        gradientBoosting.fit(table, 'y', {
          ...options,
          seed,
          rowFraction: 0.7,
          featureFraction: 0.7,
        }),
      )
    expect(train(1)).toBe(train(1))
    expect(train(1)).not.toBe(train(2))
  })

  it('chooses the same splits whatever the order of rows', () => {
    const shuffled = takeRows(table, permutation(table.rowCount, seededRandom(3)))
    const straight = valuesOf(gradientBoosting.fit(table, 'y', options), table)
    const other = valuesOf(gradientBoosting.fit(shuffled, 'y', options), table)
    for (const [row, value] of straight.entries()) expect(other[row]).toBeCloseTo(value, 10)
  })

  it('leaves its input as it was', () => {
    const before = structuredClone(table)
    valuesOf(gradientBoosting.fit(table, 'y', options), table)
    expect(table).toEqual(before)
  })

  it('predicts by column name, not position, and ignores further columns', () => {
    const model = gradientBoosting.fit(table, 'y', options)
    const turned = tableOf(table.columns.toReversed())
    expect(valuesOf(model, turned)).toEqual(valuesOf(model, table))
    expect(valuesOf(model, takeRows(table, []))).toHaveLength(0)
  })

  it('counts a row of weight two like two rows', () => {
    const random = seededRandom(8)
    const weights = Float64Array.from(
      { length: table.rowCount },
      () => 1 + Math.floor(random() * 2),
    )
    const twice = Array.from(weights).flatMap((weight, row) => (weight === 2 ? [row, row] : [row]))
    // Bins of the few distinct numbers and no row counts: then only weights make a difference.
    const coarse = tableOf(
      table.columns.map((column) =>
        column.kind === 'numeric' && column.name !== 'y'
          ? numericColumn(
              column.name,
              column.values.map((value) => Math.round(value * 50)),
            )
          : column,
      ),
    )
    const free = { iterations: 20, minSamplesLeaf: 1, categorySmoothing: 0, maxLeaves: 8 }
    const weighted = gradientBoosting.fit(withColumn(coarse, numericColumn('w', weights)), 'y', {
      ...free,
      weightColumn: 'w',
    })
    const repeated = gradientBoosting.fit(takeRows(coarse, twice), 'y', free)
    const expected = valuesOf(repeated, coarse)
    for (const [row, value] of valuesOf(weighted, coarse).entries()) {
      expect(value).toBeCloseTo(expected[row]!, 6)
    }
    const ignored = valuesOf(gradientBoosting.fit(coarse, 'y', free), coarse)
    expect(ignored.some((value, row) => Math.abs(value - expected[row]!) > 1e-3)).toBe(true)
  })

  it('keeps every leaf at minSamplesLeaf rows and every tree at maxLeaves and maxDepth', () => {
    const model = gradientBoosting.fit(table, 'y', {
      iterations: 1,
      minSamplesLeaf: 30,
      maxDepth: 3,
    })
    const counts = new Map<number, number>()
    for (const value of valuesOf(model, table)) counts.set(value, (counts.get(value) ?? 0) + 1)
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(30)
    expect(counts.size).toBeGreaterThan(4)
    expect(counts.size).toBeLessThanOrEqual(8)
    const small = gradientBoosting.fit(table, 'y', { iterations: 1, maxLeaves: 3 })
    expect(new Set(valuesOf(small, table)).size).toBe(3)
  })

  it('splits the leaf that gains most first', () => {
    const group = Float64Array.from({ length: 200 }, (_, row) => row % 4)
    const steps = tableOf([
      numericColumn('x', group),
      numericColumn(
        'y',
        group.map((g) => [0, 0.1, 10, 20][g]!),
      ),
    ])
    const once = { iterations: 1, learningRate: 1, maxLeaves: 3 }
    const values = valuesOf(gradientBoosting.fit(steps, 'y', once), takeRows(steps, [0, 1, 2, 3]))
    for (const [row, value] of [0.05, 0.05, 10, 20].entries())
      expect(values[row]).toBeCloseTo(value, 9)
  })

  it('keeps the scores of rows that a tree did not see up to date', () => {
    const model = gradientBoosting.fit(table, 'y', { iterations: 60, rowFraction: 0.3, seed: 5 })
    const { values } = table.columns[3] as { values: Float64Array }
    const predicted = valuesOf(model, table)
    const error = values.reduce((sum, y, row) => sum + (y - predicted[row]!) ** 2, 0) / 800
    expect(error).toBeLessThan(0.25)
  })

  it('survives JSON', () => {
    const model = gradientBoosting.fit(table, 'y', options)
    const restored = restoreModel(JSON.parse(JSON.stringify(model)))
    expect(valuesOf(restored, table)).toEqual(valuesOf(model, table))
    expect(restored.toOnnx()).toEqual(model.toOnnx())
    expect(restored.featureImportance()).toEqual(model.featureImportance())
  })

  it('ranks features by what they explain', () => {
    const noisy = withColumn(table, numericColumn('noise', uniform(800, seededRandom(77))))
    const ranking = gradientBoosting.fit(noisy, 'y', options).featureImportance()
    expect(ranking.map(({ feature }) => feature)).toEqual(['c', 'a', 'b', 'noise'])
    expect(ranking.reduce((sum, { importance }) => sum + importance, 0)).toBeCloseTo(1, 12)
  })
})

describe('missing values', () => {
  const random = seededRandom(4)
  const x = Float64Array.from({ length: 300 }, (_, row) => (row % 3 === 0 ? Number.NaN : random()))
  const fitWith = (missingTarget: number): Float64Array => {
    const y = x.map((value) => (Number.isNaN(value) ? missingTarget : Number(value > 0.5)))
    const train = tableOf([numericColumn('x', x), numericColumn('y', y)])
    const model = gradientBoosting.fit(train, 'y', { iterations: 200, maxLeaves: 2 })
    return valuesOf(model, tableOf([numericColumn('x', [0.1, 0.9, Number.NaN])]))
  }

  it('go with the rows below the cut when they are like them', () => {
    const [low, high, missing] = fitWith(0)
    expect(missing).toBeCloseTo(low!, 6)
    expect(high! - missing!).toBeGreaterThan(0.9)
  })

  it('go with the rows above the cut when they are like those', () => {
    const [low, high, missing] = fitWith(1)
    expect(missing).toBeCloseTo(high!, 6)
    expect(missing! - low!).toBeGreaterThan(0.9)
  })

  it('are split from all others when they are like neither', () => {
    const [low, high, missing] = fitWith(5)
    expect(missing).toBeGreaterThan(4.9)
    expect(low).toBeLessThan(0.1)
    expect(high).toBeGreaterThan(0.9)
  })
})

describe('monotone constraints', () => {
  const random = seededRandom(6)
  const [x, z] = [uniform(900, random), uniform(900, random)]
  const y = x.map(
    (value, row) => Math.sin(9 * value) + 3 * value * (z[row]! - 0.3) + 0.3 * random(),
  )
  const train = tableOf([numericColumn('x', x), numericColumn('z', z), numericColumn('y', y)])

  /** Differences of predictions along x, at each of many z. */
  const stepsOf = (monotone: Record<string, 1 | -1 | 0>): number[] => {
    const model = gradientBoosting.fit(train, 'y', {
      monotone,
      minSamplesLeaf: 5,
      learningRate: 0.5,
    })
    return Array.from({ length: 41 }, (_, i) => i / 40).flatMap((height) => {
      const along = tableOf([
        numericColumn(
          'x',
          Array.from({ length: 101 }, (_, i) => i / 100),
        ),
        numericColumn('z', new Float64Array(101).fill(height)),
      ])
      const values = valuesOf(model, along)
      return Array.from(values.subarray(1), (value, i) => value - values[i]!)
    })
  }

  it('hold everywhere, in both directions, and only when asked for', () => {
    expect(Math.min(...stepsOf({ x: 1 }))).toBeGreaterThanOrEqual(-1e-12)
    expect(Math.max(...stepsOf({ x: 1 }))).toBeGreaterThan(0)
    expect(Math.max(...stepsOf({ x: -1 }))).toBeLessThanOrEqual(1e-12)
    expect(Math.min(...stepsOf({ z: 1 }))).toBeLessThan(-0.1)
  })
})

describe('early stopping', () => {
  const noise = tableOf([
    numericColumn('x', uniform(500, seededRandom(1))),
    numericColumn('y', uniform(500, seededRandom(2))),
  ])

  it('stops on noise and keeps the best length', () => {
    const model = gradientBoosting.fit(noise, 'y', {
      iterations: 500,
      earlyStopping: { rounds: 5 },
    })
    const { validationLoss, iterations, rows } = model.training
    expect(rows).toBe(450)
    expect(validationLoss.length).toBe(iterations + 5)
    expect(validationLoss.length).toBeLessThan(100)
    if (iterations > 0) expect(validationLoss[iterations - 1]).toBe(Math.min(...validationLoss))
  })

  it('reports each iteration', () => {
    const seen: (number | null)[][] = []
    const onIteration = (...call: [number, number | null]): void => {
      seen.push(call)
    }
    const { training } = gradientBoosting.fit(table, 'y', {
      iterations: 3,
      earlyStopping: { rounds: 9 },
      onIteration,
    })
    expect(seen).toEqual(training.validationLoss.map((loss, i) => [i + 1, loss]))
    expect(seen).toHaveLength(3)
    gradientBoosting.fit(table, 'y', { iterations: 1, onIteration })
    expect(seen.at(-1)).toEqual([1, null])
  })

  it('follows a given validation table', () => {
    const validation = makeTable(300, 9)
    const model = gradientBoosting.fit(table, 'y', {
      iterations: 40,
      earlyStopping: { rounds: 40, validation },
    })
    const { values } = validation.columns[3] as { values: Float64Array }
    const predicted = valuesOf(model, validation)
    const loss = values.reduce((sum, y, row) => sum + (y - predicted[row]!) ** 2, 0) / 600
    expect(model.training.validationLoss[model.training.iterations - 1]).toBeCloseTo(loss, 10)
    expect(model.training.rows).toBe(800)
  })
})

describe('classification', () => {
  const random = seededRandom(12)
  const x = uniform(900, random)
  const label = Array.from(x, (value) => {
    const noisy = value + 0.05 * random()
    return noisy < 0.3 ? 'low' : noisy < 0.7 ? 'mid' : 'top'
  })

  it('gives each row probabilities that sum to 1, and the likeliest label', () => {
    const train = tableOf([numericColumn('x', x), categoricalColumn('y', label)])
    const prediction = gradientBoosting.fit(train, 'y', { iterations: 30 }).predict(train)
    if (prediction.task !== 'classification') throw new Error('expected classes')
    expect(prediction.classes).toEqual(['low', 'mid', 'top'])
    let hits = 0
    label.forEach((actual, row) => {
      const row3 = prediction.probabilities.subarray(row * 3, row * 3 + 3)
      expect(row3[0]! + row3[1]! + row3[2]!).toBeCloseTo(1, 12)
      expect(prediction.labels[row]).toBe(row3.indexOf(Math.max(...row3)))
      if (prediction.classes[prediction.labels[row]!] === actual) hits++
    })
    expect(hits / 900).toBeGreaterThan(0.93)
  })

  it('learns integer labels and keeps them', () => {
    const y = x.map((value) => (value > 0.5 ? 7 : -2))
    const train = tableOf([numericColumn('x', x), numericColumn('y', y)])
    const model = gradientBoosting.fit(train, 'y', { objective: 'binary-logloss' })
    const prediction = model.predict(tableOf([numericColumn('x', [0.1, 0.9])]))
    expect(prediction).toMatchObject({ classes: [-2, 7], labels: Int32Array.of(0, 1) })
  })

  it('survives a class that only held-out rows have', () => {
    const rare = tableOf([
      numericColumn('x', x.slice(0, 40)),
      categoricalColumn('y', [...Array<string>(39).fill('common'), 'rare']),
    ])
    for (let seed = 0; seed < 20; seed++) {
      const earlyStopping = { rounds: 2, fraction: 0.3 }
      const model = gradientBoosting.fit(rare, 'y', { iterations: 3, seed, earlyStopping })
      expect(model.training.validationLoss.every(Number.isFinite)).toBe(true)
      const prediction = model.predict(rare)
      if (prediction.task !== 'classification') throw new Error('expected classes')
      expect(prediction.probabilities.every(Number.isFinite)).toBe(true)
    }
  })

  it('stays finite when it can separate the classes for ever', () => {
    const coarse = x.map((value) => Math.round(value * 100))
    const y = Array.from(coarse, (value) => (value > 50 ? 'yes' : 'no'))
    const train = tableOf([numericColumn('x', coarse), categoricalColumn('y', y)])
    for (const objective of ['binary-logloss', 'softmax'] as const) {
      const endless = { iterations: 400, learningRate: 1, minSamplesLeaf: 1, minHessianLeaf: 1e-9 }
      const prediction = gradientBoosting.fit(train, 'y', { ...endless, objective }).predict(train)
      if (prediction.task !== 'classification') throw new Error('expected classes')
      expect(prediction.probabilities.every(Number.isFinite)).toBe(true)
      expect(Array.from(prediction.labels, (at) => prediction.classes[at])).toEqual(y)
    }
  })

  it('learns counts on a log scale, never below zero', () => {
    const counts = x.map((value) => Math.floor(Math.exp(3 * value) * random()))
    const train = tableOf([numericColumn('x', x), numericColumn('n', counts)])
    const values = valuesOf(gradientBoosting.fit(train, 'n', { objective: 'poisson' }), train)
    const sum = (numbers: Float64Array): number =>
      numbers.reduce((total, value) => total + value, 0)
    expect(Math.min(...values)).toBeGreaterThan(0)
    expect(sum(values) / sum(counts)).toBeCloseTo(1, 2)
  })
})
