import { describe, expect, it } from 'vitest'
import { differences, flattenFields } from './fields-model.ts'

describe('fields', () => {
  it('shows every leaf with its path', () => {
    const fields = flattenFields({
      gate: { passed: true, value: 38.61234, note: null },
      tags: ['a', 'b'],
    })
    expect(fields.map((field) => [field.path, field.value])).toEqual([
      ['gate.passed', 'yes'],
      ['gate.value', '38.6123'],
      ['gate.note', '–'],
      ['tags', 'a, b'],
    ])
  })
  it('reads times and shares by the name of the field', () => {
    const [at, rate] = flattenFields({ trainTo: Date.UTC(2012, 4, 1), errorRate: 0.031 })
    expect(at?.value).toBe('2012-05-01 00:00 UTC')
    expect(rate?.value).toBe('3.1 %')
    const plain = flattenFields({ params: { learning_rate: 0.1, weight: 0.5 }, learningRate: 0.1 })
    expect(plain.map(({ value }) => value)).toEqual(['0.1', '0.5', '0.1'])
  })
  it('compares two values by their differences only', () => {
    expect(differences({ a: 1, b: 2 }, { a: 1, b: 3, c: 'x' })).toEqual([
      { path: 'b', before: '2', after: '3' },
      { path: 'c', before: null, after: 'x' },
    ])
  })
})
