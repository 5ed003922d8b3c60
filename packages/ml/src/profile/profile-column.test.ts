import { describe, expect, test } from 'vitest'
import { categoricalColumn, numericColumn } from '../data/column.ts'
import { seededRandom } from '../random/random.ts'
import { CategoricalProfile } from './categorical-profile.ts'
import { mergeProfiles, profileColumn, summarizeProfile } from './profile-column.ts'

const random = seededRandom(5)
const values = Float64Array.from({ length: 50_000 }, () => 1e6 + 100 * random() ** 2)

describe('numeric profile', () => {
  test('quantiles stay within the stated rank error, extremes are exact', () => {
    const summary = summarizeProfile(profileColumn(numericColumn('x', values)))
    if (summary.kind !== 'numeric') throw new Error('numeric expected')
    for (const { share, value } of summary.quantiles) {
      const rank = values.filter((x) => x <= value).length / values.length
      expect(Math.abs(rank - share)).toBeLessThan(0.0133)
    }
    const sorted = values.slice().sort()
    expect([summary.min, summary.max]).toEqual([sorted[0], sorted.at(-1)])
  })

  test('merged parts give the moments and distinct count of the whole', () => {
    const whole = summarizeProfile(profileColumn(numericColumn('x', values)))
    const parts = [values.slice(0, 7), values.slice(7, 20_000), values.slice(20_000)]
    const merged = parts
      .map((part) => profileColumn(numericColumn('x', part)))
      .reduceRight((a, b) => mergeProfiles(b, a))
    const summary = summarizeProfile(merged)
    if (summary.kind !== 'numeric' || whole.kind !== 'numeric') throw new Error('numeric expected')
    expect(summary.distinct).toBe(whole.distinct)
    expect(summary.variance! / whole.variance!).toBeCloseTo(1, 9)
    expect(summary.skewness).toBeCloseTo(whole.skewness!, 6)
    expect(summary.kurtosisExcess).toBeCloseTo(whole.kurtosisExcess!, 6)
    for (const { share, value } of summary.quantiles) {
      const rank = values.filter((x) => x <= value).length / values.length
      expect(Math.abs(rank - share)).toBeLessThan(0.0165)
    }
  })

  test('survives its serialised form and stays small', () => {
    const profile = profileColumn(numericColumn('x', values))
    const text = JSON.stringify(profile)
    expect(text.length).toBeLessThan(25_000)
    expect(summarizeProfile(JSON.parse(text))).toEqual(summarizeProfile(profile))
  })

  test('counts what is missing, infinite, zero and negative; an empty column has no figures', () => {
    const odd = numericColumn('x', [Number.NaN, Number.POSITIVE_INFINITY, 0, -2, 3])
    expect(summarizeProfile(profileColumn(odd))).toMatchObject({
      rows: 5,
      count: 3,
      missing: 1,
      infinite: 1,
      zeros: 1,
      negatives: 1,
      min: -2,
      max: 3,
    })
    const empty = profileColumn(numericColumn('x', [Number.NaN]))
    expect(summarizeProfile(JSON.parse(JSON.stringify(empty)))).toMatchObject({
      count: 0,
      mean: null,
      min: null,
      histogram: null,
      quantiles: [],
    })
  })

  test('histogram shares add up to one', () => {
    const summary = summarizeProfile(profileColumn(numericColumn('x', values)))
    const shares = summary.kind === 'numeric' ? summary.histogram!.shares : []
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
  })
})

describe('categorical profile', () => {
  test('merges to the counts of the whole', () => {
    const labels = Array.from({ length: 999 }, (_, i) => (i % 10 === 0 ? null : 'äbc'[i % 3]!))
    const whole = profileColumn(categoricalColumn('c', labels))
    const parts = mergeProfiles(
      profileColumn(categoricalColumn('c', labels.slice(0, 500))),
      profileColumn(categoricalColumn('c', labels.slice(500))),
    )
    expect(summarizeProfile(parts)).toEqual(summarizeProfile(whole))
    expect(summarizeProfile(whole)).toMatchObject({ missing: 100, distinct: 3, isExact: true })
  })

  test('bounds counts when there are too many categories to hold', () => {
    const labels = Array.from({ length: 30_000 }, (_, i) => (i % 5 === 0 ? 'often' : `rare ${i}`))
    const summary = summarizeProfile(profileColumn(categoricalColumn('c', labels)))
    if (summary.kind !== 'categorical') throw new Error('categorical expected')
    const [first] = summary.top
    expect(first?.item).toBe('often')
    expect(first!.lower).toBeLessThanOrEqual(6000)
    expect(first!.upper).toBeGreaterThanOrEqual(6000)
    expect(first!.upper - first!.lower).toBeLessThan(30_000 / 512)
  })

  test('holds texts by the million in little memory, counted in parts', () => {
    const labels = Array.from({ length: 300_000 }, (_, i) => (i % 4 === 0 ? 'often' : `only ${i}`))
    const profile = new CategoricalProfile()
    profile.add(labels)
    const { count, missing, distinct, isExact, top } = profile.summary()
    expect([count, missing, isExact]).toEqual([300_000, 0, false])
    expect(Math.abs(distinct / 225_001 - 1)).toBeLessThan(0.05)
    expect(top[0]!.item).toBe('often')
    expect(top[0]!.lower).toBeLessThanOrEqual(75_000)
    expect(top[0]!.upper).toBeGreaterThanOrEqual(75_000)
    expect(JSON.stringify(profile.toJson()).length).toBeLessThan(100_000)
  })

  test('refuses to merge with a numeric profile', () => {
    const numeric = profileColumn(numericColumn('x', [1]))
    const categorical = profileColumn(categoricalColumn('x', ['1']))
    expect(() => mergeProfiles(numeric, categorical)).toThrow('cannot be merged')
  })
})
