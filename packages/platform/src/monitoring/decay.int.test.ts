import { monitorBatchInput } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../kernel/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import { dayMs, hourMs, start, TestMonitoring, TestStore, tableOf } from './test-monitoring.ts'

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)
const heat = (index: number): number => (index * 37) % 101
const sky = (index: number): string => (index % 5 === 0 ? 'rain' : 'sun')
const trained = tableOf({ temp: count(2000).map(heat), sky: count(2000).map(sky) })
const minuteMs = 60_000

describe.each(testDialects)('decay, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  beforeAll(async () => {
    store = await TestStore.open(dialect)
  })
  afterAll(() => store[Symbol.asyncDispose]())

  const verdicts = async (world: TestMonitoring, metric: string) =>
    (await world.series(metric)).map(({ drifted }) => drifted)

  it('of the answers alone is prediction drift, and no drift of inputs', async () => {
    await using world = new TestMonitoring(store, 'answers')
    await world.declare({ window: '1h', drift: ['psi', 'ks'] })
    const answers = Float64Array.from(count(2000), (row) => heat(row) / 10)
    await world.trainedOn(trained, {}, { name: 'prediction', type: 'number', values: answers })
    for (const minute of count(120)) {
      const answer = heat(minute) / 10 + (minute < 60 ? 0 : 50)
      const inputs = { temp: heat(minute), sky: sky(minute) }
      world.log.add({ at: start + minute * minuteMs, inputs, answer })
    }
    await world.advance(start + 2 * hourMs)
    for (const method of ['psi', 'ks'])
      expect(await verdicts(world, `prediction:${method}`), method).toEqual([false, true])
    expect(await verdicts(world, 'drift:any:psi')).toEqual([false, false])
  })

  it('of calibration and of fairness is told, and alerts by a bound', async () => {
    await using world = new TestMonitoring(store, 'unfair')
    await world.declare({
      window: '1d',
      drift: ['psi'],
      fairness: { columns: ['sky'], positive: 'yes' },
      performance: { metrics: ['accuracy'], window: '1d', minSamples: 100 },
      thresholds: [
        { metric: 'calibration:error', above: 0.1 },
        { metric: 'fairness:opportunity-difference:*', above: 0.3 },
      ],
      alerts: [{ name: 'calibrated', metric: 'calibration:error' }],
    })
    await world.trainedOn(trained)
    const rows = count(2 * 1440)
    for (const minute of rows) {
      const isSecond = minute >= 1440
      const chance = ((minute * 7) % 100) / 100 + 0.005
      // On the second day every rainy row is turned down, and the model is surer than it may be.
      const yes = chance >= 0.5 && !(isSecond && sky(minute) === 'rain')
      const said = isSecond ? (chance >= 0.5 ? 0.99 : 0.01) : chance
      const outputs = {
        label: yes ? 'yes' : 'no',
        'probabilities[0]': 1 - said,
        'probabilities[1]': said,
      }
      const inputs = { temp: heat(minute), sky: sky(minute) }
      world.log.add({ at: start + minute * minuteMs, inputs, answer: 0, outputs })
      const draw = ((minute * 7919) % 1440) / 1440
      world.log.label(start + minute * minuteMs, draw < chance ? 'yes' : 'no')
    }
    await world.advance(start + 2 * dayMs)
    for (const metric of [
      'calibration:error',
      'fairness:selection-ratio:sky',
      'fairness:opportunity-difference:sky',
    ])
      expect(await verdicts(world, metric), metric).toEqual([false, true])
    const [alert] = await world.service.alerts.active(world.name)
    expect(alert).toMatchObject({ rule: 'calibrated', metric: 'calibration:error', state: 'open' })
  })

  it('of a source is told by its volume and its freshness, not by silence', async () => {
    await using world = new TestMonitoring(store, 'stale')
    await world.declare({
      window: '1h',
      thresholds: [
        { metric: 'freshness:seconds', above: 1800 },
        { metric: 'volume:rows', below: 50 },
      ],
      alerts: [
        { name: 'stale', metric: 'freshness:seconds' },
        { name: 'few', metric: 'volume:rows' },
      ],
    })
    await world.trainedOn(trained)
    const until = [60, 20, 0]
    for (const [hour, minutes] of until.entries()) {
      for (const minute of count(minutes))
        world.log.add({
          at: start + hour * hourMs + minute * minuteMs,
          inputs: { temp: heat(minute), sky: sky(minute) },
          answer: 1,
        })
    }
    await world.advance(start + 3 * hourMs)
    expect(await verdicts(world, 'volume:rows')).toEqual([false, true, true])
    // Of no rows there is no newest one: no value, no verdict, and the alert stays as it is.
    expect(await verdicts(world, 'freshness:seconds')).toEqual([false, true, null])
    const open = await world.service.alerts.active(world.name)
    expect(open.map(({ rule }) => rule).sort()).toEqual(['few', 'stale'])
  })

  it('is marked with the retraining that it led to, and what came of it', async () => {
    await using world = new TestMonitoring(store, 'marked-by-loop')
    await world.declare({ window: '1h' })
    const decided = async (hour: number, data: Readonly<Record<string, string>>) => {
      world.clock.moveTo(start + hour * hourMs)
      await store.opened.database.write((tx) =>
        world.audit.append(tx, {
          actor: 'loop',
          type: 'continual.decision.made',
          subject: `endpoint:endpoint-${world.name}`,
          data,
        }),
      )
    }
    await decided(1, { kind: 'trigger', summary: 'error rises', candidate: 'c1', incident: 'feed' })
    await decided(2, { kind: 'hold', summary: 'cooling down' })
    await decided(3, { kind: 'promote', summary: 'better by 12 %', candidate: 'c1' })
    await decided(4, { kind: 'rollback', summary: 'worse on the canary', candidate: 'c1' })
    const whole = { from: 0, to: start + 10 * hourMs }
    const marks = await world.service.reader.annotations(world.name, whole)
    const drawn = marks.map(({ at, kind, href }) => [(at - start) / hourMs, kind, href])
    // What happened at one time stands in no order.
    expect(drawn.toSorted()).toEqual([
      [1, 'incident', '/candidates/c1'],
      [1, 'retraining', '/candidates/c1'],
      [3, 'promotion', '/candidates/c1'],
      [4, 'rollback', '/candidates/c1'],
    ])
  })

  it('has what changed upstream near it: data, routes, versions and deployments, and nothing else', async () => {
    await using world = new TestMonitoring(store, 'upstream')
    await world.declare({ window: '1h', drift: ['psi'] })
    await world.trainedOn(trained)
    for (const minute of count(30 * 60)) {
      const temp = heat(minute) + (minute < 20 * 60 ? 0 : 300)
      world.log.add({
        at: start + minute * minuteMs,
        inputs: { temp, sky: sky(minute) },
        answer: 1,
      })
    }
    const told = [
      ['data.version.created', 'dataset:weather'],
      ['data.contract.changed', 'dataset:weather'],
      ['features.view.changed', 'feature-view:station'],
      ['pipelines.pipeline.declared', 'pipeline:training'],
      ['serving.route.set', 'endpoint:bike'],
      ['registry.alias.set', 'model:bike'],
      ['delivery.applied', 'project:bikes'],
    ] as const
    const append = (type: string, subject: string) =>
      store.opened.database.write((tx) =>
        world.audit.append(tx, { actor: 'x', type, subject, data: { version: 7 } }),
      )
    world.lineage = new Set(['pipeline:training', 'endpoint:bike'])
    world.clock.moveTo(start + 2 * hourMs)
    await append('data.version.created', 'dataset:long-before')
    world.clock.moveTo(start + 20 * hourMs - minuteMs)
    for (const [type, subject] of told) await append(type, subject)
    await append('identity.token.created', 'token:1')
    await world.advance(start + 30 * hourMs)
    const found = await world.service.causes.find(world.name, { metric: 'drift:temp:psi' })
    expect(found.since?.at).toBe(start + 21 * hourMs)
    const subjects = found.upstream.map(({ subject }) => subject)
    for (const [, subject] of told) expect(subjects).toContain(subject)
    expect(subjects).not.toContain('dataset:long-before')
    expect(subjects).not.toContain('token:1')
    const related = found.upstream.filter(({ inLineage }) => inLineage)
    expect(new Set(related.map(({ subject }) => subject))).toEqual(world.lineage)
    expect(found.findings.filter((text) => text.includes('near that time'))).toEqual([
      '2 changes in the lineage lie near that time; the last one: endpoint:bike: route set (version 7).',
      '5 changes elsewhere lie near that time; the last one: project:bikes: applied (version 7).',
    ])
  })

  it('of columns whose values are of several types is told by type, whatever they are', async () => {
    await using world = new TestMonitoring(store, 'mixed')
    await world.declare({ endpoint: null, window: '1h', drift: ['psi', 'ks'] })
    await world.trainedOn(trained)
    const odd = [1, '2', 'warm', true, null, '', Number.POSITIVE_INFINITY, '-', 'NaN', '∞']
    const rows = count(60).map((minute) => ({
      at: start + minute * minuteMs,
      inputs: { temp: odd[minute % odd.length], sky: [5, false, 'sun', null][minute % 4] },
    }))
    // As JSON has them: what is no finite number comes as null.
    const batch = monitorBatchInput.parse(JSON.parse(JSON.stringify({ id: 'mixed', rows })))
    const { recomputation } = world.service
    await world.batches.add(systemActor, world.name, { batch, recomputation })
    await world.advance(start + hourMs)
    const metrics = await world.metrics()
    expect(metrics.get('volume:rows')?.value).toBe(60)
    expect(metrics.get('mistyped:temp')).toMatchObject({ drifted: true })
    expect(metrics.get('missing:temp')?.value).toBeGreaterThanOrEqual(0.3)
    expect(metrics.get('missing:sky')?.value).toBe(0.25)
    expect(metrics.get('new:sky')).toMatchObject({ value: 0.5, drifted: true })
    for (const { metric, value, drifted, note } of metrics.values())
      if (value === null || !Number.isFinite(value))
        expect([drifted, note === null], metric).toEqual([null, false])
  })
})
