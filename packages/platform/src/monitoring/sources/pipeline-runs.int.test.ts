import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { dayMs, hourMs, start, TestMonitoring, TestStore } from '../test-monitoring.ts'
import { PipelineRuns, rowsOfRuns } from './pipeline-runs.ts'

type EndedRun = Parameters<typeof rowsOfRuns>[0][number]

const step = (node: string, changes: object = {}) => ({
  run: '',
  node,
  step: node,
  state: 'succeeded' as const,
  attempt: 1,
  startedAt: 0,
  endedAt: 1,
  durationMs: 2000,
  cacheReason: null,
  cacheKey: null,
  outputs: {},
  lineage: null,
  error: null,
  handle: null,
  ...changes,
})
const endedAt = (at: number, changes: object = {}, rows = 5000): EndedRun => ({
  run: {
    id: `run-${at}`,
    pipeline: 'fit',
    project: null,
    revision: '',
    state: 'succeeded',
    params: {},
    seed: 1,
    cache: true,
    trigger: 'cron',
    startedBy: 'system',
    trackingRunId: null,
    versions: null,
    createdAt: at - 70_000,
    startedAt: at - 60_000,
    endedAt: at,
    error: null,
    outputs: {},
    source: null,
    reproduces: null,
    ...changes,
  } as EndedRun['run'],
  steps: [
    step('load', {
      outputs: { rows: { kind: 'value', digest: null, sizeBytes: null, value: rows } },
    }),
    step('clean', {
      state: 'cached',
      outputs: { table: { kind: 'table', digest: 'x', sizeBytes: 900 } },
    }),
    step('fit', { state: 'skipped', durationMs: null }),
  ],
})

describe('rowsOfRuns', () => {
  it('is a row for each run, with what steps took, answered and wrote', () => {
    const failed = {
      state: 'failed',
      error: { code: 'STEP_FAILED', message: 'no luck' },
      startedAt: null,
    }
    const table = rowsOfRuns([endedAt(start), endedAt(start + 1, failed)])
    expect(table.error).toEqual([null, 'no luck'])
    expect([...table.latencyMs]).toEqual([60_000, Number.NaN])
    expect(
      Object.fromEntries(table.inputs.columns.map(({ name, values }) => [name, [...values]])),
    ).toEqual({
      'cached-steps': [1, 1],
      'clean.table:bytes': [900, 900],
      duration: [60, Number.NaN],
      'load.rows': [5000, 5000],
      'load:seconds': [2, 2],
      trigger: ['cron', 'cron'],
      waited: [10, Number.NaN],
    })
    expect(rowsOfRuns([]).inputs).toEqual({ rowCount: 0, columns: [] })
  })
})

describe.each(testDialects)('monitors of pipelines, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  beforeAll(async () => {
    store = await TestStore.open(dialect)
  })
  afterAll(() => store[Symbol.asyncDispose]())

  it('see failures, durations and row counts go astray', async () => {
    const ended = Array.from({ length: 10 * 24 }, (_, hour) => {
      const isBad = hour >= 9 * 24
      const at = start + hour * hourMs
      const failed = { state: 'failed', error: { code: 'STEP_FAILED', message: 'no luck' } }
      return endedAt(at, isBad && hour % 4 === 0 ? failed : {}, isBad ? 40 : 5000 + (hour % 7))
    })
    const runs = new PipelineRuns({
      endedRuns: async (_pipeline, { from, to }) =>
        ended.filter(({ run }) => run.endedAt! >= from && run.endedAt! < to),
      endedSpan: async () => ({ from: start, to: start + 10 * dayMs }),
    })
    await using world = new TestMonitoring(store, 'fit-watch', { runs })
    const reference = { kind: 'rolling', length: '30d' }
    const declared = { endpoint: null, pipeline: 'fit', window: '1d', reference, drift: ['auto'] }
    await world.declare({
      ...declared,
      thresholds: [{ metric: 'errors:share', above: 0.1 }],
      alerts: [{ name: 'fails', metric: 'errors:share' }],
    })
    await world.advance(start + 10 * dayMs)
    const metrics = await world.metrics()
    expect(metrics.get('volume:rows')?.value).toBe(24)
    expect(metrics.get('errors:share')).toMatchObject({ value: 0.25, drifted: true })
    expect(metrics.get('latency:p99')?.value).toBe(60_000)
    expect(metrics.get('drift:load.rows:auto')).toMatchObject({ drifted: true })
    expect(metrics.get('drift:duration:auto')).toMatchObject({ drifted: false })
    expect((await world.service.alerts.active(world.name)).map(({ rule }) => rule)).toEqual([
      'fails',
    ])
    await expect(world.declare({ ...declared, dataset: 'x' })).rejects.toThrow('not both')
    const performance = { metrics: ['mae'], window: '1d' }
    await expect(world.declare({ ...declared, performance })).rejects.toThrow(
      'no answers to be judged',
    )
  })
})
