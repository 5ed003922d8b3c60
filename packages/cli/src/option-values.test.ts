import { describe, expect, it } from 'vitest'
import {
  commaParted,
  finiteNumber,
  positiveNumber,
  repeatable,
  wholeNumber,
} from './option-values.ts'

describe('values of options', () => {
  it('reads whole numbers within their bounds', () => {
    expect(wholeNumber()('0')).toBe(0)
    expect(wholeNumber(1, 1000)('1000')).toBe(1000)
  })

  it.each(['', ' ', 'ten', '1.5', '-1', '1e400', 'NaN'])('refuses %j as a whole number', (text) => {
    expect(() => wholeNumber()(text)).toThrow('expected a whole number of 0 or more')
  })

  it('says the bounds that a number is out of', () => {
    expect(() => wholeNumber(1, 1000)('1001')).toThrow('expected a whole number from 1 to 1000')
    expect(() => wholeNumber(1)('0')).toThrow('expected a whole number of 1 or more')
  })

  it('reads numbers', () => {
    expect(positiveNumber('0.25')).toBe(0.25)
    expect(finiteNumber('-2e3')).toBe(-2000)
  })

  it.each(['', 'abc', 'Infinity'])('refuses %j as a number', (text) => {
    expect(() => positiveNumber(text)).toThrow('expected a number above 0')
    expect(() => finiteNumber(text)).toThrow('expected a number')
  })

  it('refuses 0 where more is asked', () => {
    expect(() => positiveNumber('0')).toThrow('expected a number above 0')
  })

  it('gathers what stands several times or between commas', () => {
    expect(repeatable('b', ['a'])).toEqual(['a', 'b'])
    expect(commaParted('a,,b,')).toEqual(['a', 'b'])
  })
})
