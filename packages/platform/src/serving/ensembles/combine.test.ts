import { describe, expect, it } from 'vitest'
import type { Tensor } from '../../runtime/index.ts'
import { combine } from './combine.ts'

const floats = (shape: number[], ...data: number[]): Tensor => ({
  datatype: 'FP32',
  shape,
  data: Float32Array.from(data),
})
const texts = (...data: string[]): Tensor => ({ datatype: 'BYTES', shape: [data.length, 1], data })
const wholes = (...data: bigint[]): Tensor => ({
  datatype: 'INT64',
  shape: [data.length],
  data: BigInt64Array.from(data),
})

describe('nodes that combine', () => {
  it('average, by weight; a weight of 0 takes no part even in what is no number', () => {
    const given = [floats([2, 1], 1, 4), floats([2], 3, 0)]
    expect(combine({ kind: 'average', of: ['a', 'b'] }, given)).toEqual({
      value: floats([2, 1], 2, 2),
    })
    expect(combine({ kind: 'average', of: ['a', 'b'], weights: [3, 1] }, given)).toEqual({
      value: floats([2, 1], 1.5, 3),
    })
    const lost = [floats([1], 5), floats([1], Number.POSITIVE_INFINITY)]
    expect(combine({ kind: 'average', of: ['a', 'b'], weights: [1, 0] }, lost)).toEqual({
      value: floats([1], 5),
    })
    const mixed = combine({ kind: 'average', of: ['a', 'b'] }, [wholes(1n), floats([1], 2)])
    expect(mixed['value']).toEqual({ datatype: 'FP64', shape: [1], data: Float64Array.of(1.5) })
  })

  it('vote: the most weight wins, the earliest where several have it', () => {
    const given = [texts('b', 'x'), texts('a', 'y'), texts('a', 'z')]
    const { value, share } = combine({ kind: 'vote', of: ['1', '2', '3'] }, given)
    expect(value?.data).toEqual(['a', 'x'])
    expect([...(share!.data as Float32Array)]).toEqual([Math.fround(2 / 3), Math.fround(1 / 3)])
    const heavy = combine({ kind: 'vote', of: ['1', '2', '3'], weights: [5, 1, 1] }, given)
    expect(heavy['value']?.data).toEqual(['b', 'x'])
    const exact = [wholes(2n ** 60n), wholes(2n ** 60n + 1n), wholes(2n ** 60n + 1n)]
    expect(combine({ kind: 'vote', of: ['1', '2', '3'] }, exact)['value']?.data).toEqual(
      BigInt64Array.of(2n ** 60n + 1n),
    )
  })

  it('concatenate columns and split them again', () => {
    const both = combine({ kind: 'concatenate', of: ['a', 'b'] }, [
      floats([2, 2], 1, 2, 3, 4),
      floats([2], 5, 6),
    ])
    expect(both['value']).toEqual(floats([2, 3], 1, 2, 5, 3, 4, 6))
    const parts = { left: [0, 1], right: [2] }
    expect(combine({ kind: 'split', of: 'a', parts }, [both['value']!])).toEqual({
      left: floats([2, 2], 1, 2, 3, 4),
      right: floats([2, 1], 5, 6),
    })
  })

  it('select row by row: the first case that fits, NaN none', () => {
    const [low, high] = [floats([3, 1], 1, 2, 3), floats([3, 1], 10, 20, 30)]
    const by = floats([3], 0.2, 0.9, Number.NaN)
    const cases = [{ below: 0.5, take: 'low' }]
    const node = { kind: 'select', by: 'by', cases, otherwise: 'high' } as const
    expect(combine(node, [by, low, high])).toEqual({ value: floats([3, 1], 1, 20, 30) })
    const named = { ...node, cases: [{ is: 'b', take: 'low' }] }
    expect(combine(named, [texts('a', 'b', 'c'), low, high])['value']).toEqual(
      floats([3, 1], 10, 2, 30),
    )
  })

  it('of nothing is nothing', () => {
    const none = floats([0, 2])
    expect(combine({ kind: 'average', of: ['a', 'b'] }, [none, none])['value']).toEqual(none)
    expect(combine({ kind: 'concatenate', of: ['a', 'b'] }, [none, none])['value']).toEqual(
      floats([0, 4]),
    )
  })

  it('refuses rows that differ, and columns that are not there', () => {
    const [two, three] = [floats([2], 1, 2), floats([3], 1, 2, 3)]
    expect(() => combine({ kind: 'average', of: ['a', 'b'] }, [two, three])).toThrow(
      '[2] beside [3]',
    )
    expect(() => combine({ kind: 'concatenate', of: ['a', 'b'] }, [two, three])).toThrow(
      '2 rows beside 3',
    )
    const beyond = { kind: 'split' as const, of: 'a', parts: { left: [2] } }
    expect(() => combine(beyond, [floats([1, 2], 1, 2)])).toThrow('2 columns, and takes column 2')
  })
})
