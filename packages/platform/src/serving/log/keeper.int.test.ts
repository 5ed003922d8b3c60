import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AuditLog, auditMigrations } from '../../audit/index.ts'
import { ReplayClock } from '../../kernel/index.ts'
import { openDuckdbLake } from '../../storage/index.ts'
import { testDatabase, testDialects } from '../../storage/test-databases.ts'
import { servingMigrations } from '../migrations.ts'
import { addingModel, editor, testServing } from '../test-serving.ts'
import { LogKeeper } from './keeper.ts'
import { PredictionLog } from './prediction-log.ts'
import type { PredictionEntry } from './record.ts'

const day = 86_400_000
const start = Date.UTC(2026, 4, 1)

const entry = (i: number, at: number): PredictionEntry => ({
  schema: {
    arm: 'a',
    mode: 'live',
    model: 'm',
    version: 1,
    inputs: [{ name: 'x', datatype: 'FP32' }],
    outputs: [{ name: 'y', datatype: 'FP32' }],
  },
  ids: [`id-${i}`],
  at,
  latencyMs: 1,
  inputs: { x: { datatype: 'FP32', shape: [1, 1], data: Float32Array.of(i) } },
  answer: { outputs: { y: { datatype: 'FP32', shape: [1, 1], data: Float32Array.of(i) } } },
})

for (const { dialect, available } of testDialects) {
  describe.skipIf(!available)(`retention on ${dialect}`, () => {
    it('removes what is old with one event, also after a crash in between, and nothing on hold', async () => {
      await using opened = new AsyncDisposableStack()
      const folder = await mkdtemp(join(tmpdir(), 'kaizen-keeper-'))
      opened.defer(() => rm(folder, { recursive: true, force: true }))
      const { database } = opened.use(
        await testDatabase(dialect, [...auditMigrations, ...servingMigrations]),
      )
      const clock = new ReplayClock(start + 4 * day)
      const audit = new AuditLog(database, clock)
      const lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
      opened.defer(() => lake.close())
      const log = await PredictionLog.open(folder, { lake })
      opened.defer(() => log.close())
      const faults: unknown[] = []
      const keeper = opened.use(
        new LogKeeper({ database, audit, clock, onFault: (failure) => faults.push(failure) }),
      )
      const endpoint = (retention: { days?: number; maxBytes?: number; hold?: boolean }) => ({
        name: 'e',
        log,
        settings: { log: { sample: 1, redact: [], retention: { hold: false, ...retention } } },
      })
      for (let i = 0; i < 40; i++) await log.append(entry(i, start + (i * day) / 10))
      await keeper.compact(endpoint({ days: 2, hold: true }))
      expect(log.kept.files).toHaveLength(4)

      const crashing = { ...log, kept: log.kept, remove: () => Promise.reject(new Error('crash')) }
      const crashed = { ...endpoint({ days: 2 }), log: crashing as unknown as PredictionLog }
      await expect(keeper.retain(crashed, clock.now())).rejects.toThrow('crash')
      await keeper.retain(endpoint({ days: 2 }), clock.now())
      const view = await keeper.view(endpoint({ days: 2 }))
      expect(view.days.map((each) => [each.day, each.rows])).toEqual([
        ['2026-05-04', 10],
        ['2026-05-03', 10],
      ])
      expect(view.removed.map((each) => [each.day, each.rows, each.reason])).toEqual([
        ['2026-05-02', 10, 'age'],
        ['2026-05-01', 10, 'age'],
      ])
      const [newest] = log.kept.files.toSorted((a, b) => b.maxAt - a.maxAt)
      await keeper.retain(endpoint({ maxBytes: newest!.sizeBytes }), clock.now())
      expect(await log.window(0, 1e15)).toHaveLength(10)
      const { items } = await audit.list({ limit: 10, type: 'serving.log.removed' })
      expect(items.map(({ data }) => data)).toMatchObject([
        { days: ['2026-05-03'], rows: 10, files: 1, reasons: ['size'] },
        { days: ['2026-05-01', '2026-05-02'], rows: 20, files: 2, reasons: ['age'] },
      ])
      expect(faults).toEqual([])
    })
  })
}

it('answers over HTTP from Parquet: late truth, records, traffic, similar cases and replay as before', async () => {
  await using test = await testServing()
  const model = await test.register('bike', addingModel(1))
  await test.deploy('hires', model)
  for (let i = 0; i < 20; i++) {
    const answer = await test.post('/v2/models/hires/infer', {
      id: `ride-${i}`,
      inputs: [
        { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [i] },
        { name: 'season', datatype: 'BYTES', shape: [1, 1], data: ['spring'] },
      ],
    })
    expect(answer.status).toBe(200)
  }
  // The log keeps latencies in single precision; what was just answered is in memory in double.
  const reviver = (key: string, value: unknown) =>
    /^(latencyMs|p\d\d)$/.test(key) && typeof value === 'number' ? Math.fround(value) : value
  const read = async (path: string) =>
    JSON.parse(await (await fetch(`${test.url}/api/v1/endpoints/${path}`)).text(), reviver)
  const asked = [
    'hires/predictions?limit=100',
    'hires/predictions?inferenceId=ride-7',
    'hires/traffic?buckets=3',
    'hires',
  ]
  const before = await Promise.all(asked.map(read))
  const compacted = await test.post('/api/v1/endpoints/hires/log/compact', {})
  expect(compacted.status).toBe(200)
  expect(await compacted.json()).toMatchObject({
    rows: 20,
    segments: { count: 0, rows: 0 },
    days: [{ day: '2026-01-01', files: 1, rows: 20 }],
    retention: null,
  })
  expect(await Promise.all(asked.map(read))).toEqual(before)
  const feedback = await test.post('/api/v1/endpoints/hires/feedback', {
    items: [
      { inferenceId: 'ride-3', value: 5 },
      { inferenceId: 'nobody', value: 1 },
    ],
  })
  expect(await feedback.json()).toMatchObject({ accepted: 1, unknown: ['nobody'] })
  const [record] = (await read('hires/predictions?inferenceId=ride-3')).items
  expect(record).toMatchObject({ inputs: { temp: 3, season: 'spring' }, actual: 5 })
  const replay = await test.post('/api/v1/endpoints/hires/replays', { model })
  expect(await replay.json()).toMatchObject({ rows: 20, same: 20 })
  const similar = await test.post('/api/v1/endpoints/hires/similar', { inputs: { temp: 3.2 } })
  expect(((await similar.json()) as { items: unknown[] }).items[0]).toMatchObject({
    inferenceId: 'ride-3',
  })
  expect((await fetch(`${test.url}/api/v1/endpoints/none/log`)).status).toBe(404)
  // Retention is a setting like others; what is not a duration is refused.
  const set = (retention: unknown) =>
    fetch(`${test.url}/api/v1/endpoints/hires/settings`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ log: { retention } }),
    })
  expect((await set({ days: 0 })).status).toBe(400)
  expect((await set({ days: 1 })).status).toBe(200)
  test.clock.moveTo(test.clock.now() + 3 * day)
  await test.serving.tick(test.clock.now())
  expect(await read('hires/log')).toMatchObject({ rows: 0, removed: [{ rows: 20, reason: 'age' }] })
  const late = await test.serving.feedback(editor, 'hires', [{ inferenceId: 'ride-4', value: 1 }])
  expect(late.unknown).toEqual(['ride-4'])
  // An endpoint of the same name goes on where the log ended.
  await test.serving.remove(editor, 'hires')
  await test.deploy('hires', model)
  expect(await read('hires/log')).toMatchObject({ rows: 0 })
  expect(test.faults).toEqual([])
})
