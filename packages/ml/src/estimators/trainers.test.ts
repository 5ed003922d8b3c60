import { expect, it } from 'vitest'
import { numericColumn } from '../data/column.ts'
import { tableOf } from '../data/table.ts'
import { modelKinds } from './estimator.ts'
import { fitModel, trainers } from './trainers.ts'

const x = Array.from({ length: 60 }, (_, i) => i)
const table = tableOf([
  numericColumn('x', x),
  numericColumn(
    'y',
    x.map((value) => Number(value > 29)),
  ),
])

it.each(modelKinds)('trains a %s by name, on its own kind of target', (trainer) => {
  const model = fitModel({ trainer, table, target: 'y' })
  expect(trainers[trainer].kind).toBe(trainer)
  expect(model).toMatchObject({ kind: trainer, target: 'y', training: { rows: 60 } })
  expect(model.task).toBe(trainer === 'logistic' ? 'classification' : 'regression')
  expect(model.predict(table).task).toBe(model.task)
  expect(model.featureImportance()).toEqual([{ feature: 'x', importance: 1 }])
})

it('hands options on', () => {
  const options = { iterations: 3, targetTransform: 'log1p' }
  const model = fitModel({ trainer: 'gradient-boosting', table, target: 'y', options })
  expect(model.training.iterations).toBe(3)
})

it.each(['forest', 'toString', ''])('refuses the trainer %o', (trainer) => {
  expect(() => fitModel({ trainer, table, target: 'y' })).toThrow(`no trainer '${trainer}'`)
})
