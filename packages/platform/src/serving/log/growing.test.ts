import fc from 'fast-check'
import { expect, it } from 'vitest'
import { GrowingColumn } from './columns.ts'
import { Growing, GrowingTexts } from './growing.ts'

it('gives back texts as they were, however long and in whatever script', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
      const held = new GrowingTexts()
      for (const text of texts) held.push(text)
      expect(texts.map((_, i) => held.at(i))).toEqual(texts)
    }),
  )
  const held = new GrowingTexts()
  held.push('€'.repeat(5000))
  held.push('')
  held.push('end')
  expect([held.at(0), held.at(1), held.at(2)]).toEqual(['€'.repeat(5000), '', 'end'])
})

it('gives back numbers beyond its first size, and the ones set anew', () => {
  const held = new Growing(Float64Array)
  for (let i = 0; i < 1000; i++) held.push(i / 3)
  held.set(500, -1)
  expect(held.length).toBe(1000)
  expect([held.at(0), held.at(500), held.at(999)]).toEqual([0, -1, 333])
})

it('holds each text of a column once, and gives back every row', () => {
  const column = new GrowingColumn('season', 'BYTES')
  const values = Array.from({ length: 300 }, (_, i) => (i % 7 === 0 ? null : `s${i % 4}`))
  for (const [row, value] of values.entries()) column.putValue(row, value)
  expect(values.map((_, row) => column.value(row))).toEqual(values)
  expect(column.value(300)).toBeNull()

  const truths = new GrowingColumn('workingday', 'BOOL')
  for (const [row, value] of [true, null, false, true].entries()) truths.putValue(row, value)
  expect([0, 1, 2, 3].map((row) => truths.value(row))).toEqual([true, null, false, true])
})
