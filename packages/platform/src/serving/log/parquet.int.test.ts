import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Lake, openDuckdbLake } from '../../storage/index.ts'
import type { BlockRow } from './block.ts'
import { PartClient } from './part-client.ts'
import { PredictionLog, type PredictionLogOptions } from './prediction-log.ts'
import type { PredictionEntry, RecordSchema } from './record.ts'

const day = 86_400_000
const start = Date.UTC(2026, 2, 1)

const schema = (version: number, mode: 'live' | 'shadow' = 'live'): RecordSchema => ({
  arm: mode === 'live' ? 'champion' : 'challenger',
  mode,
  model: 'all',
  version,
  inputs: [
    { name: 'x', datatype: 'FP32' },
    { name: 'X', datatype: 'FP64' },
    { name: 'half', datatype: 'FP16' },
    { name: 'big', datatype: 'INT64' },
    { name: 'huge', datatype: 'UINT64' },
    { name: 'yes', datatype: 'BOOL' },
    { name: 'text', datatype: 'BYTES' },
    { name: 'pair', datatype: 'FP32' },
    { name: 'image', datatype: 'UINT8' },
  ],
  outputs: [{ name: 'x', datatype: 'FP32' }],
})
const first = schema(1)
const second = schema(2)
const shadow = schema(2, 'shadow')

/** Rows of every type, some that failed, some routed, two at a time now and then. */
function entryOf(i: number, of: RecordSchema = i < 60 ? first : second): PredictionEntry {
  const rows = i % 7 === 0 ? 2 : 1
  const each = <T>(make: (row: number) => T): T[] => Array.from({ length: rows }, (_, r) => make(r))
  const width = i % 5 === 0 ? 3 : 2
  return {
    schema: of,
    ids: each((row) => `id-${i}-${row}`),
    fresh: i % 2 === 0 || undefined,
    at:
      rows === 1
        ? start + i * 3_600_000
        : Float64Array.from(each((r) => start + i * 3_600_000 + r)),
    latencyMs: i / 4,
    routing:
      i % 3 === 0 ? { propensity: 0.25, unit: i % 6 ? '' : `unit ${i}`, traceId: '' } : undefined,
    inputs: {
      x: { datatype: 'FP32', shape: [rows, 1], data: Float32Array.from(each(() => i / 10)) },
      X: {
        datatype: 'FP64',
        shape: [rows, 1],
        data: Float64Array.from(each(() => (i % 4 ? i / 3 : Number.NaN))),
      },
      half: { datatype: 'FP16', shape: [rows, 1], data: Uint16Array.from(each(() => 0x3555)) },
      big: {
        datatype: 'INT64',
        shape: [rows, 1],
        data: BigInt64Array.from(each(() => -(2n ** 53n) - 1n)),
      },
      huge: {
        datatype: 'UINT64',
        shape: [rows, 1],
        data: BigUint64Array.from(each(() => 2n ** 64n - 1n)),
      },
      yes: { datatype: 'BOOL', shape: [rows, 1], data: Uint8Array.from(each(() => i % 2)) },
      text: {
        datatype: 'BYTES',
        shape: [rows, 1],
        data: each(() => (i % 3 ? `it's "é" ${i}` : '')),
      },
      pair: {
        datatype: 'FP32',
        shape: [rows, width],
        data: new Float32Array(rows * width).fill(i),
      },
      image: { datatype: 'UINT8', shape: [rows, 300], data: new Uint8Array(rows * 300).fill(i) },
    },
    answer:
      i % 11 === 0
        ? { error: `failed at ${i}` }
        : {
            outputs: {
              x: {
                datatype: 'FP32',
                shape: [rows, 1],
                data: Float32Array.from(each((r) => i + r)),
              },
            },
          },
  }
}

let folder: string
let lake: Lake
let client: PartClient
const opened: PredictionLog[] = []
const openLog = async (options: PredictionLogOptions = {}): Promise<PredictionLog> => {
  const log = await PredictionLog.open(folder, { lake, ...options })
  opened.push(log)
  return log
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-parquet-'))
  lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
  client = new PartClient()
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  for (const log of opened.splice(0)) await log.close()
  await lake.close()
  await rm(folder, { recursive: true })
})

async function compact(log: PredictionLog): Promise<void> {
  await log.seal()
  for (;;) {
    const run = log.compactable({ now: 0, all: true })
    if (!run) return
    await log.compact(run, (task) => client.write(task))
  }
}

const cellsOf = (row: BlockRow, side: 'inputs' | 'outputs') =>
  [...row.rows[side]].map(([name, column]) => [
    name,
    column.kind,
    column.kind === 'string' || column.kind === 'boolean'
      ? column.value(row.row)
      : column.number(row.row),
  ])
const described = (rows: readonly BlockRow[]) =>
  rows.map((row) => ({
    id: row.id,
    at: row.at,
    latencyMs: row.latencyMs,
    error: row.error,
    routing: row.routing,
    arm: row.rows.schema.arm,
    version: row.rows.schema.version,
    inputs: cellsOf(row, 'inputs'),
    outputs: row.error === null ? cellsOf(row, 'outputs') : [],
  }))
const everything = async (log: PredictionLog) => described(await log.window(0, 1e15))
const filesOf = async (): Promise<string[]> =>
  (await readdir(folder, { recursive: true }))
    .filter((name) => /\.(log|parquet)$/.test(name))
    .sort()

it('reads the same from Parquet as from segments, to the last bit, by day and after a restart too', async () => {
  const log = await openLog({ segmentRows: 40 })
  for (let i = 0; i < 100; i++) await log.append(entryOf(i))
  await log.append(entryOf(7, shadow))
  const before = await everything(log)
  const { span } = log
  const liveRows = await log.countLive()
  expect(before).toHaveLength(117)
  await compact(log)
  expect((await filesOf()).every((name) => /^day=2026-03-0\d\/.*\.parquet$/.test(name))).toBe(true)
  expect(log.kept.files.reduce((sum, { rows }) => sum + rows, 0)).toBe(117)
  expect(log.kept.segments.rows).toBe(0)
  const check = async (asked: PredictionLog) => {
    expect(await everything(asked)).toEqual(before)
    expect(await asked.countLive()).toBe(liveRows)
    expect(asked.span).toEqual(span)
    const found = await asked.find(['id-63-1', 'id-5-0', 'nobody', `'; drop`])
    expect([...found.keys()].sort()).toEqual(['id-5-0', 'id-63-1'])
    expect(described([found.get('id-5-0')!])).toEqual(before.filter(({ id }) => id === 'id-5-0'))
    expect((await asked.newest(3, { from: 0, to: 1e15 })).map(({ id }) => id)).toEqual(
      before
        .slice(-3)
        .reverse()
        .map(({ id }) => id),
    )
  }
  await check(log)
  await log.close()
  const again = await openLog({ residentCells: 0 })
  await check(again)
  // What comes after is read together with what is Parquet.
  await again.append(entryOf(200))
  expect(await again.window(start + 99 * 3_600_000, 1e15)).toHaveLength(2)
})

it('is read by anyone who reads Parquet: exact 64-bit integers, lists, each id once as last answered', async () => {
  const log = await openLog()
  await log.append(entryOf(1))
  await log.append(entryOf(70, first))
  const again = entryOf(1)
  await log.append({
    ...again,
    answer: { outputs: { x: { datatype: 'FP32', shape: [1, 1], data: Float32Array.of(99) } } },
  })
  await compact(log)
  const table = await lake.query(
    `SELECT inference_id, "day", CAST("inputs.big" AS VARCHAR) big, CAST("inputs.huge" AS VARCHAR) huge,
       CAST("inputs.pair" AS VARCHAR) pair, "outputs.x" AS answer, version, "inputs.X (2)" AS upper
     FROM read_parquet('${folder}/*/*.parquet') ORDER BY "at", place`,
  )
  const column = (name: string) => [...table.columns.find((each) => each.name === name)!.values]
  expect(column('inference_id')).toEqual(['id-1-0', 'id-70-0', 'id-70-1'])
  expect(column('answer')).toEqual([99, 70, 71])
  expect(column('big')[0]).toBe('-9007199254740993')
  expect(column('huge')[0]).toBe('18446744073709551615')
  expect(column('pair')).toEqual(['[1.0, 1.0]', '[70.0, 70.0, 70.0]', '[70.0, 70.0, 70.0]'])
  expect(column('upper')[0]).toBeCloseTo(1 / 3)
  expect(log.kept.files.reduce((sum, { rows }) => sum + rows, 0)).toBe(3)
})

it('loses and doubles nothing wherever it is stopped, and takes half a part away', async () => {
  const log = await openLog({ segmentRows: 30 })
  for (let i = 0; i < 80; i++) await log.append(entryOf(i))
  const before = await everything(log)
  await log.seal()
  // Stopped after the files and before the manifest: the segments count.
  const run = log.compactable({ now: 0, all: true })!
  const stopped = log.compact(run, async (task) => {
    await client.write(task)
    throw new Error('stopped')
  })
  await expect(stopped).rejects.toThrow('stopped')
  expect((await filesOf()).some((name) => name.endsWith('.parquet'))).toBe(true)
  await writeFile(join(folder, 'day=2026-03-01', '000009-000009.parquet.part'), 'half')
  expect(await everything(log)).toEqual(before)
  await log.close()
  const reopened = await openLog()
  expect(await everything(reopened)).toEqual(before)
  expect((await readdir(folder)).some((name) => name.startsWith('day='))).toBe(false)
  // Stopped after the manifest and before the segments are gone: the part counts.
  const segments = await readdir(folder)
  const copies = new Map<string, Buffer>()
  for (const name of segments) copies.set(name, await readFile(join(folder, name)))
  await compact(reopened)
  await reopened.close()
  for (const [name, bytes] of copies) await writeFile(join(folder, name), bytes)
  const last = await openLog()
  expect(await everything(last)).toEqual(before)
  expect((await filesOf()).every((name) => name.endsWith('.parquet'))).toBe(true)
})

it('goes on being written and read while segments become Parquet', async () => {
  const log = await openLog({ segmentRows: 20 })
  let reading = true
  const reader = (async () => {
    let seen = 0
    while (reading) {
      const rows = (await everything(log)).length
      expect(rows).toBeGreaterThanOrEqual(seen)
      seen = rows
      await nextTurn()
    }
  })()
  for (let i = 0; i < 150; i++) {
    await log.append(entryOf(i))
    const run = log.compactable({ now: 0 })
    if (run) await log.compact(run, (task) => client.write(task))
  }
  reading = false
  await reader
  expect(await everything(log)).toHaveLength(150 + 22)
  expect(log.kept.files.length).toBeGreaterThan(3)
})

it('answers a retry in the place of the first answer, in Parquet or not', async () => {
  const log = await openLog()
  await log.append(entryOf(1))
  await compact(log)
  await log.append({ ...entryOf(1), answer: { error: 'now it fails' } })
  expect((await log.window(0, 1e15)).map(({ error }) => error)).toEqual(['now it fails'])
  await compact(log)
  expect((await log.window(0, 1e15)).map(({ error }) => error)).toEqual(['now it fails'])
  expect((await log.find(['id-1-0'])).get('id-1-0')?.error).toBe('now it fails')
})

it('takes files away, keeps the rest, and never gives a number twice', async () => {
  const log = await openLog({ segmentRows: 30 })
  for (let i = 0; i < 72; i++) await log.append(entryOf(i))
  await compact(log)
  const old = log.kept.files.filter(({ maxAt }) => maxAt < start + day)
  await log.remove(new Set(old.map(({ path }) => path)))
  expect((await everything(log)).every(({ at }) => at >= start + day)).toBe(true)
  expect(log.span?.from).toBe(start + day)
  expect((await filesOf()).some((name) => name.startsWith('day=2026-03-01'))).toBe(false)
  await log.remove(new Set(log.kept.files.map(({ path }) => path)))
  expect(await everything(log)).toEqual([])
  expect(log.span).toBeUndefined()
  await log.close()
  const reopened = await openLog()
  await reopened.append(entryOf(1))
  await compact(reopened)
  expect(await filesOf()).toEqual(['day=2026-03-01/000004-000004.parquet'])
})
