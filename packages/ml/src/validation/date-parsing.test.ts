import { describe, expect, it } from 'vitest'
import { isParseableDate } from './date-parsing.ts'

describe('isParseableDate', () => {
  it.each([
    '2024-01-31',
    '31/01/2024',
    '1/31/24',
    '20240131T102030',
    '2024-01-31T10:20:30.123Z',
    'Thu, 25 Sep 2003 10:49:41 -0300',
    'Sat Jan 5 10:20:30 2024',
    '25th Sep 2003',
    'Sep of 03',
    '10am',
    '10h30m',
    '12 of May',
    '99-12-31',
    '10:30 UTC',
    '2024',
    'Monday',
  ])('reads %s', (text) => expect(isParseableDate(text)).toBe(true))

  it.each([
    '',
    ' ',
    'x',
    '2024-02-30',
    '2024-13-01',
    '27-7',
    '29/02/2023',
    '24:01',
    '10:61',
    '13 pm x',
    'am',
    '12/31/99999',
    '1/2/3/4',
    '0000-01-01',
    'Jan Feb 2024',
  ])('does not read %j', (text) => expect(isParseableDate(text)).toBe(false))
})
