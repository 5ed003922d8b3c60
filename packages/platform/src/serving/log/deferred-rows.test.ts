import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Block } from './block.ts'
import { shortestDouble } from './columns.ts'
import type { PredictionEntry, RecordSchema } from './record.ts'

const schema: RecordSchema = {
  arm: 'champion',
  mode: 'live',
  model: 'bike',
  version: 1,
  inputs: [{ name: 'x', datatype: 'FP32' }],
  outputs: [{ name: 'y', datatype: 'BYTES' }],
}
const entryOf = (ids: readonly string[], at: number, fresh: boolean): PredictionEntry => ({
  schema,
  ids,
  fresh,
  at,
  latencyMs: 1,
  inputs: {
    x: {
      datatype: 'FP32',
      shape: [ids.length, 2],
      data: Float32Array.from({ length: ids.length * 2 }, (_, i) => at + i / 8),
    },
  },
  answer: {
    outputs: {
      y: { datatype: 'BYTES', shape: [ids.length, 1], data: ids.map((id) => `label of ${id}`) },
    },
  },
})

it('reads every row whole, however large the request was and whatever came between', async () => {
  const sizes = fc.array(fc.tuple(fc.constantFrom(1, 2, 300, 5000), fc.boolean()), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(sizes, fc.boolean(), async (requests, wait) => {
      const block = new Block()
      requests.forEach(([rows, fresh], n) => {
        const ids = Array.from({ length: rows }, (_, i) => `r${n}:${i}`)
        block.add(entryOf(ids, n, fresh))
      })
      if (wait) await block.settle()
      const rows = [...block.window(0, 1e9)]
      expect(rows.length).toBe(requests.reduce((sum, [size]) => sum + size, 0))
      expect(block.liveRows).toBe(rows.length)
      for (const row of rows) {
        const [n, i] = row.id.slice(1).split(':').map(Number) as [number, number]
        expect(row.rows.inputs.get('x[1]')?.number(row.row)).toBe(n + (2 * i + 1) / 8)
        expect(row.rows.outputs.get('y')?.value(row.row)).toBe(`label of ${row.id}`)
        if (i % 100 === 0) expect(block.find(row.id)?.row).toBe(row.row)
      }
    }),
    { numRuns: 30 },
  )
})

it('lets an id that is sent again take the place of a drawn one', async () => {
  const block = new Block()
  block.add(
    entryOf(
      Array.from({ length: 3000 }, (_, i) => `drawn:${i}`),
      1,
      true,
    ),
  )
  await block.settleIndex()
  block.add(entryOf(['drawn:2999'], 2, false))
  block.add(entryOf(['drawn:7', 'other'], 3, false))
  expect(block.liveRows).toBe(3001)
  expect(block.find('drawn:2999')?.at).toBe(2)
  expect(block.find('drawn:7')?.at).toBe(3)
  expect(block.find('drawn:8')?.at).toBe(1)
  expect([...block.window(0, 10)]).toHaveLength(3001)
})

it('writes single precision as the shortest decimal of at most nine digits', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const short = shortestDouble(value)
      expect(Math.fround(short)).toBe(value)
      const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9].find(
        (count) => Math.fround(Number(value.toPrecision(count))) === value,
      )!
      const length = String(short)
        .replace(/e.*|[-.]/g, '')
        .replace(/^0+|0+$/g, '').length
      if (Number.isInteger(value) || Math.abs(value) < 1e-22) return
      expect(length).toBeLessThanOrEqual(digits)
    }),
    { numRuns: 3000 },
  )
})
