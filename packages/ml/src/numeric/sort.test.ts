import { expect, test } from 'vitest'
import { seededRandom } from '../random/random.ts'
import { sortedFinite } from './sort.ts'

test('sorts like the engine across lengths, signs, ties and magnitudes', () => {
  const random = seededRandom(7)
  for (const length of [0, 1, 10, 4095, 4096, 20_000]) {
    const values = Float64Array.from(
      { length },
      () => (random() - 0.5) * 10 ** (random() * 40 - 20),
    )
    for (let i = 0; i < length; i += 7) values[i] = Math.round(values[i]!) % 5
    const before = values.slice()
    expect(sortedFinite(values)).toEqual(values.slice().sort())
    expect(values).toEqual(before)
  }
})

test('leaves out what is not finite', () => {
  expect(sortedFinite([3, Number.NaN, 1, Number.POSITIVE_INFINITY])).toEqual(Float64Array.of(1, 3))
})
