import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random/random.ts'
import { binTable, type FeatureBins, missingBin } from './bins.ts'

const bin = (values: Float32Array, maxBins = 255): { bins: FeatureBins; column: Uint8Array } => {
  const table = { rowCount: values.length, columns: [values] }
  const features = [{ kind: 'numeric', name: 'x' }] as const
  const binned = binTable(table, features, { maxBins, random: seededRandom(0) })
  return { bins: binned.features[0]!, column: binned.columns[0]! }
}

const cutsOf = (bins: FeatureBins): Float64Array => {
  if (bins.kind !== 'numeric') throw new Error('expected numeric bins')
  return bins.cuts
}

describe('numeric bins', () => {
  it('put each value into the bin that its cuts say, for any floats', () => {
    const float = fc.float({ noNaN: false, noDefaultInfinity: true })
    fc.assert(
      fc.property(
        fc.array(float, { minLength: 1 }),
        fc.integer({ min: 2, max: 9 }),
        (raw, maxBins) => {
          const values = Float32Array.from(raw)
          const { bins, column } = bin(values, maxBins)
          const cuts = cutsOf(bins)
          expect(cuts.length).toBeLessThan(maxBins)
          values.forEach((value, row) => {
            const expected = Number.isNaN(value)
              ? missingBin
              : cuts.filter((cut) => cut < value).length
            expect(column[row]).toBe(expected)
          })
        },
      ),
    )
  })

  it('separate neighbouring float32 values by a cut strictly between them', () => {
    const low = Math.fround(0.1)
    const high = Math.fround(low + 2 ** -27)
    const [cut] = cutsOf(bin(Float32Array.of(low, high)).bins)
    expect(high).toBeGreaterThan(low)
    expect(cut).toBeGreaterThan(low)
    expect(cut).toBeLessThan(high)
  })

  it('hold about equally many rows', () => {
    const random = seededRandom(5)
    const { column } = bin(
      Float32Array.from({ length: 50_000 }, () => random() ** 4),
      50,
    )
    const counts = new Float64Array(50)
    for (const index of column) counts[index]!++
    expect(Math.min(...counts)).toBeGreaterThan(900)
    expect(Math.max(...counts)).toBeLessThan(1100)
  })

  it('give a frequent value a bin of its own', () => {
    const values = Float32Array.from({ length: 3000 }, (_, i) => (i < 2000 ? 500 : i - 2000))
    const { bins, column } = bin(values, 20)
    const own = column[0]
    const others = [...column].filter((index, row) => index === own && values[row] !== 500)
    expect(others).toEqual([])
    expect(bins.binCount).toBe(20)
  })

  it('refuse infinite numbers', () => {
    expect(() => bin(Float32Array.of(1, Infinity))).toThrow("'x' holds an infinite value")
    expect(() => bin(Float32Array.of(1e39))).toThrow('infinite')
  })
})

describe('categorical bins', () => {
  it('keep the most frequent categories and send the rest to the missing bin', () => {
    const codes = Int32Array.of(0, 1, 1, 2, 2, 2, -1)
    const table = { rowCount: codes.length, columns: [codes] }
    const features = [{ kind: 'categorical', name: 'c', categories: ['a', 'b', 'c'] }] as const
    const binned = binTable(table, features, { maxBins: 2, random: seededRandom(0) })
    expect(binned.features[0]).toMatchObject({ binCount: 2, codes: Int32Array.of(1, 2) })
    expect(binned.columns[0]).toEqual(Uint8Array.of(missingBin, 0, 0, 1, 1, 1, missingBin))
  })
})
