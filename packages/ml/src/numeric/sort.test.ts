import { expect, test } from 'vitest'
import { seededRandom } from '../random/random.ts'
import { sortedFinite, sortInPlace } from './sort.ts'

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

test('sorts spread, skewed and tied values alike, with infinities and zeros of both signs', () => {
  const random = seededRandom(11)
  const draws: Readonly<Record<string, (i: number) => number>> = {
    even: random,
    skewed: () => Math.exp(3 * random()),
    steep: () => Math.exp(40 * random()),
    tied: () => Math.floor(random() * 7),
    constant: () => 3,
    outlier: (i) => (i === 99 ? 1e300 : random()),
    widest: (i) => (i % 2 === 0 ? -1.7e308 : 1.7e308) * random(),
    infinite: (i) => (i % 50 === 0 ? Number.NEGATIVE_INFINITY : random()),
    zeros: (i) => (i % 3 === 0 ? -0 : i % 3 === 1 ? 0 : random() - 0.5),
    clustered: (i) => (i % 3) * 1e6 + random(),
  }
  for (const [name, draw] of Object.entries(draws)) {
    const values = Float64Array.from({ length: 30_000 }, (_, i) => draw(i))
    expect(sortInPlace(values.slice()), name).toEqual(values.slice().sort())
  }
})
