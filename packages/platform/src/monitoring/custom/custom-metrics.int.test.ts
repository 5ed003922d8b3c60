import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BundleFile } from '../../pipelines/index.ts'
import { stepEnvironment } from '../../pipelines/index.ts'
import { testDialects } from '../../storage/test-databases.ts'
import { hourMs, start, TestMonitoring, TestStore, tableOf } from '../test-monitoring.ts'
import { MetricProcess } from './metric-process.ts'

const module = 'kaizen.ts'
const code = `
import { customMetric } from '@kaizen/sdk'
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
export const answers = customMetric('answers', { run: ({ rows }) => mean(rows.map((row) => row.outputs.variable as number)) })
export const takings = customMetric('takings', {
  labels: true,
  run: ({ rows, segment, reference }) => {
    const known = rows.filter((row) => row.actual !== null)
    const total = known.reduce((sum, row) => sum + (row.actual as number), 0)
    return {
      total: { value: total, above: 1000, band: [total - 1, total + 1], reference: 40, note: segment ?? 'all' },
      rows: reference === null ? null : reference.rows,
    }
  },
})
export const throws = customMetric('throws', { run: () => { throw new Error('no price for this city') } })
export const hangs = customMetric('hangs', { run: () => { for (;;); } })
export const ends = customMetric('ends', { run: () => process.exit(3) })
export const infinite = customMetric('infinite', { run: () => 1 / 0 })
export const words = customMetric('words', { run: () => 'much' as never })
export const secret = customMetric('secret', { run: () => Object.keys(process.env).filter((name) => name.includes('SECRET')).length })
`

/** Long enough to start a process on the busiest machine. */
const metric = (name: string, changes: object = {}) => ({
  name,
  module,
  export: name,
  codeDigest: '1',
  timeout: '50s',
  ...changes,
})

describe.each(testDialects)('metrics of the project, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  let folder: string
  let bundle: readonly BundleFile[]
  beforeAll(async () => {
    store = await TestStore.open(dialect)
    folder = await mkdtemp(join(tmpdir(), 'kaizen-metrics-'))
    const { digest, sizeBytes } = await store.blobs.put(new TextEncoder().encode(code))
    bundle = [{ path: module, digest, sizeBytes }]
  })
  afterAll(async () => {
    await store[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
  const world = (name: string): TestMonitoring => {
    process.env['OWN_SECRET'] = 'x'
    const environment = stepEnvironment(process.env, {})
    return new TestMonitoring(store, name, {
      metrics: new MetricProcess({ blobs: store.blobs, folder, environment }),
    })
  }
  const hourOf = ({ log }: TestMonitoring, at: number): void => {
    for (let minute = 0; minute < 60; minute++)
      log.add({
        at: at + minute * 60_000,
        inputs: { city: minute % 3 === 0 ? 'Lyon' : 'Paris' },
        answer: minute,
      })
  }

  it('are computed over rows, answers and labels, restated, by segment, with bands and bounds', async () => {
    await using watch = world('takings')
    await watch.declare(
      {
        window: '1h',
        performance: { metrics: ['mae'], window: '1h', minSamples: 1 },
        custom: [
          metric('answers', { below: 40 }),
          metric('takings', { labels: true, minRows: 10, segments: ['city'] }),
        ],
        thresholds: [{ metric: 'custom:takings:total@*', aboveReference: 2 }],
        alerts: [{ name: 'low', metric: 'custom:answers' }],
      },
      bundle,
    )
    await watch.trainedOn(tableOf({ city: ['Lyon', 'Paris', 'Paris'] }))
    hourOf(watch, start)
    for (let minute = 0; minute < 60; minute += 2) watch.log.label(start + minute * 60_000, 10)
    await watch.advance(start + hourMs)
    let metrics = await watch.metrics()
    expect(metrics.get('custom:answers')).toMatchObject({ value: 29.5, lower: 40, drifted: true })
    const total = { value: 300, threshold: 1000, drifted: false, band: [299, 301], note: 'all' }
    expect(metrics.get('custom:takings:total')).toMatchObject(total)
    expect(metrics.get('custom:takings:rows')?.value).toBe(3)
    const paris = { value: 200, threshold: 80, drifted: true, note: 'city=Paris' }
    expect(metrics.get('custom:takings:total@city=Paris')).toMatchObject(paris)
    expect((await watch.service.alerts.active(watch.name)).map(({ rule }) => rule)).toEqual(['low'])

    for (let minute = 1; minute < 60; minute += 2) watch.log.label(start + minute * 60_000, 100)
    hourOf(watch, start + hourMs)
    await watch.advance(start + 2 * hourMs)
    const [restated, later] = await watch.series('custom:takings:total')
    expect(restated).toMatchObject({ value: 3300, revision: 2, drifted: true })
    expect(later).toBeUndefined()
    metrics = await watch.metrics()
    const few = { value: null, drifted: null, note: 'not enough data: 0 of 10 labelled rows' }
    expect(metrics.get('custom:takings')).toMatchObject(few)
    const before = await watch.service.reader.windows(watch.name, {
      kind: 'performance',
      before: null,
      limit: 9,
    })
    await watch.service.recomputation.run(watch.name, { from: 0, to: Number.MAX_SAFE_INTEGER })
    const after = await watch.service.reader.windows(watch.name, {
      kind: 'performance',
      before: null,
      limit: 9,
    })
    expect(after.map(({ revision }) => revision)).toEqual(before.map(({ revision }) => revision))
  })

  it('that fail, hang, end or answer no number are values that are missing, with the reason', async () => {
    await using watch = world('failing')
    const names = ['throws', 'ends', 'infinite', 'words', 'secret', 'absent']
    await watch.declare(
      {
        window: '1h',
        custom: [metric('hangs', { timeout: '300ms' }), ...names.map((n) => metric(n))],
      },
      bundle,
    )
    hourOf(watch, start)
    await watch.advance(start + hourMs)
    const metrics = await watch.metrics()
    const said = (name: string) => metrics.get(`custom:${name}`)
    for (const name of names.filter((one) => one !== 'secret'))
      expect(said(name)).toMatchObject({ value: null, drifted: null })
    expect(said('throws')?.note).toBe('the metric failed: no price for this city')
    expect(said('hangs')?.note).toBe('the metric failed: took longer than 300 ms and was ended')
    expect(said('ends')?.note).toContain('ended with status 3')
    expect(said('infinite')?.note).toBe('custom is not defined on these rows')
    expect(said('words')?.note).toContain('answer a number or a record of numbers')
    expect(said('absent')?.note).toContain('exports no metric named "absent"')
    expect(said('secret')?.value).toBe(0)
  })

  it('that the end of the server cuts off leave the window open for its next life', async () => {
    const metrics = new MetricProcess({ blobs: store.blobs, folder, environment: {} })
    await using watch = new TestMonitoring(store, 'cut-off', { metrics })
    await watch.declare({ window: '1h', custom: [metric('hangs', { timeout: '1m' })] }, bundle)
    hourOf(watch, start)
    const closing = watch.advance(start + hourMs)
    const cut = expect(closing).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    // Some time into the endless loop, or before it: neither is a window.
    await new Promise((resolve) => setTimeout(resolve, 300))
    await metrics[Symbol.asyncDispose]()
    await cut
    expect((await watch.service.reader.view(watch.name)).windows).toBe(0)
  })

  it('without their code say so, and are refused where they cannot be computed', async () => {
    await using watch = world('without')
    await watch.declare({ window: '1h', custom: [metric('answers')] })
    hourOf(watch, start)
    await watch.advance(start + hourMs)
    const { note } = (await watch.metrics()).get('custom:answers')!
    expect(note).toBe('the metric failed: the project has no file kaizen.ts')
    await expect(watch.declare({ custom: [metric('takings', { labels: true })] })).rejects.toThrow(
      'declare performance',
    )
    await expect(watch.declare({ custom: [metric('answers'), metric('answers')] })).rejects.toThrow(
      'a name of its own',
    )
    await expect(watch.declare({ custom: [metric('answers', { timeout: '1h' })] })).rejects.toThrow(
      'at most 10m',
    )
    await expect(
      watch.declare({ custom: [metric('answers')] }, [
        { path: '../x.ts', digest: '1', sizeBytes: 1 },
      ]),
    ).rejects.toMatchObject({ code: 'INVALID_PATH' })
  })
})
