import { expect, test } from 'vitest'
import { categoricalColumn } from '../data/index.ts'
import { mergeProfiles, profileColumn, summarizeProfile, textPattern, textType } from './index.ts'

test.each([
  ['AB-1234', 'A-9'],
  ['x_9 y', 'a_9 a'],
  ['Zürich 8001', 'Aa 9'],
  ['日本', 'a'],
  ['+41 (0)44\t12', '+9 (9)9 9'],
  ['', ''],
])('the pattern of "%s" is "%s"', (text, pattern) => expect(textPattern(text)).toBe(pattern))

test.each([
  [' ', 'empty'],
  ['-12', 'integer'],
  ['1e-3', 'fractional'],
  ['.5', 'fractional'],
  ['True', 'boolean'],
  ['2024-02-29', 'date'],
  ['2024-02-29T10:00:00Z', 'date'],
  ['12 apples', 'text'],
])('"%s" reads as %s', (text, type) => expect(textType(text)).toBe(type))

test('a profile knows patterns and types, and parts merge to those of the whole', () => {
  const codes = Array.from({ length: 60 }, (_, i) =>
    i % 3 === 0 ? `K-${i}` : i % 3 === 1 ? `${i}` : null,
  )
  const profile = (part: readonly (string | null)[]) => profileColumn(categoricalColumn('c', part))
  const whole = summarizeProfile(profile(codes))
  expect(whole).toMatchObject({
    patterns: [
      { pattern: '9', rows: 20 },
      { pattern: 'A-9', rows: 20 },
    ],
    types: { integer: 20, text: 20, date: 0 },
  })
  const merged = summarizeProfile(
    mergeProfiles(profile(codes.slice(25)), profile(codes.slice(0, 25))),
  )
  expect(merged).toEqual(whole)
})
