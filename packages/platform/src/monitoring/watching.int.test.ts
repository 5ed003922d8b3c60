import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../kernel/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import { htmlReport } from './export/report.ts'
import { count, heat, hourOf, sky, trained } from './test-hours.ts'
import { dayMs, hourMs, start, TestMonitoring, TestStore, tableOf } from './test-monitoring.ts'

describe.each(testDialects)('what a monitor watches, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  beforeAll(async () => {
    store = await TestStore.open(dialect)
  })
  afterAll(() => store[Symbol.asyncDispose]())

  it('names the statistic that was chosen, new and mistyped values, errors and latency', async () => {
    await using world = new TestMonitoring(store, 'chosen')
    await world.declare({ window: '1h', drift: ['auto'] })
    await world.trainedOn(trained)
    hourOf(world, start)
    await world.advance(start + hourMs)
    let metrics = await world.metrics()
    expect(metrics.get('drift:temp:auto')).toMatchObject({ drifted: false })
    const [calm] = await world.service.reader.windows(world.name, { before: null, limit: 1 })
    const methodOf = (metric: string) =>
      calm?.statistics.find((statistic) => statistic.metric === metric)?.method
    expect(methodOf('drift:temp:auto')).toBe('wasserstein')
    expect(methodOf('drift:sky:auto')).toBe('js')
    expect(metrics.get('volume:rows')?.value).toBe(60)
    expect(metrics.get('freshness:seconds')?.value).toBe(60)
    expect(metrics.get('latency:p50')?.value).toBe(30)
    expect(metrics.get('latency:p99')?.value).toBe(60)
    expect(metrics.get('new:any')).toMatchObject({ value: 0, drifted: false })

    hourOf(world, start + hourMs, {
      sky: (minute) => (minute < 6 ? 'hail' : 'sun'),
      temp: (minute) => (minute % 2 ? 'warm' : '20'),
    })
    world.log.add({
      at: start + hourMs + 1,
      inputs: { temp: '1', sky: 'sun' },
      answer: 0,
      error: 'the model failed',
    })
    await world.advance(start + 2 * hourMs)
    metrics = await world.metrics()
    const share = metrics.get('new:sky')
    expect(share).toMatchObject({ drifted: true, note: '9.8 % not in the reference: hail' })
    expect(metrics.get('mistyped:temp')).toMatchObject({ drifted: true })
    expect(metrics.get('mistyped:temp')?.value).toBeCloseTo(30 / 61, 12)
    expect(metrics.get('errors:share')?.value).toBeCloseTo(1 / 61, 12)
  })

  it('says which columns of the reference are absent, and which are new', async () => {
    await using world = new TestMonitoring(store, 'schema')
    await world.declare({ window: '1h' })
    await world.trainedOn(trained)
    for (const minute of count(60))
      world.log.add({ at: start + minute, inputs: { temp: minute, wind: 1 }, answer: 1 })
    await world.advance(start + hourMs)
    const metrics = await world.metrics()
    expect(metrics.get('schema:absent')).toMatchObject({ value: 1, drifted: true, note: 'sky' })
    expect(metrics.get('schema:added')).toMatchObject({ value: 1, drifted: true, note: 'wind' })
  })

  it('slides, and keeps to its thresholds: fixed, by variation, by season', async () => {
    await using world = new TestMonitoring(store, 'sliding')
    await world.declare({
      window: '2h',
      every: '1h',
      drift: ['psi'],
      thresholds: [
        { metric: 'volume:rows', deviations: 3, history: 10 },
        { metric: 'drift:*:psi', above: 1000 },
        { metric: 'latency:p99', deviations: 3, season: '2h', history: 5 },
      ],
      alerts: [{ name: 'volume', metric: 'volume:rows' }],
    })
    await world.trainedOn(trained)
    for (const hour of count(8)) hourOf(world, start + hour * hourMs)
    await world.advance(start + 8 * hourMs)
    const volumes = await world.series('volume:rows')
    // The first window reaches back before the first row.
    expect(volumes.map(({ value }) => value)).toEqual([60, 120, 120, 120, 120, 120, 120, 120])
    expect(volumes.slice(0, 3).every(({ drifted }) => drifted === null)).toBe(true)
    expect(volumes[1]?.note).toBe('no bound yet: 1 of 3 earlier windows with a value')
    expect(volumes.at(-1)).toMatchObject({ drifted: false })
    expect(volumes.at(-1)?.lower).toBeLessThan(120)
    expect(await world.service.alerts.active(world.name)).toEqual([])
    expect((await world.metrics()).get('drift:any:psi')).toMatchObject({ drifted: false })
    // No rows at all for two hours: the volume falls out of its band, and the alert goes by that verdict.
    await world.advance(start + 10 * hourMs)
    const [alert] = await world.service.alerts.active(world.name)
    expect(alert).toMatchObject({ rule: 'volume', state: 'open', value: 0 })
    expect(alert?.message).toContain('volume:rows is 0, outside its bound')
  })

  it('closes by the number of rows, rows of one instant together', async () => {
    await using world = new TestMonitoring(store, 'counted')
    await world.declare({ count: 50, drift: ['psi'] })
    await world.trainedOn(trained)
    for (const index of count(130)) {
      const inputs = { temp: heat(index), sky: sky(index) }
      world.log.add({ at: start + index * 1000, inputs, answer: 1 })
    }
    await world.advance(start + hourMs)
    expect((await world.series('volume:rows')).map(({ value }) => value)).toEqual([50, 50])
    expect(await world.service.tick(world.clock.now())).toBe(false)
    for (const index of count(20))
      world.log.add({ at: start + 130_000 + index, inputs: { temp: 1, sky: 'sun' }, answer: 1 })
    await world.advance(start + hourMs + 1)
    expect((await world.series('volume:rows')).map(({ value }) => value)).toEqual([50, 50, 50])
    const [last] = await world.service.reader.windows(world.name, { before: null, limit: 1 })
    expect([last?.from, last?.to]).toEqual([start + 100_000, start + 130_020])
  })

  it('computes its history when it is new, and exactly the same again', async () => {
    await using world = new TestMonitoring(store, 'history')
    for (const hour of count(30)) hourOf(world, start + hour * hourMs)
    world.clock.moveTo(start + 30 * hourMs)
    await world.declare({ window: '1h', drift: ['ks'] })
    await world.trainedOn(trained)
    await world.advance(start + 30 * hourMs)
    const before = await world.series('drift:temp:ks')
    expect(before).toHaveLength(30)
    const whole = { from: 0, to: Number.MAX_SAFE_INTEGER }
    expect(await world.service.recomputation.run(world.name, whole)).toEqual({
      windows: 30,
      changed: 0,
    })
    expect(await world.series('drift:temp:ks')).toEqual(before)

    await world.jobs.start()
    await world.declare({ window: '2h', drift: ['ks'], segments: ['sky'] })
    const asked = await world.service.recomputation.request(systemActor, world.name, whole)
    expect(asked.windows).toBe(15)
    await world.jobs.settled()
    expect(world.failures).toEqual([])
    const after = await world.series('drift:temp:ks')
    expect(after.map(({ at }) => at)).toEqual(count(15).map((i) => start + (i + 1) * 2 * hourMs))
    const [newest] = await world.service.reader.windows(world.name, { before: null, limit: 1 })
    expect(newest).toMatchObject({ monitorVersion: 2, revision: 2, rows: 120 })
    expect((await world.series('volume:rows@sky=rain')).map(({ value }) => value)).toEqual(
      count(15).map(() => 24),
    )
    const versions = await world.service.reader.versions(world.name)
    expect(versions.map(({ version, declaration }) => [version, declaration.window])).toEqual([
      [2, '2h'],
      [1, '1h'],
    ])
    // The same declaration again is no new version.
    await world.declare({ window: '2h', drift: ['ks'], segments: ['sky'] })
    expect((await world.service.reader.view(world.name)).version).toBe(2)
  })

  it('compares with a span of its own rows, and with the hours before each window', async () => {
    await using fixed = new TestMonitoring(store, 'own-window')
    const reference = { kind: 'window', from: start, to: start + 10 * hourMs }
    await fixed.declare({ window: '1h', drift: ['psi'], reference })
    await using rolling = new TestMonitoring(store, 'own-rolling')
    const length = { kind: 'rolling', length: '5h' }
    await rolling.declare({ window: '1h', drift: ['psi'], reference: length })
    for (const world of [fixed, rolling]) {
      for (const hour of count(20)) {
        const shifted = hour >= 12 ? { temp: (minute: number) => 200 + minute } : {}
        hourOf(world, start + hour * hourMs, shifted)
      }
      await world.advance(start + 20 * hourMs)
    }
    expect((await fixed.service.reader.view(fixed.name)).reference).toMatchObject({
      modelVersion: 0,
      rows: 600,
      source: 'rows from 2012-01-02T00:00:00.000Z to 2012-01-02T10:00:00.000Z',
    })
    const far = (await fixed.series('drift:temp:psi')).slice(10)
    expect(far.map(({ drifted }) => drifted)).toEqual(count(10).map((hour) => hour >= 2))
    const near = await rolling.series('drift:temp:psi')
    // Nothing lies before the first window, and six hours after the change nothing else does.
    expect(near.find(({ at }) => at === start + 13 * hourMs)).toMatchObject({ drifted: true })
    expect(near.at(-1)).toMatchObject({ drifted: false })
  })

  it('watches a dataset by its event time, against one of its versions', async () => {
    const rows = async (_name: string, { from, to }: { from: number; to: number }) => {
      const at = count((to - from) / 60_000).map((minute) => from + minute * 60_000)
      const shift = from >= start + 2 * hourMs ? 500 : 0
      return {
        at: Float64Array.from(at),
        version: new Float64Array(at.length).fill(4),
        latencyMs: new Float64Array(at.length).fill(Number.NaN),
        error: at.map(() => null),
        inputs: tableOf({ temp: at.map((_, i) => heat(i) + shift), sky: at.map((_, i) => sky(i)) }),
        outputs: { rowCount: at.length, columns: [] },
        actual: at.map(() => null),
      }
    }
    await using world = new TestMonitoring(store, 'of-dataset', {
      datasets: {
        rows,
        span: async () => ({ from: start, to: start + 3 * hourMs }),
        version: async (_name, version) => ({ table: trained, version: Number(version) }),
      },
    })
    const reference = { kind: 'dataset', dataset: 'rides', version: 3 }
    await world.declare({
      endpoint: null,
      dataset: 'rides',
      window: '1h',
      drift: ['psi'],
      reference,
    })
    await world.advance(start + 3 * hourMs)
    expect((await world.series('drift:temp:psi')).map(({ drifted }) => drifted)).toEqual([
      false,
      false,
      true,
    ])
    expect((await world.metrics()).get('latency:p99')).toMatchObject({
      value: null,
      note: 'not enough data: 0 of 1 timed rows',
    })
  })

  it('estimates what no label tells yet, beside what labels tell, by segment and group', async () => {
    await using world = new TestMonitoring(store, 'estimated')
    await world.declare({
      window: '1d',
      drift: ['psi'],
      segments: ['sky'],
      fairness: { columns: ['sky'], positive: 'yes' },
      performance: { metrics: ['accuracy', 'auc'], window: '1d', minSamples: 100 },
    })
    await world.trainedOn(trained)
    const rows = count(1440)
    for (const minute of rows) {
      const chance = ((minute * 7) % 100) / 100 + 0.005
      const outputs = {
        label: chance >= 0.5 ? 'yes' : 'no',
        'probabilities[0]': 1 - chance,
        'probabilities[1]': chance,
      }
      const inputs = { temp: heat(minute), sky: sky(minute) }
      world.log.add({ at: start + minute * 60_000, inputs, answer: 0, outputs })
    }
    await world.advance(start + dayMs)
    let metrics = await world.metrics()
    // Mean of max(p, 1 - p) over 0.005, 0.015 … 0.995 is 0.75.
    expect(metrics.get('estimated:accuracy')?.value).toBeCloseTo(0.75, 2)
    expect(metrics.get('estimated:accuracy')?.note).toContain('not calibrated')
    expect(metrics.get('performance:accuracy')).toMatchObject({
      value: null,
      note: 'not enough data: 0 of 100 labelled rows',
    })
    expect(metrics.get('labels:completeness')?.value).toBe(0)
    expect(metrics.get('fairness:selection-ratio:sky')?.drifted).toBe(false)
    // Truth comes as the probabilities say; every rainy row that deserves it is turned down.
    for (const minute of rows) {
      const chance = ((minute * 7) % 100) / 100 + 0.005
      const draw = ((minute * 7919) % 1440) / 1440
      world.log.label(start + minute * 60_000, draw < chance ? 'yes' : 'no')
    }
    world.log.add({ at: start + dayMs + 1, inputs: { temp: 1, sky: 'sun' }, answer: 0 })
    await world.advance(start + 2 * dayMs)
    const [realised] = await world.series('performance:accuracy')
    expect(realised?.revision).toBe(2)
    expect(realised?.value).toBeGreaterThan(0.7)
    expect(realised?.value).toBeLessThan(0.8)
    const [rain] = await world.series('performance:accuracy@sky=rain')
    expect(rain?.rows).toBe(288)
    expect((await world.series('labels:completeness'))[0]?.value).toBe(1)
    expect((await world.series('calibration:error'))[0]?.value).toBeLessThan(0.1)
    expect((await world.series('fairness:opportunity-difference:sky'))[0]?.value).toBeLessThan(0.3)
    metrics = await world.metrics()
    expect(metrics.get('performance:accuracy')).toMatchObject({ value: null, rows: 0 })
  })

  it('leaves a drift window as it is where nothing but labels has come', async () => {
    await using world = new TestMonitoring(store, 'labels-only')
    await world.declare({
      window: '1h',
      drift: ['psi'],
      performance: { metrics: ['mae'], window: '1h' },
    })
    await world.trainedOn(trained)
    hourOf(world, start)
    await world.advance(start + hourMs)
    for (const minute of count(60)) world.log.label(start + minute * 60_000, minute)
    const whole = { from: 0, to: Number.MAX_SAFE_INTEGER }
    expect(await world.service.recomputation.run(world.name, whole)).toEqual({
      windows: 1,
      changed: 1,
    })
    const windows = await world.service.reader.windows(world.name, { before: null, limit: 5 })
    expect(
      new Map(windows.map(({ kind, revision, labelled }) => [kind, [revision, labelled]])),
    ).toEqual(
      new Map([
        ['drift', [1, 0]],
        ['performance', [2, 60]],
      ]),
    )
    const monitor = await world.service.reader.view(world.name)
    for (const window of windows) {
      const page = htmlReport({ monitor, window, distributions: [] })
      expect(page.includes('labelled')).toBe(window.kind === 'performance')
      expect(page).toContain('60 rows')
    }
  })

  it('takes batches once, and computes again what a late one belongs to', async () => {
    await using world = new TestMonitoring(store, 'edge')
    await world.declare({ endpoint: null, window: '1h', drift: ['psi'] })
    await world.trainedOn(trained)
    await world.jobs.start()
    const batchOf = (id: string, hour: number, rows = 60) => ({
      id,
      rows: count(rows).map((minute) => ({
        at: start + hour * hourMs + minute * 60_000,
        inputs: { temp: heat(minute), sky: sky(minute) },
        outputs: {},
        actual: null,
        error: null,
        latencyMs: null,
      })),
    })
    const { recomputation } = world.service
    const add = (batch: ReturnType<typeof batchOf>) =>
      world.batches.add(systemActor, world.name, { batch, recomputation })
    await add(batchOf('a', 0))
    await add(batchOf('a', 0))
    await add(batchOf('c', 2, 30))
    await world.advance(start + 3 * hourMs)
    const volumes = async () => (await world.series('volume:rows')).map(({ value }) => value)
    expect(await volumes()).toEqual([60, 0, 30])
    await add(batchOf('b', 1))
    await world.jobs.settled()
    expect(world.failures).toEqual([])
    expect(await volumes()).toEqual([60, 60, 30])
    expect((await world.series('volume:rows'))[1]?.revision).toBe(2)
    await expect(add(batchOf('a', 0, 59))).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(
      world.batches.add(systemActor, 'nothing', { batch: batchOf('x', 0), recomputation }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
