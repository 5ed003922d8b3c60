import { describe, expect, it } from 'vitest'
import { profileOf } from '../drift/reference.ts'
import { pack, unpack } from './pack.ts'
import { StatisticsWorker } from './statistics-worker.ts'
import { computeWindow, type WindowTask } from './window-task.ts'

const rows = 6000
const numbers = (seed: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, row) =>
    row % 50 === 0 ? Number.NaN : (row * seed) % 997,
  )
const inputs = {
  rowCount: rows,
  columns: [
    ...[3, 5, 7, 11, 13, 17, 19].map((seed) => ({
      name: `n${seed}`,
      type: 'number' as const,
      values: numbers(seed),
    })),
    {
      name: 'text',
      type: 'string' as const,
      values: Array.from({ length: rows }, (_, row) => (row % 7 === 0 ? null : `t${row % 11}`)),
    },
    {
      name: 'truth',
      type: 'boolean' as const,
      values: Array.from({ length: rows }, (_, row) => (row % 9 === 0 ? null : row % 2 === 0)),
    },
  ],
}
const task: WindowTask = {
  kind: 'inputs',
  span: { from: 0, to: rows },
  declaration: {
    drift: ['psi', 'ks', 'auto'],
    columns: [],
    texts: [],
    embeddings: [],
    segments: ['text'],
    segmentDrift: null,
    performance: null,
    fairness: null,
    outliers: [],
    cost: null,
  },
  rows: {
    at: Float64Array.from({ length: rows }, (_, row) => row),
    version: new Float64Array(rows).fill(2),
    latencyMs: numbers(23),
    error: Array.from({ length: rows }, (_, row) => (row % 100 === 1 ? 'failed' : null)),
    inputs,
    outputs: {
      rowCount: rows,
      columns: [{ name: 'variable', type: 'number', values: numbers(29) }],
    },
    actual: Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? row : null)),
  },
  profile: profileOf(inputs, null),
  rolling: null,
  skew: null,
}

describe('StatisticsWorker', () => {
  it('computes large windows in its thread exactly as at once, again and for another reference', async () => {
    await using worker = new StatisticsWorker()
    const expected = computeWindow(task)
    expect(await worker.compute(task, 'a')).toEqual(expected)
    const again = await Promise.all([worker.compute(task, 'a'), worker.compute(task, 'b')])
    expect(again).toEqual([expected, expected])
    const moving = { ...task, profile: null, rolling: task.rows }
    expect(await worker.compute(moving, null)).toEqual(computeWindow(moving))
  })

  it('remembers no more references than it has room for, and asks for one that it forgot', async () => {
    await using worker = new StatisticsWorker()
    const expected = computeWindow(task)
    for (let round = 0; round < 18; round++) await worker.compute(task, `r${round}`)
    expect(await worker.compute(task, 'r0')).toEqual(expected)
  })

  it('fails the window whose data it cannot compute, and goes on', async () => {
    await using worker = new StatisticsWorker()
    const broken = { ...task, declaration: { ...task.declaration, drift: ['nothing'] } }
    await expect(worker.compute(broken as unknown as WindowTask, 'a')).rejects.toThrow()
    expect(await worker.compute(task, 'a')).toEqual(computeWindow(task))
  })
})

describe('pack', () => {
  it('is undone by unpack, whatever the data', async () => {
    const data = {
      long: Array.from({ length: 5000 }, (_, i) => [null, 'a', 7, true][i % 4]),
      short: [1, null, 'x'],
      numbers: Float64Array.of(1, Number.NaN),
      nested: [{ list: Array.from({ length: 1500 }, (_, i) => `v${i % 3}`) }],
      nothing: null,
      unlike: Array.from({ length: 3000 }, (_, i) =>
        i % 7 === 0 ? null : i % 11 === 0 ? '' : `é\u{1f642}${i}`,
      ),
      mixed: Array.from({ length: 3000 }, (_, i) => (i === 2999 ? true : `v${i}`)),
    }
    expect(unpack(await pack(data, () => Promise.resolve()))).toEqual(data)
  })
})
