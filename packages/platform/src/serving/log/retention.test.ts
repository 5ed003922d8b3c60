import { expect, it } from 'vitest'
import { compactableRun, type SegmentFacts } from './compactable.ts'
import type { PartFile } from './part.ts'
import { removals } from './retention.ts'

const day = 86_400_000
const file = (dayNumber: number, sizeBytes = 100): PartFile => ({
  path: `day=${dayNumber}/1.parquet`,
  day: String(dayNumber),
  rows: 1,
  liveRows: 1,
  minAt: dayNumber * day,
  maxAt: dayNumber * day + day - 1,
  sizeBytes,
})
const daysOf = (found: ReturnType<typeof removals>) =>
  found.map(({ file: { day: of }, reason }) => [of, reason])

it('takes away what is older than the days, and the oldest above the bytes', () => {
  const kept = { files: [file(3), file(1), file(2)], segmentBytes: 50 }
  const now = 4 * day
  expect(daysOf(removals(kept, { days: 0.9 }, now))).toEqual([
    ['1', 'age'],
    ['2', 'age'],
  ])
  expect(daysOf(removals(kept, { maxBytes: 200 }, now))).toEqual([
    ['1', 'size'],
    ['2', 'size'],
  ])
  expect(daysOf(removals(kept, { days: 2, maxBytes: 349 }, now))).toEqual([['1', 'age']])
  expect(removals(kept, { maxBytes: 350 }, now)).toEqual([])
  expect(removals(kept, { days: 1, maxBytes: 1, hold: true }, now)).toEqual([])
  expect(removals(kept, undefined, now)).toEqual([])
})

const segment = (number: number, rows: number, writtenAt = 0): SegmentFacts => ({
  number,
  rows,
  writtenAt,
  path: `${number}.log`,
  sizeBytes: rows,
})
const limits = { segmentRows: 100, segmentBytes: 1000 }

it.each([
  ['a full one at once', [segment(1, 100)], 0, [1, 1]],
  ['nothing while a small one is young', [segment(1, 10)], 0, undefined],
  ['a small one that has waited', [segment(1, 10)], day, [1, 1]],
  [
    'small ones together when they are as much as a part',
    [segment(1, 60), segment(2, 30), segment(3, 60)],
    0,
    [1, 2],
  ],
  ['eight small ones', Array.from({ length: 8 }, (_, i) => segment(i + 1, 1)), 0, [1, 8]],
  ['only those without a gap between them', [segment(1, 1), segment(3, 1)], 0, [1, 1]],
] as const)('makes a part of %s', (_, segments, now, expected) => {
  const run = compactableRun(segments, { now, ...limits })
  expect(run && [run.first, run.last]).toEqual(expected)
})

it('takes whatever there is when told to', () => {
  expect(compactableRun([segment(4, 1)], { now: 0, all: true, ...limits })?.paths).toEqual([
    '4.log',
  ])
  expect(compactableRun([], { now: 0, all: true, ...limits })).toBeUndefined()
})
