import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../../kernel/index.ts'
import { testDialects } from '../../storage/test-databases.ts'
import { hourMs, start, TestMonitoring, TestStore, tableOf } from '../test-monitoring.ts'
import type { TestRow } from '../test-prediction-log.ts'

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)
const minuteMs = 60_000
const heat = (index: number): number => (index * 37) % 101
const sky = (index: number): string => (index % 5 === 0 ? 'rain' : 'sun')
const trained = tableOf({ temp: count(2000).map(heat), sky: count(2000).map(sky) })

type Inputs = (minute: number) => Readonly<Record<string, number | string>>
const usual: Inputs = (minute) => ({ temp: heat(minute), sky: sky(minute) })
const hourOf = (from: number, inputs: Inputs = usual, minutes = 60): TestRow[] =>
  count(minutes).map((minute) => ({
    at: from + minute * minuteMs,
    inputs: inputs(minute),
    answer: 1,
  }))

interface Expected {
  readonly value?: number | null
  readonly drifted?: boolean | null
  readonly note?: string | null
}

interface Case {
  readonly name: string
  readonly declared?: object
  /** What has come by an hour after the start, and what by two. */
  readonly rows: readonly TestRow[]
  readonly later?: readonly TestRow[]
  /** Of the window that closes last. */
  readonly expected: Readonly<Record<string, Expected>>
  readonly volumes: readonly number[]
}

/** No value is no verdict, and says why. */
const unknown = (note: string): Expected => ({ value: null, drifted: null, note })
const fine = { drifted: false }

const cases: readonly Case[] = [
  {
    name: 'a window without data',
    rows: hourOf(start),
    volumes: [60, 0],
    expected: {
      'drift:temp:ks': unknown('not enough data: 0 of 20 rows for ks'),
      'missing:sky': unknown('not enough data: 0 of 1 rows'),
      'errors:share': unknown('not enough data: 0 of 1 rows'),
      'freshness:seconds': unknown('not enough data: 0 of 1 rows'),
      'schema:absent': unknown('not enough data: 0 of 1 rows'),
      'performance:mae': unknown('not enough data: 0 of 30 labelled rows'),
    },
  },
  {
    name: 'one row',
    rows: [],
    later: hourOf(start + hourMs, usual, 1),
    volumes: [1],
    expected: {
      'drift:temp:ks': unknown('not enough data: 1 of 20 rows for ks'),
      'drift:sky:psi': unknown('not enough data: 1 of 20 rows for psi'),
      'missing:temp': { value: 0, ...fine },
      'freshness:seconds': { value: 3600 },
    },
  },
  {
    name: 'columns that hold nothing',
    rows: hourOf(start),
    later: hourOf(start + hourMs, () => ({ temp: Number.NaN, sky: '' })),
    volumes: [60, 60],
    expected: {
      'missing:temp': { value: 1, drifted: true, note: '100 % missing, 0 % in the reference' },
      'missing:sky': { value: 1, drifted: true, note: '100 % missing, 0 % in the reference' },
      'drift:temp:ks': unknown('not enough data: 0 of 20 rows for ks'),
      'drift:sky:psi': unknown('not enough data: 0 of 20 rows for psi'),
      'range:temp': unknown('not enough data: 0 of 1 present values'),
    },
  },
  {
    name: 'a column that is gone, and one that is new',
    rows: hourOf(start),
    later: hourOf(start + hourMs, (minute) => ({ temp: heat(minute), wind: 3 })),
    volumes: [60, 60],
    expected: {
      'schema:absent': { value: 1, drifted: true, note: 'sky' },
      'schema:added': { value: 1, drifted: true, note: 'wind' },
      'missing:sky': { value: 1, drifted: true },
      'drift:sky:psi': unknown('not enough data: 0 of 20 rows for psi'),
    },
  },
  {
    name: 'constant columns',
    rows: hourOf(start),
    later: hourOf(start + hourMs, () => ({ temp: 50, sky: 'sun' })),
    volumes: [60, 60],
    expected: { 'drift:temp:ks': { drifted: true }, 'drift:sky:psi': { drifted: true } },
  },
  {
    name: 'infinities, and numbers near the end of the doubles',
    rows: hourOf(start),
    later: hourOf(start + hourMs, (minute) => ({
      ...usual(minute),
      temp: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308, -1e308][minute % 4]!,
    })),
    volumes: [60, 60],
    expected: {
      'missing:temp': { value: 0.5, drifted: true },
      'range:temp': { value: 1, drifted: true },
      'hostile:rows': { value: 1, drifted: true },
    },
  },
  {
    name: 'text where numbers were',
    rows: hourOf(start),
    later: hourOf(start + hourMs, (minute) => ({
      temp: minute < 15 ? 'warm' : String(heat(minute)),
      sky: sky(minute),
    })),
    volumes: [60, 60],
    expected: {
      'mistyped:temp': { value: 0.25, drifted: true, note: '25 % are no numbers' },
      'missing:temp': { value: 0, ...fine },
    },
  },
  {
    name: 'categories that nobody knows',
    rows: hourOf(start),
    later: hourOf(start + hourMs, (minute) => ({ temp: heat(minute), sky: `sky ${minute}` })),
    volumes: [60, 60],
    expected: {
      'new:sky': {
        value: 1,
        drifted: true,
        note: '100 % not in the reference: sky 0, sky 1, sky 10, sky 11, sky 12 and 55 more',
      },
      'drift:sky:psi': { drifted: true },
    },
  },
  {
    name: 'rows that come in no order, by clocks that go back',
    rows: hourOf(start),
    later: hourOf(start + hourMs).reverse(),
    volumes: [60, 60],
    expected: { 'freshness:seconds': { value: 60 }, 'drift:temp:ks': fine },
  },
  {
    name: 'rows of the future, which wait for their window',
    rows: [...hourOf(start), ...hourOf(start + 24 * hourMs)],
    later: hourOf(start + hourMs),
    volumes: [60, 60],
    expected: { 'volume:rows': { value: 60 }, 'drift:temp:ks': fine },
  },
  {
    name: 'rows late within what is allowed',
    declared: { lateness: '10m' },
    rows: hourOf(start, usual, 50),
    later: hourOf(start + 50 * minuteMs, usual, 10),
    volumes: [60],
    expected: { 'volume:rows': { value: 60 }, 'freshness:seconds': { value: 60 } },
  },
  {
    name: 'rows late beyond it, which are in no window until it is recomputed',
    rows: hourOf(start, usual, 50),
    later: [...hourOf(start + 50 * minuteMs, usual, 10), ...hourOf(start + hourMs)],
    volumes: [50, 60],
    expected: { 'volume:rows': { value: 60 } },
  },
]

describe.each(testDialects)('bad input, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  beforeAll(async () => {
    store = await TestStore.open(dialect)
  })
  afterAll(() => store[Symbol.asyncDispose]())

  const declaration = {
    window: '1h',
    drift: ['psi', 'ks'],
    performance: { metrics: ['mae'], window: '1h' },
  }

  it.each(cases.map((one, index) => ({ ...one, index })))(
    '$name',
    async ({ index, declared, rows, later = [], expected, volumes }) => {
      await using world = new TestMonitoring(store, `bad-${index}`)
      await world.declare({ ...declaration, ...declared })
      await world.trainedOn(trained)
      world.log.add(...rows)
      await world.advance(start + hourMs)
      world.log.add(...later)
      await world.advance(start + 2 * hourMs)
      expect((await world.series('volume:rows')).map(({ value }) => value)).toEqual(volumes)
      const metrics = await world.metrics()
      for (const [metric, result] of Object.entries(expected))
        expect(metrics.get(metric), metric).toMatchObject(result)
      for (const { metric, value, drifted, note } of metrics.values()) {
        expect(value === null || Number.isFinite(value), metric).toBe(true)
        if (value === null) expect([drifted, note === null], metric).toEqual([null, false])
      }
    },
  )

  it('a row of a clock that stood at 1970 brings no half million windows, nor keeps late ones out', async () => {
    await using world = new TestMonitoring(store, 'epoch')
    await world.declare({ ...declaration, performance: null, endpoint: null })
    const { recomputation } = world.service
    const rowAt = (at: number) => ({
      at,
      inputs: usual(1),
      outputs: {},
      actual: null,
      error: null,
      latencyMs: null,
    })
    const add = (id: string, times: readonly number[]) =>
      world.batches.add(systemActor, world.name, {
        batch: { id, rows: times.map(rowAt) },
        recomputation,
      })
    await add('first', [start + 60_000])
    await world.advance(start + 3 * hourMs)
    expect(await world.series('volume:rows')).toHaveLength(3)
    // The clock of one device has lost its time; the other row is but late.
    expect(await add('second', [0, start + hourMs + 1])).toMatchObject({ rows: 2 })
    const asked = (
      await world.audit.list({ subject: `monitor:${world.name}`, limit: 10 })
    ).items.find(({ type }) => type === 'monitoring.recomputation.requested')
    expect(asked?.data).toMatchObject({ windows: 2 })
    await world.jobs.settled()
    expect(
      (await world.series('volume:rows')).map(({ at, value }) => [(at - start) / hourMs, value]),
    ).toEqual([
      [1, 1],
      [2, 1],
      [3, 0],
    ])
  })

  it('days of daylight saving have 24 windows, whatever offset rows are sent with', async () => {
    await using world = new TestMonitoring(store, 'summer-time')
    await world.declare({ ...declaration, performance: null, endpoint: null })
    await world.trainedOn(trained)
    // In Paris this day has 23 hours: 02:00 to 03:00 does not exist.
    const day = Date.parse('2012-03-25T00:00:00+00:00')
    const rows = count(24).flatMap((hour) => {
      const [zone, local] = hour < 1 ? ['+01:00', hour + 1] : ['+02:00', (hour + 2) % 24]
      const date = hour < 22 ? '2012-03-25' : '2012-03-26'
      return count(60).map((minute) => {
        const clock = [local, minute].map((part) => String(part).padStart(2, '0')).join(':')
        return {
          at: Date.parse(`${date}T${clock}:00${zone}`),
          inputs: usual(minute),
          outputs: {},
          actual: null,
          error: null,
          latencyMs: null,
        }
      })
    })
    const { recomputation } = world.service
    const batch = { id: 'paris', rows }
    // Sent again, it is taken once.
    for (let sent = 0; sent < 2; sent++)
      await world.batches.add(systemActor, world.name, { batch, recomputation })
    await world.advance(day + 24 * hourMs)
    const volumes = await world.series('volume:rows')
    expect(volumes.map(({ at, value }) => [at, value])).toEqual(
      count(24).map((hour) => [day + (hour + 1) * hourMs, 60]),
    )
  })
})
