import { segmentDrift as declaredSchema } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import type { Table } from '../../storage/index.ts'
import type { Statistic } from '../model.ts'
import { tableOf } from '../test-monitoring.ts'
import { profileOf } from './reference.ts'
import { segmentDrift } from './segment-drift.ts'
import { segmentReferences } from './segment-reference.ts'

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)

/** Numbers between 0 and 1 of a fixed sequence. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Made {
  readonly rows: number
  readonly seed: number
  readonly cities?: readonly string[]
  /** What is planted in a city. */
  readonly temp?: (value: number, city: string) => number
  readonly sky?: (value: string, city: string) => string
}

/** Each city has weather of its own. */
function weather({ rows, seed, cities = ['Lyon', 'Nice', 'Oslo'], ...planted }: Made): Table {
  const next = sequence(seed)
  const city = count(rows).map((row) => cities[row % cities.length]!)
  const usual = { Lyon: 12, Nice: 20, Oslo: 2 } as Readonly<Record<string, number>>
  return tableOf({
    city,
    temp: city.map((name) => {
      const value = (usual[name] ?? 10) + 10 * (next() + next() - 1)
      return planted.temp?.(value, name) ?? value
    }),
    sky: city.map((name) => {
      const value = next() < 0.3 ? 'rain' : 'sun'
      return planted.sky?.(value, name) ?? value
    }),
  })
}

function found(
  reference: Table,
  inputs: Table,
  options: object = {},
): ReadonlyMap<string, Statistic> {
  const declared = declaredSchema.parse(options)
  const profile = {
    ...profileOf(reference, null),
    ...(declared.reference === 'segment' && {
      segments: segmentReferences(reference, null, ['city']),
    }),
  }
  const statistics = segmentDrift({
    reference: profile,
    inputs,
    prediction: null,
    declared,
    segments: ['city'],
    columns: [],
  })
  return new Map(statistics.map((statistic) => [statistic.metric, statistic]))
}

const usual = weather({ rows: 9000, seed: 1 })

describe('drift within segments', () => {
  it('finds what has changed in one of them, and names it', () => {
    const shifted = weather({
      rows: 3000,
      seed: 2,
      temp: (value, city) => (city === 'Nice' ? value + 4 : value),
      sky: (value, city) => (city === 'Oslo' ? 'rain' : value),
    })
    const metrics = found(usual, shifted)
    const drifted = [...metrics.values()].filter((one) => one.drifted).map(({ metric }) => metric)
    expect(drifted.sort()).toEqual([
      'drift:any:gap@any',
      'drift:any:gap@city=Nice',
      'drift:any:gap@city=Oslo',
      'drift:sky:gap@city=Oslo',
      'drift:temp:gap@city=Nice',
    ])
    const sky = metrics.get('drift:sky:gap@city=Oslo')
    // 30 % rain has become 100 %.
    expect(sky?.value).toBeCloseTo(0.7, 1)
    expect(sky?.method).toBe('variation-gap')
    expect(sky?.note).toContain('corrected over 6 tests (benjamini-hochberg)')
    expect(metrics.get('drift:any:gap@any')?.note).toMatch(/^sky in city=Oslo .*temp in city=Nice/)
    // The column that cuts has one value in each.
    expect([...metrics.keys()].some((metric) => metric.startsWith('drift:city:'))).toBe(false)
  })

  it('is silent where nothing but the mix of segments has changed; against the whole it is not', () => {
    const mixed = weather({ rows: 3000, seed: 3, cities: ['Lyon', 'Oslo', 'Oslo', 'Oslo'] })
    const own = [...found(usual, mixed).values()]
    expect(own.filter(({ drifted }) => drifted)).toEqual([])
    expect(own.filter(({ value }) => value !== null).length).toBeGreaterThan(4)
    const whole = found(usual, mixed, { reference: 'whole' })
    expect(whole.get('drift:temp:gap@city=Oslo')?.drifted).toBe(true)
  })

  it('keeps to its share of false alarms over many segments and columns of few rows', () => {
    const cities = count(20).map((index) => `town-${index}`)
    const table = (seed: number, rows: number): Table => {
      const next = sequence(seed)
      const columns = Object.fromEntries(
        count(10).map((index) => [`x${index}`, count(rows).map(() => next())]),
      )
      return tableOf({ city: count(rows).map((row) => cities[row % 20]!), ...columns })
    }
    const alarms = count(20).map((round): number => {
      const metrics = found(table(100 + round, 4000), table(200 + round, 2000), {
        most: 20,
        minRows: 100,
        minGap: 0,
      })
      const tested = [...metrics.values()].filter(({ column }) => column !== null)
      expect(tested).toHaveLength(200)
      return tested.some(({ drifted }) => drifted) ? 1 : 0
    })
    // Under the null Benjamini-Hochberg raises any alarm in at most alpha of the windows.
    expect(alarms.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(4)
  })

  it('has no verdict, and a reason, where rows are few or the reference has no such segment', () => {
    const inputs = weather({ rows: 250, seed: 4, cities: ['Lyon', 'Lyon', 'Lyon', 'Bern'] })
    const metrics = found(usual, inputs)
    const few = { value: null, drifted: null, status: 'insufficient' }
    expect(metrics.get('drift:temp:gap@city=Bern')).toMatchObject({
      ...few,
      note: 'not enough data: 0 of 100 reference rows in the segment',
    })
    expect(metrics.get('drift:temp:gap@city=Lyon')?.value).not.toBeNull()
    expect(found(usual, inputs, { minRows: 200 }).get('drift:temp:gap@city=Lyon')).toMatchObject({
      ...few,
      note: 'not enough data: 188 of 200 rows',
    })
    const declared = declaredSchema.parse({})
    const [first] = segmentDrift({
      reference: profileOf(usual, null),
      inputs,
      prediction: null,
      declared,
      segments: ['city'],
      columns: [],
    })
    expect(first).toMatchObject(few)
    expect(first?.note).toContain('made before segments of city were compared')
  })

  it('survives columns without values, constants, infinities and a cutting column that is not there', () => {
    const rows = 600
    const city = count(rows).map(() => 'Lyon')
    const values = (value: number): number[] => count(rows).map(() => value)
    const odd = tableOf({ city, temp: values(Number.NaN), sky: values(Number.POSITIVE_INFINITY) })
    const flat = tableOf({ city, temp: values(7), sky: city })
    for (const [reference, inputs] of [
      [odd, odd],
      [flat, flat],
      [flat, odd],
      [odd, flat],
      [usual, tableOf({ temp: [1] })],
    ] as const) {
      for (const { value, drifted, note } of found(reference, inputs).values()) {
        expect(value === null || Number.isFinite(value)).toBe(true)
        if (value === null) expect([drifted, note === null]).toEqual([null, false])
      }
    }
    expect(found(flat, flat).get('drift:temp:gap@city=Lyon')).toMatchObject({ drifted: false })
  })
})
