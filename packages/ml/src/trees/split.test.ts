import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random/random.ts'
import { missingBin } from './bins.ts'
import { searchCategories } from './category-split.ts'
import { type BinSums, createBinSums } from './histogram.ts'
import { leafValue, type NodeSums, noSplit, searchNumeric } from './split.ts'

const rules = {
  l2: 0.5,
  minSamplesLeaf: 1,
  minHessianLeaf: 0,
  categorySmoothing: 0,
  categoryL2: 0,
}

const randomSums = (bins: number, seed: number, missing: number): BinSums => {
  const random = seededRandom(seed)
  const sums = createBinSums()
  const fill = (bin: number, count: number): void => {
    sums.count[bin] = count
    sums.hessian[bin] = count
    sums.gradient[bin] = count * (random() - 0.5)
  }
  for (let bin = 0; bin < bins; bin++) fill(bin, 1 + Math.floor(random() * 9))
  fill(missingBin, missing)
  return sums
}

const nodeOf = (sums: BinSums): NodeSums => {
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)
  return {
    gradient: total(sums.gradient),
    hessian: total(sums.hessian),
    count: total(sums.count),
    low: -Infinity,
    high: Infinity,
  }
}

/** The gain of sending exactly these bins left. */
const gainOf = (sums: BinSums, left: readonly number[]): number => {
  const node = nodeOf(sums)
  const gradient = left.reduce((sum, bin) => sum + sums.gradient[bin]!, 0)
  const hessian = left.reduce((sum, bin) => sum + sums.hessian[bin]!, 0)
  const score = (g: number, h: number): number => (g * g) / (h + rules.l2)
  return (
    score(gradient, hessian) +
    score(node.gradient - gradient, node.hessian - hessian) -
    score(node.gradient, node.hessian)
  )
}

const range = (end: number): number[] => Array.from({ length: end }, (_, i) => i)

describe('leaf value', () => {
  const free = { low: -Infinity, high: Infinity }
  it('is a Newton step within bounds, and none without slope and curvature', () => {
    expect(leafValue(3, 5, 1, free)).toBe(-0.5)
    expect(leafValue(3, 5, 1, { low: -0.25, high: 1 })).toBe(-0.25)
    expect(leafValue(0, 0, 0, free)).toBe(0)
  })
})

describe('numeric split', () => {
  it.each(range(20))('is the best of all cuts and directions (seed %i)', (seed) => {
    const sums = randomSums(12, seed, seed % 2 === 0 ? 0 : 5)
    const best = noSplit()
    searchNumeric(best, { index: 3, binCount: 12, direction: 0 }, sums, nodeOf(sums), rules)
    const candidates = range(12).flatMap((bin) => {
      const left = range(bin + 1)
      return seed % 2 === 0
        ? bin < 11
          ? [left]
          : []
        : [left, ...(bin < 11 ? [[...left, missingBin]] : [])]
    })
    const most = Math.max(...candidates.map((left) => gainOf(sums, left)))
    expect(best.gain).toBeCloseTo(most, 10)
    const chosen = [
      ...range(best.bin + 1),
      ...(best.missingLeft && seed % 2 === 1 ? [missingBin] : []),
    ]
    expect(gainOf(sums, chosen)).toBeCloseTo(most, 10)
    expect(best.feature).toBe(3)
  })

  it('leaves enough rows and hessian on both sides', () => {
    const sums = randomSums(4, 1, 0)
    sums.count.set([1, 5, 5, 1])
    const best = noSplit()
    const strict = { ...rules, minSamplesLeaf: 6 }
    searchNumeric(best, { index: 0, binCount: 4, direction: 0 }, sums, nodeOf(sums), strict)
    expect(best.bin).toBe(1)
    const stricter = noSplit()
    const heavy = { ...rules, minHessianLeaf: 1e9 }
    searchNumeric(stricter, { index: 0, binCount: 4, direction: 0 }, sums, nodeOf(sums), heavy)
    expect(stricter.feature).toBe(-1)
  })

  it('refuses cuts against a monotone direction', () => {
    const sums = createBinSums()
    sums.count.set([10, 10])
    sums.hessian.set([10, 10])
    sums.gradient.set([-5, 5])
    const search = (direction: number): number => {
      const best = noSplit()
      searchNumeric(best, { index: 0, binCount: 2, direction }, sums, nodeOf(sums), rules)
      return best.feature
    }
    // Values fall from 0.48 to -0.48.
    expect(search(1)).toBe(-1)
    expect(search(-1)).toBe(0)
    expect(search(0)).toBe(0)
  })
})

describe('categorical split', () => {
  it.each(range(20))('is the best of all subsets (seed %i)', (seed) => {
    const sums = randomSums(7, seed, 0)
    const plain = { ...rules, l2: 0 }
    const best = noSplit()
    searchCategories(best, { index: 2, binCount: 7 }, sums, nodeOf(sums), plain)
    const gain = (left: readonly number[]): number => {
      const node = nodeOf(sums)
      const g = left.reduce((sum, bin) => sum + sums.gradient[bin]!, 0)
      const h = left.reduce((sum, bin) => sum + sums.hessian[bin]!, 0)
      return (
        g ** 2 / h +
        (node.gradient - g) ** 2 / (node.hessian - h) -
        node.gradient ** 2 / node.hessian
      )
    }
    const subsets = range(2 ** 7)
      .slice(1, -1)
      .map((mask) => range(7).filter((bin) => mask & (1 << bin)))
    const most = Math.max(...subsets.map(gain))
    expect(best.gain).toBeCloseTo(most, 10)
    expect(gain(best.members)).toBeCloseTo(most, 10)
  })

  it('never names the missing bin', () => {
    const sums = randomSums(7, 1, 40)
    sums.gradient[missingBin] = -40
    const best = noSplit()
    searchCategories(best, { index: 0, binCount: 7 }, sums, nodeOf(sums), rules)
    expect(best.feature).toBe(0)
    expect(best.members).not.toContain(missingBin)
  })
})
