import { describe, expect, it } from 'vitest'
import { permutation, seededRandom } from '../random/random.ts'
import { binSlots, binTable } from './bins.ts'
import { fillLanes } from './fixed-point.ts'
import { createBinSums, HistogramArena, readBins, subtractHistogram } from './histogram.ts'

const random = seededRandom(11)
const rowCount = 1500

/** `width` features, so that words end within, at and beyond four and sixteen bytes. */
const setUp = (width: number) => {
  const columns = Array.from({ length: width }, () =>
    Float32Array.from({ length: rowCount }, () => Math.floor(random() * 300)),
  )
  const features = columns.map((_, i) => ({ kind: 'numeric', name: `x${i}` }) as const)
  const table = binTable({ rowCount, columns }, features, { maxBins: 255, random })
  const arena = new HistogramArena(table, 3)
  const gradient = Float64Array.from({ length: rowCount }, () => random() - 0.5)
  const hessian = Float64Array.from({ length: rowCount }, () => random() / 4)
  arena.rows.set(Int32Array.from({ length: rowCount }, (_, row) => row))
  const scale = fillLanes(arena.lanes, arena.rows, gradient, hessian)
  return { table, arena, gradient, hessian, scale }
}

describe('histogram', () => {
  it.each([1, 3, 4, 5, 16, 17, 33])('is the plain sum over the rows, with %i features', (width) => {
    const { table, arena } = setUp(width)
    const [start, end] = [37, 1490]
    const histogram = arena.build(start, end)
    const expected = new Float64Array(histogram.length)
    for (let row = start; row < end; row++) {
      for (const [feature, column] of table.columns.entries()) {
        const slot = (feature * binSlots + column[row]!) * 2
        expected[slot]! += arena.lanes[2 * row]!
        expected[slot + 1]! += arena.lanes[2 * row + 1]!
      }
    }
    // The words of a row fill up with features that do not exist: they count into bin 0.
    for (let feature = width; feature < table.wordsPerRow * 4; feature++) {
      const slot = feature * binSlots * 2
      expected.set(histogram.subarray(slot, slot + 2), slot)
    }
    expect(histogram).toEqual(expected)
  })

  it('does not depend on the order of rows, to the last bit', () => {
    const { arena } = setUp(6)
    const straight = arena.build(0, rowCount)
    arena.rows.set(permutation(rowCount, random))
    expect(arena.build(0, rowCount)).toEqual(straight)
  })

  it('of a parent less one child is that of the other, to the last bit', () => {
    const { arena } = setUp(5)
    const parent = arena.build(0, rowCount)
    subtractHistogram(parent, arena.build(0, 400))
    expect(parent).toEqual(arena.build(400, rowCount))
  })

  it('reads back counts exactly and sums closely', () => {
    const { table, arena, gradient, hessian, scale } = setUp(2)
    const sums = createBinSums()
    readBins(sums, arena.build(0, rowCount), { feature: 1, from: 0, to: binSlots }, scale)
    const expected = createBinSums()
    table.columns[1]!.forEach((bin, row) => {
      expected.gradient[bin]! += gradient[row]!
      expected.hessian[bin]! += hessian[row]!
      expected.count[bin]!++
    })
    expect(sums.count).toEqual(expected.count)
    for (let bin = 0; bin < binSlots; bin++) {
      expect(sums.gradient[bin]).toBeCloseTo(expected.gradient[bin]!, 9)
      expect(sums.hessian[bin]).toBeCloseTo(expected.hessian[bin]!, 7)
    }
  })

  it('refuses a fit beyond the memory that a kernel can address', () => {
    const table = {
      rowCount: 2 ** 24,
      features: [],
      columns: [],
      wordsPerRow: 80,
      words: new Uint32Array(),
    }
    expect(() => new HistogramArena(table, 32)).toThrow('GiB of working memory')
  })
})
