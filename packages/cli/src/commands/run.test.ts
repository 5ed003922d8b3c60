import { describe, expect, it } from 'vitest'
import { paramsOf } from './run.ts'

const pipeline = {
  name: 'fit',
  params: {
    trainFrom: { type: 'timestamp' },
    trainTo: { type: 'timestamp' },
    depth: { type: 'integer' },
  },
} as const

describe('parameters of a run', () => {
  it('are all rows where the training window is not told', () => {
    expect(paramsOf(pipeline, [])).toEqual({ trainFrom: 0, trainTo: 8.64e15 })
  })

  it('are milliseconds where a time is told in words', () => {
    expect(
      paramsOf(pipeline, ['trainFrom=2011-01-01', 'trainTo=1301616000000', 'depth=3']),
    ).toEqual({
      trainFrom: Date.UTC(2011, 0, 1),
      trainTo: 1_301_616_000_000,
      depth: 3,
    })
  })

  it('leave a default of the pipeline alone', () => {
    const withDefault = {
      ...pipeline,
      params: { trainFrom: { type: 'timestamp', default: 7 } },
    } as const
    expect(paramsOf(withDefault, [])).toEqual({})
  })

  it.each([
    [['trainFrom=soon'], /is not a time/],
    [['breadth=3'], /has no parameter "breadth"/],
    [['depth'], /is not NAME=VALUE/],
  ])('refuse %j', (texts, message) => {
    expect(() => paramsOf(pipeline, texts)).toThrow(message)
  })
})
