import { expect, it } from 'vitest'
import { decodeSegment, segmentMagic } from './frame.ts'
import { FrameWriter } from './frame-writer.ts'
import type { PredictionEntry, RecordSchema } from './record.ts'

const schema: RecordSchema = {
  arm: 'champion',
  mode: 'live',
  model: 'bike',
  version: 3,
  inputs: [
    { name: 'temp', datatype: 'FP32' },
    { name: 'season', datatype: 'BYTES' },
    { name: 'count', datatype: 'INT64' },
  ],
  outputs: [{ name: 'variable', datatype: 'FP64' }],
}

function entryOf(ids: readonly string[], more: Partial<PredictionEntry> = {}): PredictionEntry {
  const shape = [ids.length, 1]
  const numbers = Float32Array.from(ids, (_, row) => row / 3)
  return {
    schema,
    ids,
    fresh: undefined,
    at: 1_700_000_000_000,
    latencyMs: 0.5,
    routing: undefined,
    inputs: {
      temp: { datatype: 'FP32', shape, data: numbers },
      season: { datatype: 'BYTES', shape, data: ids.map((id) => `été ${id} 日本`) },
      count: { datatype: 'INT64', shape, data: BigInt64Array.from(ids, () => -(2n ** 62n)) },
    },
    answer: {
      outputs: { variable: { datatype: 'FP64', shape, data: Float64Array.from(numbers) } },
    },
    ...more,
  }
}

function decoded(...written: readonly Buffer[]): PredictionEntry[] {
  const entries: PredictionEntry[] = []
  const bytes = Buffer.concat([segmentMagic, ...written])
  const end = decodeSegment(bytes, (frame) => {
    if (frame.kind === 'rows') entries.push(frame.entry)
  })
  expect(end).toBe(bytes.length)
  return entries
}

it('writes entries of every size and kind as they are read', () => {
  const many = Array.from({ length: 3000 }, (_, row) => `row-${row}`)
  const routing = { propensity: 0.25, unit: 'Ünït', traceId: '0af7651916cd43dd8448eb211c80319c' }
  const entries = [
    entryOf(['one'], { fresh: true }),
    entryOf(['zwölf', 'x'.repeat(300)], { routing, at: Float64Array.of(1, 2) }),
    entryOf(many),
    entryOf(['lost'], { answer: { error: 'no answer in time' } }),
    entryOf(['after']),
  ]
  const frames = new FrameWriter()
  frames.schema(0, schema)
  for (const entry of entries) frames.entry(0, entry)
  expect(decoded(frames.bytes)).toEqual(entries)
})

it('holds only what was written since it was cleared', () => {
  const frames = new FrameWriter()
  frames.schema(0, schema)
  const declared = Buffer.from(frames.bytes)
  for (const rows of [5000, 1, 2]) {
    const entry = entryOf(Array.from({ length: rows }, (_, row) => `${row}`))
    frames.clear()
    frames.entry(0, entry)
    expect(decoded(declared, frames.bytes)).toEqual([entry])
  }
})

it('cuts a text that is too long for its length between two characters', () => {
  const frames = new FrameWriter()
  frames.schema(0, schema)
  frames.entry(0, entryOf(['a'], { answer: { error: '日'.repeat(30_000) } }))
  frames.entry(0, entryOf(['b']))
  const [cut, next] = decoded(frames.bytes)
  expect(cut?.answer).toEqual({ error: '日'.repeat(21_845) })
  expect(next).toEqual(entryOf(['b']))
})
