import { describe, expect, it } from 'vitest'
import { requireOk } from '../outcome.ts'
import { seededRandom } from '../random/random.ts'
import { embeddingDrift } from './embedding-drift.ts'
import { leastSquaresDensityDifference } from './least-squares-density-difference.ts'
import { describeText } from './text-descriptors.ts'
import { textDrift } from './text-drift.ts'

const random = seededRandom(31)
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
const normals = (n: number, mean: number) => Float64Array.from({ length: n }, () => mean + normal())

describe('least-squares density difference', () => {
  it('comes near the distance of two normal densities', () => {
    const exact = (1 - Math.exp(-0.25)) / Math.sqrt(Math.PI)
    const found = requireOk(
      leastSquaresDensityDifference(normals(4000, 0), normals(4000, 1), {
        sigma: 0.7,
        lambda: 1e-4,
      }),
    )
    expect(Math.abs(found.statistic - exact)).toBeLessThan(0.1 * exact)
  })

  it('has p-values that tell a shift from none, the same for the same seed', () => {
    const [a, b, shifted] = [normals(80, 0), normals(80, 0), normals(80, 1)]
    const options = { permutations: 99, seed: 2 }
    const p = (y: Float64Array) => requireOk(leastSquaresDensityDifference(a, y, options)).pValue!
    expect(p(shifted)).toBe(0.01)
    expect(p(b)).toBeGreaterThan(0.05)
    expect(p(b)).toBe(p(b))
  })

  it('says what is short', () => {
    expect(leastSquaresDensityDifference([1, 2], [1, 2])).toMatchObject({ have: 2, need: 10 })
  })
})

describe('text', () => {
  it('is described by its code points and words', () => {
    expect(describeText('Grüße, Welt! See https://a.example/x 👍 now')).toMatchObject({
      length: 42,
      words: 8,
      sentences: 2,
      links: 1,
    })
    expect(describeText('')).toMatchObject({
      length: 0,
      words: 0,
      meanWordLength: 0,
      letterShare: 0,
    })
  })

  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)]!
  const shared = ['the', 'parcel', 'order', 'came', 'today', 'and', 'was', 'fine', 'late', 'box']
  const texts = (n: number, extra: readonly string[]) =>
    Array.from({ length: n }, () =>
      Array.from({ length: 12 }, () => pick([...shared, ...extra])).join(' '),
    )

  it('of the same kind is hard to tell apart, of another kind easy, and the words say why', () => {
    const reference = texts(150, [])
    const alike = requireOk(textDrift(reference, texts(150, [])))
    expect(alike.statistic).toBeGreaterThan(0.35)
    expect(alike.statistic).toBeLessThan(0.65)
    const changed = requireOk(textDrift(reference, texts(150, ['refund'])))
    expect(changed.statistic).toBeGreaterThan(0.7)
    expect(changed.telling.slice(0, 5).map(({ term }) => term)).toContain('refund')
  })

  it('is not judged on a few rows', () => {
    expect(textDrift(['a', null], ['b'])).toMatchObject({
      what: 'reference texts',
      have: 1,
      need: 20,
    })
  })
})

describe('embeddings', () => {
  const vectors = (n: number, shift: readonly number[], spread = 1) =>
    Array.from({ length: n }, () => shift.map((mean) => mean + spread * normal()))
  const reference = vectors(300, [1, 0, 0, 0])

  it('show the share of components that moved', () => {
    const moved = embeddingDrift(reference, vectors(300, [1, 2, 2, 0]), { componentThreshold: 0.5 })
    expect(moved).toMatchObject({ statistic: 0.5 })
  })

  it('have distances of their means', () => {
    const distance = (method: 'mean-cosine' | 'mean-euclidean') =>
      embeddingDrift(
        [
          [1, 0],
          [1, 0],
        ],
        [
          [0, 3],
          [0, 5],
        ],
        { method },
      )
    expect(distance('mean-cosine')).toMatchObject({ statistic: 1 })
    expect(requireOk(distance('mean-euclidean')).statistic).toBeCloseTo(Math.sqrt(17), 12)
  })

  it('of another spread are seen by the kernel test, not by the means', () => {
    const wider = vectors(300, [1, 0, 0, 0], 2)
    expect(
      requireOk(embeddingDrift(reference, wider, { method: 'mmd', rows: 120 })).pValue,
    ).toBeLessThan(0.05)
    expect(
      requireOk(embeddingDrift(reference, wider, { method: 'mean-euclidean' })).statistic,
    ).toBeLessThan(0.5)
  })
})
