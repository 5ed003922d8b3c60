import { describe, expect, it } from 'vitest'
import type { TopicRecord } from './model.ts'
import { advanced, answerId, problemOf, unread } from './rules.ts'

const record = (value: string, at: Partial<TopicRecord> = {}): TopicRecord => ({
  partition: 0,
  position: 0,
  key: null,
  value,
  at: 0,
  ...at,
})

describe('records of a topic', () => {
  it.each([
    ['{"a": 1}', undefined],
    ['{}', undefined],
    ['{', 'it is not JSON'],
    ['', 'it is not JSON'],
    ['[1]', 'it is not a JSON object of columns'],
    ['null', 'it is not a JSON object of columns'],
    ['"a"', 'it is not a JSON object of columns'],
  ])('%s: %s', (value, problem) => {
    expect(problemOf(record(value))).toBe(problem)
  })

  it('move each partition on by itself, whatever is mixed', () => {
    const read = [
      record('', { partition: 0, position: 4 }),
      record('', { partition: 2, position: 9 }),
      record('', { partition: 0, position: 7 }),
    ]
    const before = { '0': 4, '1': 3 }
    expect(advanced(before, read)).toEqual({ '0': 8, '1': 3, '2': 10 })
    expect(before).toEqual({ '0': 4, '1': 3 })
    expect(advanced(before, [])).toEqual(before)
  })

  it('are taken once, also where a consumer brings those again that were', () => {
    const read = [3, 4, 5, 4, 6].map((position) => record('', { partition: 1, position }))
    const more = record('', { partition: 2, position: 0 })
    expect(unread({ '1': 5 }, [...read, more])).toEqual([read[2], read[4], more])
    expect(unread({}, read)).toEqual(read)
  })

  it('have one name each, the same whenever they are scored', () => {
    const names = [0, 1, 11].flatMap((partition) =>
      [0, 1, 11].map((position) => answerId('s', record('', { partition, position }))),
    )
    expect(new Set(names).size).toBe(9)
    expect(names[1]).toBe('s/0/1')
  })
})
