import { describe, expect, it } from 'vitest'
import { checkRevision } from './database-schema.ts'

describe('the revision of a store', () => {
  it.each([
    ['2.0', '97727af70f4d'],
    ['2.22', '0584bdc529eb'],
    ['3.0', '400f98739977'],
    ['3.17', 'dc11669786a5'],
  ])('of MLflow %s is read', (_version, revision) => {
    expect(() => checkRevision([revision])).not.toThrow()
  })
  it.each([[[]], [['451aebb31d03']], [['ffffffffffff']], [['97727af70f4d', 'dc11669786a5']]])(
    'is refused where it is none of them: %j',
    (found) => {
      expect(() => checkRevision(found)).toThrow('those of MLflow 2.0 to 3.17 are read')
    },
  )
})
