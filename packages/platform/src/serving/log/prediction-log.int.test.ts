import { appendFile, cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { decodeSegment, segmentMagic } from './frame.ts'
import { FrameWriter } from './frame-writer.ts'
import { PredictionLog, type PredictionLogOptions } from './prediction-log.ts'
import type { PredictionEntry, RecordSchema } from './record.ts'

const schema = (arm: string, version: number, mode: 'live' | 'shadow' = 'live'): RecordSchema => ({
  arm,
  mode,
  model: 'hires',
  version,
  inputs: [
    { name: 'temp', datatype: 'FP32' },
    { name: 'season', datatype: 'BYTES' },
  ],
  outputs: [{ name: 'variable', datatype: 'FP32' }],
})
const champion = schema('champion', 1)
const shadow = schema('challenger', 2, 'shadow')

const entry = (id: string, at: number, value: number, of = champion): PredictionEntry => ({
  schema: of,
  ids: [id],
  at,
  latencyMs: 0.5,
  inputs: {
    temp: { datatype: 'FP32', shape: [1, 1], data: Float32Array.of(0.24) },
    season: { datatype: 'BYTES', shape: [1, 1], data: ['spring'] },
  },
  answer: {
    outputs: { variable: { datatype: 'FP32', shape: [1, 1], data: Float32Array.of(value) } },
  },
})

let folder: string
const opened: PredictionLog[] = []
const openLog = async (options: PredictionLogOptions = {}): Promise<PredictionLog> => {
  const log = await PredictionLog.open(folder, options)
  opened.push(log)
  return log
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-log-'))
})
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close()
  await rm(folder, { recursive: true })
})

const ids = async (log: PredictionLog, from = 0, to = 1e15) =>
  (await log.window(from, to)).map(({ id }) => id)

it('gives back what was appended, after a restart too', async () => {
  const log = await openLog()
  await Promise.all(Array.from({ length: 100 }, (_, i) => log.append(entry(`a${i}`, 1000 - i, i))))
  await log.append(entry('a7', 993, 70, shadow))
  const check = async (log: PredictionLog) => {
    const rows = await log.window(990, 995)
    expect(rows.map(({ id, at }) => [id, at])).toEqual([
      ['a10', 990],
      ['a9', 991],
      ['a8', 992],
      ['a7', 993],
      ['a7', 993],
      ['a6', 994],
    ])
    const [row] = rows
    expect(row?.rows.inputs.get('temp')?.number(row.row)).toBe(0.24)
    expect(row?.rows.inputs.get('season')?.value(row.row)).toBe('spring')
    expect(row?.rows.outputs.get('variable')?.number(row.row)).toBe(10)
    expect(await log.countLive()).toBe(100)
    expect((await log.newest(2, { from: 0, to: 1e15 })).map(({ id }) => id)).toEqual(['a0', 'a1'])
    expect([...(await log.find(['a3', 'nobody'])).keys()]).toEqual(['a3'])
  }
  await check(log)
  await log.close()
  await check(await openLog())
})

it('cuts off a torn tail and keeps everything before it', async () => {
  const log = await openLog()
  for (let i = 0; i < 5; i++) await log.append(entry(`a${i}`, i, i))
  await log.close()
  const [segment] = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  const frames = new FrameWriter()
  frames.entry(0, entry('torn', 9, 9))
  const torn = frames.bytes
  await appendFile(join(folder, segment!), torn.subarray(0, torn.length - 3))
  const reopened = await openLog()
  expect(await ids(reopened)).toEqual(['a0', 'a1', 'a2', 'a3', 'a4'])
  await reopened.append(entry('after', 10, 10))
  expect(await ids(reopened)).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'after'])
})

it('ends a segment at the first frame whose checksum fails', () => {
  const frames = new FrameWriter()
  frames.schema(0, champion)
  frames.entry(0, entry('good', 1, 1))
  frames.entry(0, entry('bad', 2, 2))
  const bytes = Buffer.concat([segmentMagic, frames.bytes])
  bytes[bytes.length - 2] = bytes[bytes.length - 2]! ^ 1
  const seen: string[] = []
  decodeSegment(bytes, (frame) => {
    if (frame.kind === 'rows') seen.push(...frame.entry.ids)
  })
  expect(seen).toEqual(['good'])
})

it('reads an inference id that was asked again once, as last answered, across segments too', async () => {
  const log = await openLog({ segmentRows: 2 })
  await log.append(entry('a', 1, 1))
  await log.append(entry('a', 1, 2))
  await log.append(entry('b', 2, 3))
  await log.append(entry('a', 1, 4))
  const values = async (log: PredictionLog) =>
    (await log.window(0, 10)).map((row) => [
      row.id,
      row.rows.outputs.get('variable')?.number(row.row),
    ])
  expect(await values(log)).toEqual([
    ['a', 4],
    ['b', 3],
  ])
  await log.close()
  const reopened = await openLog({ segmentRows: 2 })
  expect(await values(reopened)).toEqual([
    ['a', 4],
    ['b', 3],
  ])
})

it('answers from segments that no longer fit in memory', async () => {
  const log = await openLog({ segmentRows: 10, residentCells: 400 })
  for (let i = 0; i < 100; i++) await log.append(entry(`a${i}`, i, i))
  expect(await ids(log, 15, 18)).toEqual(['a15', 'a16', 'a17'])
  expect(await ids(log)).toHaveLength(100)
  expect([...(await log.find(['a1', 'a99'])).keys()].sort()).toEqual(['a1', 'a99'])
  expect((await log.newest(3, { from: 0, to: 50 })).map(({ id }) => id)).toEqual([
    'a49',
    'a48',
    'a47',
  ])
})

it('keeps several rows of one request with times and ids of their own, and failures without outputs', async () => {
  const log = await openLog()
  await log.append({
    schema: champion,
    ids: ['x', 'y'],
    at: Float64Array.of(5, 3),
    latencyMs: 1,
    inputs: {
      temp: { datatype: 'FP32', shape: [2, 1], data: Float32Array.of(1, 2) },
      season: { datatype: 'BYTES', shape: [2, 1], data: ['', 'été'] },
    },
    answer: { error: 'the model cannot compute' },
  })
  await log.append(entry('z', 4, 7))
  await log.close()
  const rows = await (await openLog()).window(0, 10)
  expect(
    rows.map((row) => [
      row.id,
      row.error,
      row.rows.inputs.get('season')?.value(row.row),
      row.rows.outputs.get('variable')?.number(row.row),
    ]),
  ).toEqual([
    ['y', 'the model cannot compute', 'été', Number.NaN],
    ['z', null, 'spring', 7],
    ['x', 'the model cannot compute', null, Number.NaN],
  ])
})

it('refuses what it cannot write, keeps none of it, and goes on when it can again', async () => {
  const log = await openLog({ segmentRows: 1 })
  await log.append(entry('before', 1, 1))
  await rename(folder, `${folder}-away`)
  await expect(log.append(entry('lost', 2, 2))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await rename(`${folder}-away`, folder)
  await log.append(entry('after', 3, 3))
  expect(await ids(log)).toEqual(['before', 'after'])
  await log.close()
  expect(await ids(await openLog())).toEqual(['before', 'after'])
})

it.each(['group', 'request'] as const)(
  'keeps every appended entry under durability %s as soon as it has said so, whatever becomes of the process',
  async (durability) => {
    const log = await openLog({ durability, segmentRows: 50 })
    const appended: string[] = []
    for (let i = 0; i < 120; i++) {
      await log.append(entry(`s${i}`, i, i))
      appended.push(`s${i}`)
      if (i % 40 !== 7) continue
      // What a process would find that starts now, with this one gone.
      const copy = await mkdtemp(join(tmpdir(), 'kaizen-log-copy-'))
      await cp(folder, copy, { recursive: true })
      const found = await PredictionLog.open(copy)
      expect(await ids(found)).toEqual(appended)
      await found.close()
      await rm(copy, { recursive: true })
    }
    const racing = Array.from({ length: 60 }, (_, i) => log.append(entry(`r${i}`, 1000 + i, i)))
    await Promise.all(racing)
    expect(await ids(log, 1000)).toHaveLength(60)
  },
)
