import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorDeclaration } from '@kaizen/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { ReplayClock, randomIds, systemActor } from '../kernel/index.ts'
import { type BlobStore, openFileBlobs, type Table } from '../storage/index.ts'
import { type TestDatabase, testDatabase, testDialects } from '../storage/test-databases.ts'
import { monitoringMigrations } from './migrations.ts'
import { MonitoringService } from './service.ts'
import { BatchRows } from './sources/batches.ts'
import { noDatasets, noFeatures, noRuns } from './test-monitoring.ts'
import { TestPredictionLog } from './test-prediction-log.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const start = Date.UTC(2012, 0, 1)
const migrations = [...auditMigrations, ...monitoringMigrations]

/** Temperature with the course of a day, a little different each day. */
const temp = (at: number): number =>
  0.4 + 0.2 * Math.sin((2 * Math.PI * (at % dayMs)) / dayMs) + 0.01 * Math.sin(at / dayMs)
const sky = (at: number): string => (Math.floor(at / hourMs) % 3 === 0 ? 'rain' : 'sun')
const hours = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, hour) => from + hour * hourMs)

/** The ninety days before the start. */
const trained: Table = (() => {
  const at = hours(start - 90 * dayMs, 90 * 24)
  return {
    rowCount: at.length,
    columns: [
      { name: 'temp', type: 'number', values: Float64Array.from(at, temp) },
      { name: 'sky', type: 'string', values: at.map(sky) },
      { name: 'year', type: 'integer', values: Float64Array.from(at, () => 2011) },
    ],
  }
})()
const answers = {
  name: 'variable',
  type: 'number',
  values: Float64Array.from(hours(start - 90 * dayMs, 90 * 24), (at) => 100 * temp(at)),
} as const

describe.each(testDialects)('monitoring on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let opened: TestDatabase
  let folder: string
  let blobs: BlobStore
  let round = 0

  beforeAll(async () => {
    opened = await testDatabase(dialect, migrations)
    folder = await mkdtemp(join(tmpdir(), 'kaizen-monitoring-'))
    blobs = await openFileBlobs(folder)
  })
  afterAll(async () => {
    await opened[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  let clock: ReplayClock
  let log: TestPredictionLog
  let audit: AuditLog
  let monitoring: MonitoringService
  let name: string

  const service = (database = opened.database): MonitoringService =>
    new MonitoringService({
      database,
      audit: new AuditLog(database, clock),
      blobs,
      clock,
      ids: randomIds(),
      serving: log,
      datasets: noDatasets,
      runs: noRuns,
      features: noFeatures,
      batches: new BatchRows({ database, audit, blobs, clock }),
    })
  const declare = async (changes: object = {}): Promise<void> => {
    const declaration = monitorDeclaration.parse({
      name,
      endpoint: `endpoint-${name}`,
      performance: { metrics: ['mae'], window: '7d' },
      naive: { lag: '1d' },
      ...changes,
    })
    await opened.database.write((tx) =>
      monitoring.declare(tx, systemActor, declaration, { project: 'test' }),
    )
  }
  const setReference = async (): Promise<void> => {
    const prepared = await monitoring.prepareReference(name, {
      table: trained,
      prediction: answers,
    })
    await opened.database.write((tx) =>
      monitoring.setReference(tx, systemActor, name, {
        modelVersion: 1,
        prepared,
        performance: { mae: 4 },
      }),
    )
  }
  /** Traffic of a day, hour by hour, off by `error`; a column can be planted with another value. */
  const traffic = (
    day: number,
    planted: { readonly temp?: (value: number) => number; readonly error?: number } = {},
  ): void => {
    for (const at of hours(start + day * dayMs, 24)) {
      const value = planted.temp?.(temp(at)) ?? temp(at)
      const inputs = { temp: value, sky: sky(at), year: 2012 }
      log.add({ at, inputs, answer: 100 * temp(at) })
    }
  }
  const label = (day: number, error: number): void => {
    for (const at of hours(start + day * dayMs, 24)) log.label(at, 100 * temp(at) + error)
  }
  const advance = async (toDay: number): Promise<void> => {
    clock.moveTo(start + toDay * dayMs)
    while (await monitoring.tick(clock.now()));
  }
  const eventsOf = async (type: string) =>
    (await audit.list({ type, subject: `monitor:${name}`, limit: 1000 })).items
  const values = async (metric: string) =>
    monitoring.reader.series(name, metric, { from: 0, to: Number.MAX_SAFE_INTEGER })

  beforeEach(() => {
    round++
    name = `watch-${round}`
    clock = new ReplayClock(start)
    log = new TestPredictionLog()
    audit = new AuditLog(opened.database, clock)
    monitoring = service()
    return async () => {
      await opened.database.write((tx) => monitoring.remove(tx, systemActor, name))
    }
  })

  it('names the column whose unit is wrong, within the day', async () => {
    await declare({ alerts: [{ name: 'out-of-range', metric: 'range:any', above: 0 }] })
    await setReference()
    for (let day = 0; day < 3; day++) traffic(day)
    traffic(3, { temp: (value) => value * 41 })
    await advance(3)
    expect(await monitoring.alerts.active(name)).toEqual([])
    await advance(4)
    const [alert] = await monitoring.alerts.active(name)
    expect(alert).toMatchObject({ rule: 'out-of-range', state: 'open', value: 1 })
    expect(alert?.message).toContain('temp (100 % out of range')
    expect(alert?.message).not.toContain('sky')
    traffic(4)
    await advance(5)
    expect(await monitoring.alerts.active(name)).toEqual([])
    expect((await eventsOf('monitoring.alert.opened')).length).toBe(1)
    expect((await eventsOf('monitoring.alert.resolved')).length).toBe(1)
  })

  it('judges each column by each method and keeps the distributions over the same cells', async () => {
    await declare({ drift: ['psi', 'ks', 'js', 'wasserstein', 'chi-square'], window: '2d' })
    await setReference()
    for (let day = 0; day < 4; day++) traffic(day, day < 2 ? {} : { temp: (value) => value + 0.3 })
    await advance(4)
    const [second, first] = await monitoring.reader.windows(name, {
      kind: 'drift',
      before: null,
      limit: 9,
    })
    const of = (window: typeof first, metric: string) =>
      window?.statistics.find((statistic) => statistic.metric === metric)
    expect(of(first, 'drift:temp:ks')).toMatchObject({ drifted: false, status: 'ok' })
    expect(of(second, 'drift:temp:ks')).toMatchObject({ drifted: true, threshold: 0.05 })
    expect(of(second, 'drift:temp:psi')?.value).toBeGreaterThan(of(first, 'drift:temp:psi')!.value!)
    expect(of(second, 'drift:temp:wasserstein')).toMatchObject({ drifted: true })
    expect(of(second, 'drift:sky:psi')).toMatchObject({ drifted: false })
    expect(of(second, 'drift:sky:chi-square')).toMatchObject({ drifted: false })
    expect(of(second, 'drift:sky:ks')).toBeUndefined()
    expect(of(second, 'prediction:ks')).toMatchObject({ drifted: false, currentRows: 48 })
    expect(of(second, 'drift:any:ks')).toMatchObject({ drifted: true })
    expect(of(second, 'drift:any:ks')?.note).toBe('year (1), temp (0.645)')
    // Another year is a shift of a constant, yet nowhere near a wrong unit.
    expect(of(second, 'range:year')).toMatchObject({ value: 0, drifted: false })
    expect(of(second, 'drift:year:psi')).toMatchObject({ drifted: true })
    const { distributions } = await monitoring.reader.window(second!.id)
    const cells = distributions.find(({ column }) => column === 'temp')!
    expect(cells.reference.edges).toEqual(cells.current.edges)
    expect(cells.reference.counts.reduce((sum, count) => sum + count, 0)).toBe(90 * 24)
    expect(cells.current.counts.reduce((sum, count) => sum + count, 0)).toBe(48)
  })

  it('counts missing values', async () => {
    await declare()
    await setReference()
    const at = hours(start, 24)
    for (const [hour, time] of at.entries()) {
      const inputs = { temp: hour < 6 ? Number.NaN : temp(time), sky: sky(time), year: 2011 }
      log.add({ at: time, inputs, answer: 1 })
    }
    await advance(1)
    const [point] = await values('missing:temp')
    expect(point).toMatchObject({ value: 0.25, drifted: true, threshold: 0.05 })
    expect((await values('missing:sky'))[0]).toMatchObject({ value: 0, drifted: false })
  })

  it('gives no verdict on too few rows', async () => {
    await declare()
    await setReference()
    for (const at of hours(start, 3)) {
      log.add({ at, inputs: { temp: 5, sky: 'sun', year: 2012 }, answer: 1 })
      log.label(at, 2)
    }
    await advance(1)
    const [point] = await values('drift:temp:psi')
    expect(point).toMatchObject({ value: null, drifted: null })
    expect(point?.note).toBe('not enough data: 3 of 20 rows for psi')
    const [mae] = await values('performance:mae')
    expect(mae).toMatchObject({ value: null, note: 'not enough data: 3 of 30 labelled rows' })
    expect(await monitoring.latest(name, 'performance:mae')).toBeNull()
  })

  it('restates performance as labels arrive, and keeps what it said before', async () => {
    await declare()
    await setReference()
    for (let day = 0; day < 10; day++) {
      traffic(day)
      // A day late, as the window of that day closes a second time.
      if (day > 0) label(day - 1, 5)
      await advance(day + 1)
    }
    const points = await values('performance:mae')
    expect(points).toHaveLength(10)
    // The newest window still waits for its last day.
    expect(points.at(-1)).toMatchObject({ revision: 1, rows: 6 * 24 })
    expect(points.at(-1)?.value).toBeCloseTo(5, 9)
    expect(points.at(-2)).toMatchObject({ revision: 2, rows: 7 * 24 })
    const listed = await monitoring.reader.windows(name, {
      kind: 'performance',
      before: null,
      limit: 2,
    })
    expect(listed[0]?.completeness).toBeCloseTo(6 / 7, 9)
    expect(listed[1]?.completeness).toBe(1)
    const detail = await monitoring.reader.window(listed[1]!.id)
    expect(detail.revisions.map(({ revision, labelled }) => [revision, labelled])).toEqual([
      [1, 6 * 24],
      [2, 7 * 24],
    ])
    const restated = await eventsOf('monitoring.window.restated')
    expect(restated).toHaveLength(9)
    expect(restated[0]?.data).toMatchObject({ revision: 2, before: { labelled: 144 } })
  })

  it('takes labels out of order, twice, and corrected', async () => {
    await declare()
    await setReference()
    for (let day = 0; day < 3; day++) traffic(day)
    await advance(3)
    label(2, 8)
    label(0, 2)
    label(0, 2)
    traffic(3)
    await advance(4)
    const before = await values('performance:mae')
    expect(before.map(({ value }) => value && Math.round(value))).toEqual([null, null, 5, 5])
    label(2, 2)
    traffic(4)
    await advance(5)
    const after = await values('performance:mae')
    expect(after[2]?.value).toBeCloseTo(2, 9)
    expect(after[2]?.revision).toBe(3)
    // Windows that end before the corrected day were not written again.
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2))
  })

  it('shows the naive forecast over the rows that it exists for', async () => {
    await declare({ performance: { metrics: ['mae'], window: '2d' } })
    await setReference()
    for (let day = 0; day < 4; day++) {
      traffic(day)
      label(day, day * 10)
    }
    await advance(4)
    const naive = await values('naive:mae')
    // The truth rises by ten a day, beside the small change of the days themselves.
    expect(naive.at(-1)?.value).toBeGreaterThan(9)
    expect(naive.at(-1)?.value).toBeLessThan(11.5)
    expect(naive.at(-1)?.rows).toBe(48)
    expect(naive[0]).toMatchObject({ value: null })
  })

  it('opens one alert for one incident, by k of n windows and against the reference', async () => {
    const rule = { name: 'worse', metric: 'performance:mae', aboveReference: 1.25 }
    await declare({
      performance: { metrics: ['mae'], window: '2d' },
      alerts: [{ ...rule, windows: 2, of: 3, severity: 'critical' }],
    })
    await setReference()
    // Reference 4, bound 5; the window of two days sees 2, 2, 6, 10, 10, 6, 2.
    const errors = [2, 2, 10, 10, 10, 2, 2, 2, 2]
    const states: (string | undefined)[] = []
    for (const [day, error] of errors.entries()) {
      traffic(day)
      label(day, error)
      await advance(day + 1)
      states.push((await monitoring.alerts.active(name))[0]?.state)
      if (day === 4) {
        const [alert] = await monitoring.alerts.active(name)
        await monitoring.alerts.acknowledge(systemActor, alert!.id, 'known')
      }
    }
    const none = undefined
    expect(states).toEqual([
      none,
      none,
      none,
      'open',
      'open',
      'acknowledged',
      'acknowledged',
      none,
      none,
    ])
    expect((await eventsOf('monitoring.alert.opened')).length).toBe(1)
    const [alert] = await monitoring.alerts.list({ monitor: name, before: null, limit: 5 })
    expect(alert).toMatchObject({ state: 'resolved', threshold: 5, severity: 'critical' })
    await expect(monitoring.alerts.acknowledge(systemActor, alert!.id, '')).rejects.toMatchObject({
      code: 'CONFLICT',
    })
  })

  it('closes what a standstill has missed, in order and once, also with two servers', async () => {
    await declare()
    await setReference()
    for (let day = 0; day < 12; day++) {
      traffic(day)
      label(day, 3)
    }
    clock.moveTo(start + 12 * dayMs + 5)
    const other = await opened.reopen()
    try {
      const second = service(other)
      await Promise.all([monitoring.tick(clock.now()), second.tick(clock.now())])
      while (await second.tick(clock.now()));
    } finally {
      await other.close()
    }
    const closed = [...(await eventsOf('monitoring.window.closed'))].reverse()
    expect(closed.map(({ data }) => (Number(data['from']) - start) / dayMs)).toEqual(
      Array.from({ length: 12 }, (_, day) => day),
    )
    const listed = await monitoring.reader.windows(name, { before: null, limit: 100 })
    expect(listed).toHaveLength(24)
    expect((await values('performance:mae')).map(({ revision }) => revision)).toEqual(
      Array(12).fill(1),
    )
    expect(await monitoring.tick(clock.now())).toBe(false)
  })

  it('waits for lateness, passes over the time before the first prediction, and closes gaps', async () => {
    await declare({ lateness: '6h' })
    await setReference()
    traffic(5)
    traffic(7)
    await advance(6)
    expect((await monitoring.reader.view(name)).windows).toBe(0)
    clock.moveTo(start + 6 * dayMs + 6 * hourMs)
    expect(await monitoring.tick(clock.now())).toBe(true)
    expect(await monitoring.reader.view(name)).toMatchObject({
      state: 'ok',
      windows: 2,
      lastWindowTo: start + 6 * dayMs,
      reference: { modelVersion: 1, rows: 90 * 24, performance: { mae: 4 } },
    })
    await advance(9)
    const listed = await monitoring.reader.windows(name, { kind: 'drift', before: null, limit: 9 })
    expect(listed.map(({ rows }) => rows)).toEqual([24, 0, 24])
  })

  it('reads each row of a sliding window about once', async () => {
    await declare()
    await setReference()
    for (let day = 0; day < 20; day++) {
      traffic(day)
      if (day > 0) label(day - 1, 5)
      await advance(day + 1)
    }
    // One read for the drift of each day, one more for the day whose labels have come, and those before the start.
    expect(log.reads).toBeLessThan(20 * 2 + 12)
  })
})
