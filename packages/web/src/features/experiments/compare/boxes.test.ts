import { expect, it } from 'vitest'
import { readRun } from '../wire.ts'
import { boxesOf } from './boxes.ts'

const run = (params: Record<string, string>, metrics: Record<string, number>) =>
  readRun({
    info: { run_id: 'r' },
    data: {
      params: Object.entries(params).map(([key, value]) => ({ key, value })),
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value })),
    },
  })
const withDepth = (depth: string, values: readonly number[]) =>
  values.map((mae) => run({ depth }, { mae }))

it('has quartiles, whiskers and what lies beyond them for each value of a parameter', () => {
  const runs = [
    ...withDepth('10', [5]),
    ...withDepth('2', [1, 2, 3, 4, 100]),
    ...withDepth('0.5', [1]),
  ]
  const [, two, ten] = boxesOf(runs, 'params.depth', 'mae')
  expect(two).toEqual({
    label: '2',
    count: 5,
    lower: 2,
    median: 3,
    upper: 4,
    whiskers: [1, 4],
    outliers: [{ run: 5, value: 100 }],
  })
  expect(ten).toMatchObject({ label: '10', lower: 5, median: 5, upper: 5, whiskers: [5, 5] })
})

it('cuts a field of many numbers into parts of equally many runs', () => {
  const runs = Array.from({ length: 60 }, (_, i) => run({ rate: String(i) }, { mae: i }))
  const boxes = boxesOf(runs, 'params.rate', 'mae')
  expect(boxes.map(({ count }) => count)).toEqual([10, 10, 10, 10, 10, 10])
  expect(boxes[0]?.label).toBe('0 – 9')
  expect(boxes[5]?.median).toBe(54.5)
})

it('leaves out runs without the field or with no finite value', () => {
  const runs = [
    run({}, { mae: 1 }),
    run({ depth: '1' }, {}),
    run({ depth: '1' }, { mae: Infinity }),
  ]
  expect(boxesOf(runs, 'params.depth', 'mae')).toEqual([])
})
