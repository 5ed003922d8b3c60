import { describe, expect, it } from 'vitest'
import { windowSql } from './rules.ts'

const price = { name: 'price', type: 'number', nullable: false } as const
const day = { name: 'day', type: 'date', nullable: false } as const

describe('the condition of a window', () => {
  it('is empty without bounds, and half open with them', () => {
    expect(windowSql(null, [price], {})).toBe('')
    expect(windowSql({ column: 'day' }, [day, price], {})).toBe('')
    expect(windowSql({ column: 'day' }, [day], { from: 1, to: 2 })).toMatch(/>= .*1\).* < .*2\)/)
  })

  it.each([{}, { from: 1 }])('refuses rows without their event time, bounds %j', (range) => {
    expect(() => windowSql({ column: 'day' }, [price], range)).toThrow(/event time column "day"/)
    expect(() => windowSql({ column: 'day', hourColumn: 'hr' }, [day], range)).toThrow(/"hr"/)
  })

  it('has no bounds where the dataset has no event time', () => {
    expect(() => windowSql(null, [price], { to: 1 })).toThrow(/declares none/)
  })
})
