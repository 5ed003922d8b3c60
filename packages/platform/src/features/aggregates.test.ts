import { expect, it } from 'vitest'
import {
  aggregateAt,
  distinctOf,
  hashRange,
  levelsOf,
  sketchSize,
  stepMsOf,
  type Tile,
  wrongAggregate,
} from './aggregates.ts'
import type { Feature } from './model.ts'

const feature = (
  made: NonNullable<Feature['aggregate']>['function'],
  window: string,
  type: Feature['type'] = 'number',
): Feature => ({
  name: `${made}_${window}`,
  type,
  column: 'v',
  aggregate: { function: made, window },
})
const minute = 60_000_000
const tile = (i: number, ...p: readonly (string | null)[]): Tile => ({ l: 0, i, p })
const at = (one: Feature, tiles: readonly Tile[], minutes: number) =>
  aggregateAt({ features: [one] }, { feature: 0, tiles }, minutes * minute)

it('cuts windows into a few hundred steps at most, each beginning at one', () => {
  for (const [window, step] of [
    [60_000, 60_000],
    [3_600_000, 60_000],
    [3_600_001, 300_000],
    [12 * 3_600_000, 300_000],
    [7 * 86_400_000, 3_600_000],
    [30 * 86_400_000, 86_400_000],
  ] as const) {
    expect(stepMsOf(window)).toBe(step)
    expect(window / step).toBeLessThan(750)
  }
  const features = [feature('sum', '1h'), feature('sum', '30m'), feature('max', '7d')]
  expect(levelsOf({ features })).toEqual([
    { stepUs: minute, windowUs: 60 * minute },
    { stepUs: 60 * minute, windowUs: 7 * 24 * 60 * minute },
  ])
})

it('counts steps from the one in which the window begins to the one of the time itself', () => {
  const tiles = [tile(39, '1'), tile(40, '10'), tile(100, '100'), tile(101, '1000')]
  expect(at(feature('sum', '1h'), tiles, 100)).toBe(110)
  expect(at(feature('sum', '1h'), tiles, 100.9)).toBe(110)
  expect(at(feature('sum', '1h'), tiles, 101)).toBe(1100)
  expect(at(feature('sum', '1h'), tiles, 999)).toBe(0)
})

it('merges parts of every function', () => {
  const of = (made: Parameters<typeof feature>[0], type: Feature['type'], ...parts: string[]) =>
    at(
      feature(made, '1h', type),
      parts.map((part, i) => tile(i, part)),
      10,
    )
  expect(of('count', 'integer', '2', '3')).toBe(5)
  expect(of('sum', 'integer', '9007199254740993', '2')).toBe('9007199254740995')
  expect(of('sum', 'number', '1e16', '1', '-1e16')).toBe(1)
  expect(of('sum', 'number', '1', 'nan')).toBe('NaN')
  expect(of('mean', 'number', '10 4', '2 2')).toBe(2)
  expect(of('min', 'number', '3', '-inf', '2')).toBe('-Infinity')
  expect(of('max', 'number', '3', 'nan', 'inf')).toBe('NaN')
  expect(of('min', 'number', 'nan', '5')).toBe(5)
  expect(of('max', 'integer', '9007199254740993', '9007199254740994')).toBe('9007199254740994')
  expect(of('max', 'timestamp', '2024-01-01 00:00:00.5', '2024-01-01 00:00:00')).toBe(
    '2024-01-01T00:00:00.500Z',
  )
  expect(of('min', 'date', '2024-02-01', '2024-01-31')).toBe('2024-01-31')
  expect(of('last', 'string', 'a', 'b')).toBe('b')
  expect(of('last', 'boolean', 'false', 'true')).toBe(true)
  expect(of('distinct', 'integer', '1 2 3', '2 3 4')).toBe(4)
  for (const made of ['mean', 'min', 'max', 'last'] as const)
    expect(at(feature(made, '1h'), [], 10)).toBe(null)
  for (const made of ['count', 'sum', 'distinct'] as const)
    expect(at(feature(made, '1h'), [], 10)).toBe(0)
})

it('estimates many distinct values within a few per cent, merged as if they were one', () => {
  let state = 1n
  const next = () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n)
    return Number(state >> 12n)
  }
  const sketch = (hashes: readonly number[]) =>
    hashes
      .toSorted((a, b) => a - b)
      .slice(0, sketchSize)
      .join(' ')
  for (const size of [100, sketchSize - 1, 2000, 50_000]) {
    const hashes = Array.from({ length: size }, next)
    expect(Math.max(...hashes)).toBeLessThan(hashRange)
    const parts = [hashes.slice(0, size / 3), hashes.slice(size / 4)].map(sketch)
    const found = distinctOf(parts)
    expect(found).toBe(distinctOf([sketch(hashes)]))
    if (size < sketchSize) expect(found).toBe(size)
    else expect(Math.abs(found / size - 1)).toBeLessThan(0.12)
  }
})

it.each([
  [[feature('sum', '1h'), { name: 'x', type: 'number' as const }], null, 'is no aggregate'],
  [[feature('sum', '1h')], '1d', 'has no `ttl`'],
  [[feature('sum', '30s')], null, 'is 30s: from 1m to 731d'],
  [[feature('sum', '800d')], null, 'is 800d'],
  [[feature('count', '1h', 'number')], null, 'but `count` gives integer'],
  [[feature('max', '1h', 'string')], null, 'but `max` gives'],
  [[{ ...feature('sum', '1h'), column: undefined as never }], null, 'which column'],
])('refuses what cannot be an aggregate: %#', (features, ttl, words) => {
  expect(wrongAggregate({ features, ttl })).toContain(words)
})
