import { describe, expect, test } from 'vitest'
import * as ml from '../index.ts'
import { CALLS, WRITERS } from './calls.ts'

/**
 * Laws of every public function: the same call gives the same answer, and leaves its arguments as they were. A new export
 * without a call in `calls.ts` fails here. The order of rows and the merging of parts are held in `laws.test.ts`.
 */
const functions = Object.entries(ml).flatMap(([name, value]) =>
  typeof value === 'function' && /^[a-z]/u.test(name)
    ? [[name, value as (...args: readonly unknown[]) => unknown] as const]
    : [],
)

/** A value as text, arrays of numbers and maps included; functions are left out. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => {
    if (inner instanceof Map) return [...inner]
    if (inner instanceof Set) return [...inner]
    if (ArrayBuffer.isView(inner)) return Array.from(inner as Float64Array, String)
    return typeof inner === 'number' ? String(inner) : inner
  }) ?? 'nothing'

test('every public function has a call, and every call a function', () => {
  const names = new Set(functions.map(([name]) => name))
  expect([...names].filter((name) => !(name in CALLS) && !WRITERS.has(name))).toEqual([])
  expect([...Object.keys(CALLS), ...WRITERS].filter((name) => !names.has(name))).toEqual([])
})

describe.each(functions.filter(([name]) => name in CALLS))('%s', (name, run) => {
  const call = CALLS[name]!

  test('gives the same answer to the same call, and leaves its arguments as they were', () => {
    const args = call()
    const before = shown(args)
    const answer = shown(run(...args))
    expect(shown(args)).toBe(before)
    expect(shown(run(...call()))).toBe(answer)
    if (name !== 'insufficient') expect(answer).not.toContain('"status":"insufficient"')
  })
})

describe('sketches', () => {
  const random = ml.seededRandom(4)
  const values = Float64Array.from({ length: 20_000 }, () => random() ** 3)
  const parts = [values.slice(0, 3000), values.slice(3000, 3001), values.slice(3001)]

  test('quantiles of merged parts are those of the whole within the stated rank error, and survive being written', () => {
    const sorted = values.toSorted()
    const merged = new ml.QuantileSketch()
    for (const part of parts.toReversed()) {
      const sketch = new ml.QuantileSketch()
      sketch.add(part)
      merged.merge(ml.QuantileSketch.fromJson(JSON.parse(JSON.stringify(sketch.toJson()))))
    }
    for (const share of [0, 0.01, 0.25, 0.5, 0.9, 1]) {
      const [answer] = merged.quantiles([share])
      const rank = sorted.filter((value) => value <= answer!).length / sorted.length
      expect(Math.abs(rank - share)).toBeLessThan(0.02)
    }
    expect([merged.min, merged.max]).toEqual([sorted[0], sorted.at(-1)])
  })

  test('frequent items of merged parts hold the true counts between their bounds', () => {
    const items = Array.from(values, (value) => `item ${Math.floor(4000 * value)}`)
    const counts = new Map<string, number>()
    for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
    const merged = new ml.FrequentItems()
    for (const [from, to] of [
      [9000, 20_000],
      [0, 9000],
    ] as const) {
      const sketch = new ml.FrequentItems()
      for (const item of items.slice(from, to)) sketch.add(item)
      merged.merge(ml.FrequentItems.fromJson(JSON.parse(JSON.stringify(sketch.toJson()))))
    }
    for (const { item, lower, upper } of merged.top(50)) {
      expect(counts.get(item)).toBeGreaterThanOrEqual(lower)
      expect(counts.get(item)).toBeLessThanOrEqual(upper)
    }
  })

  test.each([
    ['quantiles', ml.QuantileSketch, new ml.QuantileSketch().toJson()],
    ['distinct values', ml.DistinctSketch, new ml.DistinctSketch().toJson()],
    ['frequent items', ml.FrequentItems, new ml.FrequentItems().toJson()],
  ] as const)(
    'the serialised form of %s states its version, another one is refused',
    (_, sketch, json) => {
      expect(json.version).toBe(1)
      const read = sketch.fromJson as (json: unknown) => unknown
      expect(() => read({ ...json, version: 99 })).toThrow(ml.MlError)
    },
  )

  test('profiles of merged parts are those of the whole', () => {
    const profile = (part: Float64Array) => ml.profileColumn(ml.numericColumn('x', part))
    const [first, second, third] = parts.map(profile)
    const left = ml.summarizeProfile(ml.mergeProfiles(ml.mergeProfiles(first!, second!), third!))
    const right = ml.summarizeProfile(ml.mergeProfiles(first!, ml.mergeProfiles(second!, third!)))
    const whole = ml.summarizeProfile(profile(values))
    for (const merged of [left, right]) {
      if (merged.kind !== 'numeric' || whole.kind !== 'numeric') throw new Error('not numeric')
      expect(merged.count).toBe(whole.count)
      expect(merged.mean).toBeCloseTo(whole.mean!, 12)
      expect(merged.variance).toBeCloseTo(whole.variance!, 12)
      expect(Math.abs(merged.distinct / whole.distinct - 1)).toBeLessThan(0.05)
    }
  })
})
