import fc from 'fast-check'
import { expect, it } from 'vitest'
import { endOfString, readNumberArray } from './number-arrays.ts'

const read = (text: string) => readNumberArray(Buffer.from(text), 0)
/** Text of numbers as all kinds of writers spell them. */
const spelt = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
  fc
    .tuple(fc.integer(), fc.stringMatching(/^\d{1,24}$/))
    .map(([whole, part]) => `${whole}.${part}`),
  fc
    .tuple(fc.stringMatching(/^-?[1-9]\d{0,18}$/), fc.integer({ min: -330, max: 290 }))
    .map(([digits, power]) => `${digits}e${power}`),
  fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value.toFixed(17)),
  fc.double({ min: -1e3, max: 1e3, noNaN: true }).map((value) => value.toPrecision(17)),
)

it('reads what JSON.parse reads, to the last bit', () => {
  fc.assert(
    fc.property(fc.array(spelt, { maxLength: 40 }), (numbers) => {
      const text = `[ ${numbers.join(' ,\n')} ]`
      const found = read(text)
      const isExact = numbers.every(
        (number) => /[.e]/.test(number) || number.replace('-', '').length <= 15,
      )
      if (!isExact) return
      expect([...found!.array.values]).toEqual(JSON.parse(text))
      expect(found!.end).toBe(text.length)
    }),
    { numRuns: 3000 },
  )
})

it('is right where two doubles are almost equally near', () => {
  for (const text of [
    '9007199254740993.0',
    '0.500000000000000166533453693773481063544750213623046875',
    '1.00000000000000011102230246251565',
    '1.0000000000000001110',
    '8.5e-5',
    '123456789012345678e-18',
    '0.1000000000000000055',
  ]) {
    expect(read(`[${text}]`)?.array.values[0]).toBe(Number(text))
  }
})

it('keeps rows and their width, and leaves all else to the plain parser', () => {
  expect(read('[[1,2],[3,4],[5,6]]')?.array.dims).toEqual([3, 2])
  expect(read('[]')?.array.dims).toEqual([0])
  expect(read('[[],[]]')?.array.dims).toEqual([2, 0])
  expect(Object.is(read('[-0]')?.array.values[0], -0)).toBe(true)
  for (const text of [
    '[[1,2],[3]]',
    '[[[1]]]',
    '[1,[2]]',
    '[1,"2"]',
    '[null]',
    '[NaN]',
    '[1,]',
    '[01]',
    '[1.]',
    '[.5]',
    '[+1]',
    '[1e]',
    '[1e+]',
    '[1 2]',
    '[1',
    '[12345678901234567]',
    '[1e999]',
    '[--1]',
  ]) {
    expect(read(text), text).toBeUndefined()
  }
})

it('finds the end of a string', () => {
  expect(endOfString(Buffer.from('"a\\"b" '), 0)).toBe(6)
  expect(endOfString(Buffer.from('"a\\\\"'), 0)).toBe(5)
  expect(endOfString(Buffer.from('"a\\"'), 0)).toBeUndefined()
})
