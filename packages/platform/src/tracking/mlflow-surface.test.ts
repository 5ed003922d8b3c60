import { KaizenError } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import { mlflowErrors } from './mlflow-surface.ts'

it.each([
  ['there is no model "x"', 'there is no model "x". List the models.'],
  ['Which model?', 'Which model? List the models.'],
])('the way out follows %s as a sentence of its own', (message, told) => {
  const error = new KaizenError('NOT_FOUND', message, { hint: 'List the models.' })
  expect(mlflowErrors(error, 'req')).toEqual({
    status: 404,
    body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: told },
  })
})
