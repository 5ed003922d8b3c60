import { describe, expect, it } from 'vitest'
import { categoricalColumn, numericColumn } from '../data/column.ts'
import { tableOf, takeRows } from '../data/table.ts'
import { restoreModel, trainers } from '../estimators/trainers.ts'
import { MlError } from '../ml-error.ts'
import { gradientBoosting } from './gradient-boosting.ts'
import type { BoostingOptions } from './options.ts'

const table = tableOf([
  numericColumn('x', [1, 2, 3, 4]),
  categoricalColumn('c', ['p', 'q', 'p', 'q']),
  numericColumn('y', [1, 2, 1, 3]),
  categoricalColumn('k', ['u', 'v', 'w', 'u']),
])

const messageOf = (attempt: () => unknown): string => {
  try {
    attempt()
  } catch (error) {
    if (!(error instanceof MlError)) throw error
    expect(error.hint.length).toBeGreaterThan(5)
    return error.message
  }
  throw new Error('nothing was thrown')
}

describe('bad input', () => {
  it.each<[string, () => unknown, string]>([
    ['no rows', () => gradientBoosting.fit(takeRows(table, []), 'y'), 'no rows'],
    ['no such target', () => gradientBoosting.fit(table, 'z'), "no column 'z'"],
    [
      'no such feature',
      () => gradientBoosting.fit(table, 'y', { features: ['z'] }),
      "no column 'z'",
    ],
    ['no features', () => gradientBoosting.fit(table, 'y', { features: [] }), 'no features'],
    ['a feature twice', () => gradientBoosting.fit(table, 'y', { features: ['x', 'x'] }), 'twice'],
    [
      'the target as feature',
      () => gradientBoosting.fit(table, 'y', { features: ['y'] }),
      'also the target',
    ],
    [
      'weights as feature',
      () => gradientBoosting.fit(table, 'y', { features: ['x'], weightColumn: 'x' }),
      'weights',
    ],
    [
      'text as weights',
      () => gradientBoosting.fit(table, 'y', { weightColumn: 'c' }),
      "weight column 'c'",
    ],
    [
      'negative weights',
      () =>
        gradientBoosting.fit(tableOf([...table.columns, numericColumn('w', [1, -1, 1, 1])]), 'y', {
          weightColumn: 'w',
        }),
      'row 1',
    ],
    [
      'zero weights',
      () =>
        gradientBoosting.fit(tableOf([...table.columns, numericColumn('w', [0, 0, 0, 0])]), 'y', {
          weightColumn: 'w',
        }),
      'only zeros',
    ],
    [
      'a count below zero',
      () =>
        gradientBoosting.fit(
          tableOf([numericColumn('x', [1, 2]), numericColumn('y', [1, -1])]),
          'y',
          {
            objective: 'poisson',
          },
        ),
      'negative',
    ],
    [
      'three classes for two',
      () => gradientBoosting.fit(table, 'k', { objective: 'binary-logloss' }),
      'the target has 3',
    ],
    ['a monotone category', () => gradientBoosting.fit(table, 'y', { monotone: { c: 1 } }), "'c'"],
    ['monotone classes', () => gradientBoosting.fit(table, 'k', { monotone: { x: 1 } }), "'x'"],
    [
      'nothing to hold out',
      () => gradientBoosting.fit(table, 'y', { earlyStopping: { rounds: 1, fraction: 0.01 } }),
      'hold out 0 of 4',
    ],
    [
      'log1p of classes',
      () => gradientBoosting.fit(table, 'k', { targetTransform: 'log1p' }),
      'targetTransform',
    ],
  ])('%s', (_, attempt, message) => {
    expect(messageOf(attempt)).toContain(message)
  })

  it.each<[string, BoostingOptions | Record<string, unknown>]>([
    ['iterations', { iterations: 0 }],
    ['learningRate', { learningRate: 0 }],
    ['learningRate', { learningRate: Number.NaN }],
    ['maxLeaves', { maxLeaves: 1 }],
    ['maxDepth', { maxDepth: 1.5 }],
    ['minSamplesLeaf', { minSamplesLeaf: 0 }],
    ['l2', { l2: -1 }],
    ['maxBins', { maxBins: 256 }],
    ['rowFraction', { rowFraction: 1.1 }],
    ['featureFraction', { featureFraction: 0 }],
    ['seed', { seed: 0.5 }],
    ['objective', { objective: 'huber' }],
    ['targetTransform', { targetTransform: 'sqrt' }],
    ['earlyStopping.rounds', { earlyStopping: { rounds: 0 } }],
    ['earlyStopping.fraction', { earlyStopping: { rounds: 1, fraction: 1 } }],
    ['trees', { trees: 3 }],
    ['l2', { l2: '1' }],
    ['iterations', { iterations: null }],
    ['monotone', { monotone: 'x' }],
    ['earlyStopping', { earlyStopping: 5 }],
    ['earlyStopping', { earlyStopping: { rounds: 5, patience: 1 } }],
    ['features', { features: 'x' }],
  ])('option %s of %o', (name, options) => {
    expect(messageOf(() => gradientBoosting.fit(table, 'y', options))).toContain(name.split('.')[0])
  })
})

describe('bad predictions and states', () => {
  const model = trainers['gradient-boosting'].fit(table, 'y', { minSamplesLeaf: 1, iterations: 2 })

  it('names an absent feature', () => {
    expect(messageOf(() => model.predict(tableOf([numericColumn('x', [1])])))).toContain("'c'")
  })

  it('refuses an unknown format and kind', () => {
    const state = model.toJSON()
    const changed = (change: object) => JSON.parse(JSON.stringify({ ...state, ...change }))
    expect(messageOf(() => restoreModel(changed({ format: 2 })))).toContain('format 2')
    expect(messageOf(() => restoreModel(changed({ kind: 'forest' })))).toContain("'forest'")
  })

  it('refuses a tree that leads back to its root', () => {
    const state = JSON.parse(JSON.stringify(model))
    state.parameters.rounds[0][0].nodes[0].left = 0
    expect(messageOf(() => restoreModel(state))).toContain('node 0')
  })
})
