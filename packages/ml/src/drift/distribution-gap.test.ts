import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random/random.ts'
import { kolmogorovSmirnov, kolmogorovSmirnovOfSorted } from './kolmogorov-smirnov.ts'
import { wasserstein, wassersteinOfSorted } from './wasserstein.ts'

const random = seededRandom(5)
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

const shapes: Readonly<Record<string, () => number>> = {
  normal,
  'normal at an offset': () => 1e9 + normal(),
  tiny: () => 1e-9 * normal(),
  uniform: random,
  'heavy-tailed': () => (1 - random()) ** (-1 / 0.7),
  exponential: () => -Math.log(1 - random()),
  'few whole numbers': () => Math.floor(7 * random()) - 3,
  'whole numbers': () => Math.floor(5000 * random()),
  'wide whole numbers': () => Math.floor(1e9 * random()),
  'rounded to tenths': () => Math.round(10 * normal()) / 10,
  'mostly zero': () => (random() < 0.9 ? 0 : normal()),
  'two clusters': () => (random() < 0.5 ? 0 : 1e6) + normal(),
  'with missing and infinite values': () =>
    random() < 0.1 ? Number.NaN : random() < 0.01 ? Number.NEGATIVE_INFINITY : normal(),
}

const finite = (values: Float64Array) => values.filter(Number.isFinite).sort()

describe.each(Object.entries(shapes))('distances of %s samples by buckets', (_, draw) => {
  for (const shift of [0, 0.01, 3]) {
    it(`are those of the sorted samples, shifted by ${shift}`, () => {
      const a = Float64Array.from({ length: 30_000 }, draw)
      const b = Float64Array.from({ length: 20_000 }, () => draw() + shift)
      const [x, y] = [finite(a), finite(b)]
      for (const scale of ['none', 'reference-std'] as const) {
        const [own, sorted] = [wasserstein(a, b, scale), wassersteinOfSorted(x, y, scale)]
        if (own.status !== 'ok' || sorted.status !== 'ok') throw new Error('no distance')
        expect(Math.abs(own.statistic - sorted.statistic)).toBeLessThan(1e-9 * sorted.statistic)
        expect(own.sizes).toEqual(sorted.sizes)
      }
      for (const alternative of ['two-sided', 'less', 'greater'] as const) {
        const options = { method: 'asymptotic', alternative } as const
        expect(kolmogorovSmirnov(a, b, options)).toEqual(kolmogorovSmirnovOfSorted(x, y, options))
      }
    })
  }
})

it('samples at one place, and at two far apart', () => {
  const at = (value: number) => new Float64Array(40_000).fill(value)
  const same = wasserstein(at(2), at(2))
  expect(same).toMatchObject({ statistic: 0 })
  expect(wasserstein(at(2), at(2.5))).toMatchObject({ statistic: 0.5 })
  expect(kolmogorovSmirnov(at(0.1), at(1e300))).toMatchObject({ statistic: 1 })
  // A distance beyond the doubles is none, rather than one that no threshold can be set for.
  expect(wasserstein(at(-1e308), at(1e308)).status).toBe('insufficient')
})
